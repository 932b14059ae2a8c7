"""The list of living actors."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorSnapshot,
    ActorSystem,
    Backoff,
    Bounded,
    OneForOne,
    Priority,
    Unbounded,
)
from tests.actors.kit import Boom, Echo, Note, Ping, Scripted, turns, until, virtual


def of(system: ActorSystem, path: str) -> ActorSnapshot:
    return next(s for s in system.snapshot() if s.path == path)


async def nap(me: Any, message: Any, sender: Any) -> Any:
    await asyncio.sleep(message if isinstance(message, (int, float)) else 100)
    return message


async def test_a_new_actor_is_running_and_has_done_nothing(system: ActorSystem) -> None:
    system.spawn(Echo, name="ada")
    assert system.snapshot() == [
        ActorSnapshot(
            path="/user/ada",
            state="running",
            mailbox_depth=0,
            processed=0,
            restarts=0,
            current_message=None,
            current_age=None,
            oldest_age=None,
        )
    ]


async def test_parents_come_before_children_in_order_of_birth(system: ActorSystem) -> None:
    parent = system.spawn(
        Scripted, lambda me, message, sender: me.spawn(Echo, name=message) and None, name="b"
    )
    for name in ("z", "y"):
        await parent.ask(name)
    system.spawn(Echo, name="a")
    assert [s.path for s in system.snapshot()] == ["/user/b", "/user/b/z", "/user/b/y", "/user/a"]


async def test_processed_counts_every_message(system: ActorSystem) -> None:
    ref = system.spawn(Echo, name="ada")
    for n in range(200):
        ref.tell(n)
    await ref.ask(Ping())
    assert of(system, "/user/ada").processed == 201


async def test_restarts_are_counted_over_the_actor_s_life(system: ActorSystem) -> None:
    ref = system.spawn(Echo, name="ada")
    for _ in range(2):
        ref.tell(Boom())
    await ref.ask(Ping())
    assert of(system, "/user/ada").restarts == 2


@pytest.mark.parametrize("mailbox", [Unbounded(), Bounded(9), Priority(lambda message: 0)])
def test_a_waiting_handler_shows_its_message_its_age_and_who_waits(mailbox: Any) -> None:
    @virtual
    async def scenario() -> None:
        async with ActorSystem("test") as system:
            ref = system.spawn(Scripted, nap, name="ada", mailbox=mailbox)
            await asyncio.sleep(1)
            ref.tell(Note("current"))
            await asyncio.sleep(2)
            ref.tell("oldest")
            await asyncio.sleep(4)
            ref.tell("newest")
            await asyncio.sleep(8)
            seen = of(system, "/user/ada")
            assert (seen.state, seen.mailbox_depth, seen.current_message) == ("running", 2, "Note")
            assert seen.current_age == pytest.approx(14)
            assert seen.oldest_age == pytest.approx(12)
            ref.kill()

    scenario()


@virtual
async def test_the_next_message_of_a_waiting_actor_has_an_age_of_its_own() -> None:
    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, nap, name="ada")
        for seconds in (10, 20, 30):
            ref.tell(seconds)
        await asyncio.sleep(15)
        seen = of(system, "/user/ada")
        assert (seen.current_message, seen.mailbox_depth) == ("int", 1)
        assert seen.current_age == pytest.approx(5)
        assert seen.oldest_age == pytest.approx(15)
        ref.kill()


@virtual
async def test_after_a_long_wait_a_new_message_is_young() -> None:
    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, nap, name="ada")
        await asyncio.sleep(1000)
        ref.tell("current")
        ref.tell("unread")
        await asyncio.sleep(1)
        seen = of(system, "/user/ada")
        assert seen.current_age == pytest.approx(1)
        assert seen.oldest_age == pytest.approx(1)
        ref.kill()


@virtual
async def test_states_are_named() -> None:
    class Slow(Actor):
        async def started(self) -> None:
            await asyncio.sleep(10)

        async def restarting(self, error: BaseException, message: Any) -> None:
            await asyncio.sleep(10)

        async def restarted(self, error: BaseException) -> None:
            """Nothing to do again."""

        async def stopped(self) -> None:
            await asyncio.sleep(10)

        def receive(self, message: Any, sender: Any) -> Any:
            if isinstance(message, Boom):
                raise message
            return message

    supervision = OneForOne(backoff=Backoff(10.0, 1.0, 10.0, 0.0))
    async with ActorSystem("test", supervision=supervision) as system:
        ref = system.spawn(Slow, name="ada")
        states = []
        await asyncio.sleep(5)
        states.append(of(system, "/user/ada").state)
        await asyncio.sleep(10)
        states.append(of(system, "/user/ada").state)
        ref.tell(Boom())
        await asyncio.sleep(5)
        states.append(of(system, "/user/ada").state)
        await asyncio.sleep(10)
        states.append(of(system, "/user/ada").state)
        await asyncio.sleep(10)
        ref.stop()
        await asyncio.sleep(5)
        states.append(of(system, "/user/ada").state)
        assert states == ["starting", "running", "failed", "restarting", "stopping"]


async def test_the_message_of_a_sync_handler_shows_from_inside(system: ActorSystem) -> None:
    def look(me: Any, message: Any, sender: Any) -> Any:
        return me.system.snapshot()

    listed: Any = await system.spawn(Scripted, look).ask(Note("x"))
    assert [seen.current_message for seen in listed] == ["Note"]
    assert system.snapshot()[0].current_message is None


async def test_the_message_of_a_thread_shows_while_it_is_handled(system: ActorSystem) -> None:
    reached, let_go = threading.Event(), threading.Event()

    def block(me: Any, message: Any, sender: Any) -> None:
        reached.set()
        assert let_go.wait(30)

    ref = system.spawn(Scripted, block, name="ada", dispatcher="thread")
    ref.tell(Note("current"))
    await asyncio.to_thread(reached.wait, 30)
    ref.tell("unread")
    seen = of(system, "/user/ada")
    let_go.set()
    assert (seen.current_message, seen.mailbox_depth) == ("Note", 1)
    assert seen.current_age is not None
    assert seen.oldest_age is not None
    await ref.ask("done")
    await until(lambda: of(system, "/user/ada").current_message is None)
    assert of(system, "/user/ada").processed == 3


async def test_an_ended_actor_is_not_listed(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    ref.stop()
    await turns()
    assert system.snapshot() == []


async def test_a_snapshot_can_be_taken_from_another_thread(system: ActorSystem) -> None:
    system.spawn(Echo, name="ada")
    assert [s.path for s in await asyncio.to_thread(system.snapshot)] == ["/user/ada"]


@virtual
async def test_what_was_unstashed_is_as_old_as_its_arrival() -> None:
    class Hoarder(Actor):
        def receive(self, message: Any, sender: Any) -> Any:
            if message == "open":
                self.unstash_all()
                return asyncio.sleep(100)
            self.stash()
            return None

    async with ActorSystem("test") as system:
        ref = system.spawn(Hoarder, name="ada")
        ref.tell("old")
        await asyncio.sleep(50)
        ref.tell("open")
        await asyncio.sleep(1)
        seen = of(system, "/user/ada")
        assert seen.mailbox_depth == 1
        assert seen.oldest_age is not None
        assert seen.oldest_age >= 1
        ref.kill()
