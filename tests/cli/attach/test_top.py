"""`holon top`: looks printed, and the screen."""

import json

import pytest

from holon_actors.actors.admin import ActorDetail, ActorPage, ActorRow, Inspect, Stack, StackFrame
from holon_actors.cli.attach.errors import NodeNotReached
from holon_actors.cli.attach.top_app import TopApp


def test_without_a_terminal_one_look_is_printed(holon, bank):
    bank.on_loop(lambda: [bank.stuck.tell("x"), bank.stuck.tell("y")])
    ended = holon("top")
    assert ended.code == 0
    assert "/user/stuck" in ended.out.splitlines()[2]
    looks = holon("top", "--json", "--count", "2", "--interval", "10ms").out.splitlines()
    assert [json.loads(look)[0]["path"] for look in looks] == ["/user/stuck", "/user/stuck"]


def test_a_missing_extra_is_named(holon, bank, monkeypatch):
    import sys

    from holon_actors.cli.commands.top import _need_textual
    from holon_actors.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "textual", None)
    with pytest.raises(MissingExtra, match="viz"):
        _need_textual()


def row(path, depth):
    return ActorRow(path, "Account", "running", depth, 0, 0, "Deposit", 1.5, 2.5, 0)


class Node:
    """Answers as a system would."""

    def __init__(self):
        self.asked = []
        self.rows = [row("/user/ada", 7), row("/user/bob", 3)]
        self.error = None

    async def ask(self, request):
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        if isinstance(request, Inspect):
            stack = Stack("task", [StackFrame("bank.py", 7, "Account.receive", "await x")])
            return ActorDetail(self.rows[0], "a", "C", "U", "loop", "O", 0, 0, 0, [], [], "", stack)
        return ActorPage(self.rows, len(self.rows))


@pytest.fixture
def node():
    return Node()


@pytest.fixture
def screen(node):
    return TopApp(node.ask, "bank", path="/user", sort="depth", interval_s=3600)


def shown(app):
    table = app.query_one("#actors")
    return [str(table.get_row_at(index)[0]) for index in range(table.row_count)]


def head(app):
    return str(app.query_one("#head").render())


async def test_the_screen_shows_the_actors_and_refreshes(screen, node):
    async with screen.run_test() as pilot:
        await pilot.pause()
        assert shown(screen) == ["/user/ada", "/user/bob"]
        assert "2 actors by depth" in head(screen)
        node.rows = [row("/user/new", 1)]
        await screen.refresh_rows()
        assert shown(screen) == ["/user/new"]


async def test_keys_sort(screen, node):
    async with screen.run_test() as pilot:
        for key, order in (("a", "age"), ("b", "busy"), ("p", "processed"), ("d", "depth")):
            await pilot.press(key)
            await pilot.pause()
            assert node.asked[-1].sort == order
            assert f"by {order}" in head(screen)


async def test_enter_shows_an_actor_with_its_stack_and_escape_goes_back(screen, node):
    async with screen.run_test() as pilot:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert node.asked[-1] == Inspect("/user/bob")
        text = str(screen.screen.query_one("#detail").render())
        assert "bank.py:7 in Account.receive" in text
        await pilot.press("escape")
        await pilot.pause()
        assert shown(screen) == ["/user/ada", "/user/bob"]


async def test_a_node_that_is_gone_is_told_and_the_last_rows_stay(screen, node):
    async with screen.run_test() as pilot:
        await pilot.pause()
        node.error = NodeNotReached("bank", "it has ended")
        await screen.refresh_rows()
        assert "it has ended" in head(screen)
        assert shown(screen) == ["/user/ada", "/user/bob"]
        await pilot.press("q")
