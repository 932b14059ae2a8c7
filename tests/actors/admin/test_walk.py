"""The walk over the actors, and the choice of some of them."""

from __future__ import annotations

from holon_actors import ActorSystem
from holon_actors.actors.admin._walk import Picker, row_of, walk
from tests.actors.kit import Collector, Scripted


def family(system: ActorSystem) -> None:
    def spawn(me, message, sender):
        me.spawn(Collector, [], name=message)

    parent = system.spawn(Scripted, spawn, name="a")
    system.spawn(Collector, [], name="b")
    parent.tell("a1")
    parent.tell("a2")


async def settle(system: ActorSystem) -> None:
    while len(list(walk(system._user))) < 5:
        await system.lookup("/user/b").ask(None)


async def test_parents_come_before_their_children_and_siblings_by_age(system):
    family(system)
    await settle(system)
    paths = [cell.path for cell in walk(system._user)]
    assert paths == ["/user", "/user/a", "/user/a/a1", "/user/a/a2", "/user/b"]


async def test_levels_say_how_far_down_it_goes(system):
    family(system)
    await settle(system)
    assert [cell.path for cell in walk(system._user, 1)] == ["/user", "/user/a", "/user/b"]
    assert [cell.path for cell in walk(system._user, 0)] == ["/user"]


async def test_the_tree_may_change_while_it_is_walked(system):
    family(system)
    await settle(system)
    steps = walk(system._user)
    next(steps)
    system.lookup("/user/a").kill()
    while system.lookup("/user/a") is not None:
        await system.lookup("/user/b").ask(None)
    assert "/user/b" in [cell.path for cell in steps]


def unread(system: ActorSystem, depths: list[int]) -> list:
    cells = []
    for depth in depths:
        cells.append(system.spawn(Collector, []))
        for number in range(depth):
            cells[-1].tell(number)
    return cells


async def test_the_deepest_come_first_and_only_as_many_as_are_wanted(system):
    cells = unread(system, [1, 7, 3, 5])
    picker = Picker("depth", 0, 2, system.clock())
    for cell in cells:
        picker.offer(cell)
    page = picker.page()
    assert [row.mailbox_depth for row in page.rows] == [7, 5]
    assert page.total == 4


async def test_the_next_page_goes_on_where_the_first_one_ended(system):
    cells = unread(system, [1, 7, 3, 5])
    for sort, expected in (("depth", [3, 1]), ("path", [3, 5])):
        picker = Picker(sort, 2, 2, system.clock())
        for cell in cells:
            picker.offer(cell)
        assert [row.mailbox_depth for row in picker.page().rows] == expected


async def test_equals_stay_in_the_order_of_the_walk(system):
    cells = unread(system, [2, 2, 2])
    picker = Picker("depth", 0, 2, system.clock())
    for cell in cells:
        picker.offer(cell)
    assert [row.path for row in picker.page().rows] == [cell.path for cell in cells[:2]]


async def test_a_page_of_nothing_has_no_rows(system):
    picker = Picker("depth", 0, 0, system.clock())
    picker.offer(unread(system, [1])[0])
    assert (picker.page().rows, picker.total) == ([], 1)


async def test_a_row_says_what_the_snapshot_says(system):
    cell = unread(system, [3])[0]
    row = row_of(cell, system.clock())
    snapshot = system.snapshot()[0]
    for name in ("path", "state", "mailbox_depth", "processed", "restarts", "current_message"):
        assert getattr(row, name) == getattr(snapshot, name)
    assert row.kind == "Collector"
    assert row.oldest_age is not None
