"""Turns: one message at a time, in order, at most once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors import (
    ActorRef,
    ActorSystem,
    DeadLetter,
)
from tests.actors.kit import (
    Collector,
    Echo,
    Heard,
    HowMany,
    Scripted,
    ended,
    turns,
    until,
)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
async def test_messages_of_one_sender_come_once_and_in_order(
    system: ActorSystem, count: int
) -> None:
    seen: list[Any] = []
    ref = system.spawn(Collector, seen)
    for n in range(count):
        ref.tell(n)
    assert await ref.ask(HowMany()) == count
    assert seen == list(range(count))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_order_holds_for_each_pair_whatever_the_interleaving(
    script: list[tuple[str, bool]],
) -> None:
    seen: list[tuple[str, int]] = []

    async def handle(me: Any, message: Any, sender: Any) -> None:
        if message[1] % 3 == 0:
            await asyncio.sleep(0)
        seen.append(message)

    async def main() -> None:
        async with ActorSystem("test") as system:
            ref = system.spawn(Scripted, handle)
            for n, (sender, pause) in enumerate(script):
                ref.tell((sender, n))
                if pause:
                    await asyncio.sleep(0)
            await until(lambda: len(seen) == len(script))

    asyncio.run(main())
    assert seen == [(sender, n) for n, (sender, _) in enumerate(script)]


async def test_a_handler_that_waits_is_not_reentered(system: ActorSystem) -> None:
    inside = most = 0

    async def handle(me: Any, message: Any, sender: Any) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        inside -= 1

    ref = system.spawn(Scripted, handle)
    await asyncio.gather(*(ref.ask(n) for n in range(20)))
    assert most == 1


async def test_a_handler_that_waits_does_not_hold_up_others(system: ActorSystem) -> None:
    release = asyncio.Event()

    async def wait(me: Any, message: Any, sender: Any) -> str:
        await release.wait()
        return "released"

    waiting, other = system.spawn(Scripted, wait), system.spawn(Echo)
    asked = asyncio.ensure_future(waiting.ask("wait"))
    assert await other.ask("hello") == "hello"
    release.set()
    assert await asked == "released"


async def test_a_message_to_oneself_is_handled_after_the_current_one(system: ActorSystem) -> None:
    seen: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        if message == "first":
            me.tell(me.ref, "second")
            seen.append("first done")
        else:
            seen.append((message, sender == me.ref))

    system.spawn(Scripted, handle).tell("first")
    await until(lambda: len(seen) == 2)
    assert seen == ["first done", ("second", True)]


async def test_a_flood_to_oneself_does_not_starve_the_loop(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> None:
        me.tell(me.ref, message)

    system.spawn(Scripted, handle).tell("for ever")
    echo = system.spawn(Echo)
    for n in range(10):
        await asyncio.sleep(0)
        assert await echo.ask(n) == n


async def test_in_process_messages_go_by_reference(system: ActorSystem) -> None:
    sent = object()
    assert await system.spawn(Echo).ask(sent) is sent


async def test_the_sender_is_who_told(system: ActorSystem) -> None:
    senders: list[Any] = []

    def hear(me: Any, message: Any, sender: Any) -> None:
        senders.append(sender)

    listener = system.spawn(Scripted, hear)
    teller = system.spawn(Scripted, lambda me, message, sender: me.tell(listener, message))
    listener.tell("from nobody")
    await turns()
    teller.tell("from teller")
    await until(lambda: len(senders) == 2)
    assert senders == [None, teller]


async def test_tells_from_many_threads_all_arrive_in_order(system: ActorSystem) -> None:
    seen: list[tuple[int, int]] = []
    ref = system.spawn(Collector, seen)

    def tell(thread: int) -> None:
        for n in range(500):
            ref.tell((thread, n))

    await asyncio.gather(*(asyncio.to_thread(tell, thread) for thread in range(4)))
    await until(lambda: len(seen) >= 2000)
    for thread in range(4):
        assert [n for who, n in seen if who == thread] == list(range(500))


async def test_unread_tells_become_dead_letters(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    ref, sender = system.spawn(Echo), system.spawn(Echo)
    ref.stop()
    ref.tell("never read", sender)
    await ended(system, ref)
    ref.tell("after the end", sender)
    assert [(e.message, e.sender, e.recipient, e.reason) for e in letters] == [
        ("never read", sender, ref, "stopped"),
        ("after the end", sender, ref, "stopped"),
    ]
    assert system.statistics().dead_letters == 2


async def test_a_reference_says_whether_its_actor_lives(system: ActorSystem) -> None:
    ref: ActorRef[Any] = system.spawn(Echo)
    assert ref.is_alive
    ref.stop()
    await ended(system, ref)
    assert not ref.is_alive


async def test_the_uncommon_part_is_made_once_whoever_needs_it_first(system: ActorSystem) -> None:
    cell: Any = system.spawn(Echo)
    made: list[Any] = []
    lock = cell._dispatcher.lock

    class Interrupted:
        """The lock, at which another thread is quicker."""

        def __enter__(self) -> None:
            cell._dispatcher.lock = lock
            made.append(cell._uncommon())

        def __exit__(self, *exc_info: object) -> None:
            pass

    cell._dispatcher.lock = Interrupted()
    assert cell._uncommon() is made[0]
