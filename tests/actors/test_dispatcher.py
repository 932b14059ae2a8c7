"""Turns of the event loop: fairness, and handlers that keep the loop for themselves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import Actor, ActorSystem, BlockingHandler
from tests.actors.kit import Echo, Heard, Note, Ping, Scripted, turns, until, virtual


def spin(system: ActorSystem, seconds: float) -> None:
    """Keep the loop, as a long computation would."""
    end = system.clock() + seconds
    while system.clock() < end:
        pass


@pytest.mark.parametrize("kind", ["sync", "async", "async after a wait"])
async def test_a_handler_that_blocks_the_loop_is_named(
    kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def later(me: Any, message: Any, sender: Any) -> None:
        if kind == "async after a wait":
            await asyncio.sleep(0)
        spin(me.system, 0.06)

    def at_once(me: Any, message: Any, sender: Any) -> None:
        spin(me.system, 0.06)

    async with ActorSystem("test", slow_handler=0.05) as system:
        blocked = Heard(system, BlockingHandler)
        ref = system.spawn(Scripted, at_once if kind == "sync" else later, name="hog")
        await ref.ask(Note("x"))
        await blocked.wait()
        assert len(blocked) == 1
        event = blocked[0]
        assert (event.ref, event.message_type) == (ref, "Note")
        assert event.seconds >= 0.06
        for fact in (str(ref.address), "Note", f"{event.seconds:.3f} s"):
            assert fact in caplog.text


async def test_a_blocking_handler_that_fails_is_named_too() -> None:
    def handle(me: Any, message: Any, sender: Any) -> None:
        spin(me.system, 0.06)
        raise ValueError("after all that")

    async with ActorSystem("test", slow_handler=0.05) as system:
        blocked = Heard(system, BlockingHandler)
        ref = system.spawn(Scripted, handle)
        ref.tell(Note("x"))
        await blocked.wait()
        assert (blocked[0].ref, blocked[0].message_type) == (ref, "Note")


async def test_a_blocking_handler_that_ends_its_actor_is_named_too() -> None:
    def handle(me: Any, message: Any, sender: Any) -> None:
        spin(me.system, 0.06)
        me.stop()

    async with ActorSystem("test", slow_handler=0.05) as system:
        blocked = Heard(system, BlockingHandler)
        ref = system.spawn(Scripted, handle)
        ref.tell(Note("x"))
        await blocked.wait()
        assert (blocked[0].ref, blocked[0].message_type) == (ref, "Note")


@virtual
async def test_a_handler_that_only_waits_is_not_blamed() -> None:
    async def handle(me: Any, message: Any, sender: Any) -> Any:
        await asyncio.sleep(1000)
        return message

    async with ActorSystem("test") as system:
        blocked = Heard(system, BlockingHandler)
        assert await system.spawn(Scripted, handle).ask("x", timeout=2000) == "x"
        assert blocked == []


async def test_a_flood_between_two_actors_leaves_the_loop_its_turns(system: ActorSystem) -> None:
    """Timers and tasks go on although some actor is always ready."""

    class Player(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            sender.tell(message, self.ref)

    one, two = system.spawn(Player), system.spawn(Player)
    for _ in range(10):
        one.tell("ball", two)
    await asyncio.wait_for(asyncio.sleep(0.001), 5)
    assert await system.spawn(Echo).ask(Ping(), timeout=5) == "pong"


async def test_all_ready_actors_get_their_turns(system: ActorSystem) -> None:
    counts = dict.fromkeys(range(50), 0)

    def count(me: Any, message: Any, sender: Any) -> None:
        counts[message] += 1
        me.tell(me.ref, message)

    for n in counts:
        system.spawn(Scripted, count).tell(n)
    await until(lambda: min(counts.values()) > 10)


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt])
def test_a_program_that_is_ended_by_a_handler_still_stops_its_actors(
    error: type[BaseException],
) -> None:
    """`sys.exit()` in a handler ends the program, by way of an orderly shutdown."""
    log: list[str] = []

    class Tidy(Echo):
        def stopped(self) -> None:
            log.append("stopped")

    def leave(me: Any, message: Any, sender: Any) -> None:
        raise error

    async def main() -> None:
        async with ActorSystem("test") as system:
            tidy = system.spawn(Tidy)
            await tidy.ask(Ping())
            system.spawn(Scripted, leave).tell("leave")
            await asyncio.Event().wait()

    with pytest.raises(error):
        asyncio.run(main())
    assert log == ["stopped"]


async def test_nothing_runs_while_nothing_is_to_do(system: ActorSystem) -> None:
    """An idle system makes no callbacks on the loop."""
    echo = system.spawn(Echo)
    await echo.ask(Ping())
    await turns()
    loop: Any = asyncio.get_running_loop()
    assert len(loop._ready) == 0
