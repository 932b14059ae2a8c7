"""The end of actors on threads: kills, shutdowns and what is left behind."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorStopped,
    ActorSystem,
)
from tests.actors.kit import Boom, Echo, Latch, Ping, ended, on_thread, turns


async def test_a_kill_leaves_the_thread_behind_and_ends_the_actor(system: ActorSystem) -> None:
    latch = Latch()
    ref = on_thread(system, latch)
    ask = asyncio.ensure_future(ref.ask("x"))
    await latch.wait_reached()
    ref.kill()
    with pytest.raises(ActorStopped) as caught:
        await ask
    assert caught.value.reason == "killed"
    await ended(system, ref)
    assert system.snapshot() == []
    latch.let_go.set()


async def test_a_thread_that_never_returns_is_reported_abandoned() -> None:
    latch = Latch()
    async with ActorSystem("test") as system:
        ref = on_thread(system, latch, name="stuck")
        system.spawn(Echo, name="echo")
        ref.tell("x")
        await latch.wait_reached()
        report = await system.shutdown(timeout=0.05)
        assert report.abandoned == ("/user/stuck",)
        assert report.stopped == ("/user/echo",)
    latch.let_go.set()


async def test_a_killed_actor_s_thread_that_runs_on_is_reported_abandoned() -> None:
    latch = Latch()
    async with ActorSystem("test") as system:
        ref = on_thread(system, latch, name="stuck")
        ref.tell("x")
        await latch.wait_reached()
        ref.kill()
        await ended(system, ref)
        report = await system.shutdown(timeout=0.05)
        assert report.abandoned == ("/user/stuck",)
    latch.let_go.set()


async def test_no_thread_is_left_after_a_shutdown() -> None:
    before = set(threading.enumerate())
    async with ActorSystem("test") as system:
        refs = [system.spawn(Echo, dispatcher="thread") for _ in range(5)]
        for ref in refs:
            assert await ref.ask(Ping()) == "pong"
        assert len(set(threading.enumerate()) - before) >= 5
    assert set(threading.enumerate()) <= before


async def test_a_constructor_that_raises_leaves_no_thread(system: ActorSystem) -> None:
    class Broken(Actor):
        def __init__(self) -> None:
            raise Boom

    before = set(threading.enumerate())
    for _ in range(3):
        with pytest.raises(Boom):
            system.spawn(Broken, dispatcher="thread")
    await asyncio.to_thread(lambda: None)
    for thread in set(threading.enumerate()) - before:
        if not thread.name.startswith(("asyncio_", "holon-watchdog")):
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()


async def test_a_kill_leaves_a_hook_that_blocks_its_thread_behind(system: ActorSystem) -> None:
    reached, let_go = threading.Event(), threading.Event()
    log: list[str] = []

    class Slow(Actor):
        def started(self) -> None:
            reached.set()
            assert let_go.wait(30)

        def stopped(self) -> None:
            log.append("stopped")

    ref = system.spawn(Slow, dispatcher="thread")
    assert await asyncio.to_thread(reached.wait, 30)
    ref.kill()
    try:
        async with asyncio.timeout(10):
            await ended(system, ref)
    finally:
        let_go.set()
    assert log == ["stopped"]


@pytest.mark.parametrize("in_hook", [False, True])
async def test_a_coroutine_that_nobody_awaits_after_a_kill_is_closed(
    system: ActorSystem, in_hook: bool
) -> None:
    reached, let_go = threading.Event(), threading.Event()

    async def rest() -> None:
        """Never begun."""

    class Slow(Actor):
        def block(self) -> Any:
            reached.set()
            assert let_go.wait(30)
            return rest()

        def started(self) -> Any:
            return self.block() if in_hook else None

        def receive(self, message: Any, sender: Any) -> Any:
            return self.block()

    ref = system.spawn(Slow, dispatcher="thread")
    ref.tell(1)
    assert await asyncio.to_thread(reached.wait, 30)
    ref.kill()
    await ended(system, ref)
    let_go.set()
    await system.shutdown()
    gc.collect()  # it would complain of never having been awaited


async def test_an_answer_is_not_lost_to_the_reply_of_the_next_message(system: ActorSystem) -> None:
    deferred, let_go = threading.Event(), threading.Event()

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == 1:
            return "one"
        reply = me.defer_reply()
        deferred.set()
        assert let_go.wait(30)
        reply.send("two")
        return None

    ref = on_thread(system, handle)
    asks = [asyncio.create_task(ref.ask(n, timeout=5)) for n in (1, 2)]
    await turns()
    # The second message is at its deferred answer when the loop comes to answer the first.
    assert deferred.wait(30)
    await turns()
    let_go.set()
    assert await asyncio.gather(*asks) == ["one", "two"]
