"""One actor in full: what depends on where it runs."""

from __future__ import annotations

from holon_actors import Actor, Bounded, Priority
from holon_actors.actors._gate import BUSY
from holon_actors.actors.admin._detail import detail_of
from tests.actors.kit import Echo, Latch, on_thread, turns


class Keeper(Actor):
    def receive(self, message, sender):
        self.stash()
        self.schedule(60, "tick")


async def test_what_an_actor_keeps_is_counted(system):
    ref = system.spawn(Keeper, name="keeper")
    other = system.spawn(Echo)
    other._actor.watch(ref)
    for number in range(3):
        ref.tell(number)
    await turns()
    detail = detail_of(ref, system.clock(), "")
    assert (detail.stashed, detail.timers, detail.watchers) == (3, 3, 1)
    assert detail.class_name == f"{__name__}.Keeper"
    assert (detail.dispatcher, detail.pid, detail.stack) == ("loop", None, None)


async def test_a_mailbox_is_described_with_its_limits(system):
    for mailbox, text in (
        (None, "Unbounded()"),
        (Bounded(3), "Bounded(3, fail)"),
        (Bounded(3, overflow="drop-old"), "Bounded(3, drop-old)"),
        (Priority(str, capacity=5), "Priority(5)"),
    ):
        ref = system.spawn(Echo, mailbox=mailbox)
        assert detail_of(ref, system.clock(), "").mailbox == text


async def test_an_actor_on_a_thread_says_so(system):
    ref = on_thread(system, Latch())
    assert detail_of(ref, system.clock(), "").dispatcher == "thread"


async def test_an_actor_in_a_process_shows_its_class_and_its_process(system):
    ref = system.spawn(Echo, name="far", dispatcher="process")
    assert await ref.ask("x") == "x"
    detail = detail_of(ref, system.clock(), "")
    assert (detail.dispatcher, detail.row.kind, detail.class_name) == ("process", "Echo", "Echo")
    assert detail.pid == ref.pid
    ref._gate |= BUSY
    try:
        stack = detail_of(ref, system.clock(), "").stack
    finally:
        ref._gate &= ~BUSY
    assert (stack.where, stack.waits_for) == ("process", f"process {ref.pid}")
