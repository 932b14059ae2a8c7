"""Each promise is seen broken by a kernel that breaks it, so the checks are worth something."""

from __future__ import annotations

import re
from typing import Any

import pytest

from holon_actors.actors import _ending, _lifecycle
from holon_actors.actors._asks import AskDeadlines
from holon_actors.actors._cell import Cell
from holon_actors.actors._gate import BUSY
from holon_actors.testing import SimulationFailure, explore
from holon_actors.testing._kernel import turns
from tests.promises.test_local import scenario


def assert_noticed(text: str) -> None:
    with pytest.raises(SimulationFailure) as raised:
        explore(scenario, seeds=1_000, ask_cycles="ignore", shrink_s=0)
    failure = raised.value
    assert re.search(text, str(failure.error)), failure.error


def test_asks_that_overtake_tells_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def post_in_front(cell: Any, envelope: Any) -> None:
        if cell._queue:
            cell._queue.extendleft([envelope])
            cell._schedule()
        else:
            post(cell, envelope)

    post = Cell._post
    monkeypatch.setattr(Cell, "_post", post_in_front)
    assert_noticed("order: ")


def test_two_messages_at_a_time_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def conclude(cell: Any, item: Any, result: Any) -> None:
        concluded(cell, item, result)
        cell._gate &= ~BUSY

    concluded = turns.conclude
    monkeypatch.setattr(turns, "conclude", conclude)
    assert_noticed("took note .* while at")


def test_unread_messages_without_dead_letters_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def bury_asks_only(cell: Any, envelope: Any, ended: Any) -> None:
        if envelope[2] is not None:
            bury(cell, envelope, ended)

    bury = _ending._bury
    monkeypatch.setattr(_ending, "_bury", bury_asks_only)
    assert_noticed("is lost")


def test_a_restart_that_loses_the_mailbox_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def rebuild(cell: Any, error: BaseException) -> Any:
        while cell._queue:
            cell._queue.popleft()
        return rebuilt(cell, error)

    rebuilt = _lifecycle._rebuild
    monkeypatch.setattr(_lifecycle, "_rebuild", rebuild)
    assert_noticed("is lost|timed out")


def test_a_failing_message_that_comes_again_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def failed(cell: Any, item: Any, error: BaseException) -> None:
        known(cell, item, error)
        if cell._processed < 1_000 and cell._queue is not None:
            cell._queue.extendleft([item])
            cell._processed += 1_000

    known = turns.failed
    monkeypatch.setattr(turns, "failed", failed)
    assert_noticed("has 2 fates|order: ")


def test_a_restart_that_changes_the_address_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def rebuild(cell: Any, error: BaseException) -> Any:
        cell._uid += 1_000_000_000
        return rebuilt(cell, error)

    rebuilt = _lifecycle._rebuild
    monkeypatch.setattr(_lifecycle, "_rebuild", rebuild)
    assert_noticed("since its restart")


def test_asks_without_a_time_limit_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Never:
        def add(self, *_: Any) -> None:
            """Forget it."""

        discard = add

    monkeypatch.setattr(AskDeadlines, "bucket", lambda self, limit: Never())
    assert_noticed("nothing is ready|never ended|took .* s")


def test_asks_that_outlive_their_actor_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_ending, "reject", lambda answer, error: None)
    assert_noticed("timed out, though its actor had ended")


def test_watchers_that_are_not_told_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def tell_end(cell: Any, rare: Any, reason: str) -> None:
        rare.watchers.clear()
        told(cell, rare, reason)

    told = _ending._tell_end
    monkeypatch.setattr(_ending, "_tell_end", tell_end)
    assert_noticed("was never told|ahead of the end")


def test_watchers_of_the_dead_that_are_not_told_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def add_watcher(cell: Any, watcher: Any) -> None:
        if cell.is_alive:
            added(cell, watcher)

    added = Cell._add_watcher
    monkeypatch.setattr(Cell, "_add_watcher", add_watcher)
    assert_noticed("was never told|ahead of the end")


def test_watchers_that_are_told_twice_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def signal(cell: Any, what: Any, sender: Any = None) -> None:
        signalled(cell, what, sender)
        signalled(cell, what, sender)

    signalled = Cell._signal
    monkeypatch.setattr(Cell, "_signal", signal)
    monkeypatch.setattr("holon_actors.actors._rare.Rare.expects", lambda self, signal: True)
    assert_noticed("which it does not watch")


def test_signals_that_queue_behind_messages_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def signal(cell: Any, what: Any, sender: Any = None) -> None:
        if cell._queue:
            cell.tell(what, sender)
        else:
            signalled(cell, what, sender)

    signalled = Cell._signal
    monkeypatch.setattr(Cell, "_signal", signal)
    assert_noticed("ahead of the end")


def test_parents_that_end_before_their_children_are_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def stop_children(cell: Any) -> None:
        for child in _lifecycle._children(cell):
            _lifecycle._stop_within(child)

    monkeypatch.setattr(_lifecycle, "_stop_children", stop_children)
    assert_noticed("ended before its child|outlives its parent|Items in the second set|==")
