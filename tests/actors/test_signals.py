"""Watching: `Terminated` comes once, with the reason, ahead of messages; never after unwatch."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import ActorSystem, Directive, OneForOne, Signal, Terminated
from tests.actors.kit import Boom, Echo, Ping, Scripted, ended, turns, until


class Watching:
    """An actor that watches and unwatches as the test says."""

    def __init__(self, system: ActorSystem) -> None:
        self.seen: list[Any] = []
        self.hold: asyncio.Event | None = None
        self.ref = system.spawn(Scripted, self._handle)

    def _handle(self, me: Any, message: Any, sender: Any) -> Any:
        match message:
            case ("watch", ref):
                return me.watch(ref)
            case ("unwatch", ref):
                return me.unwatch(ref)
            case ("both", ref):
                me.unwatch(ref)
                return me.watch(ref)
            case "hold":
                assert self.hold is not None
                return self.hold.wait()
        self.seen.append(message)
        return None


async def test_the_end_of_a_watched_actor_is_told_once(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    for _ in range(3):
        await watcher.ref.ask(("watch", other))
    other.stop()
    await ended(system, other)
    await turns()
    assert watcher.seen == [Terminated(other, "stopped")]
    assert isinstance(watcher.seen[0], Signal)


@pytest.mark.parametrize("reason", ["stopped", "failed", "killed"])
async def test_the_reason_says_how_it_ended(reason: str) -> None:
    policy = OneForOne(decide=lambda error: Directive.STOP)
    async with ActorSystem("test", supervision=policy) as system:
        watcher, other = Watching(system), system.spawn(Echo)
        await watcher.ref.ask(("watch", other))
        if reason == "stopped":
            other.stop()
        elif reason == "killed":
            other.kill()
        else:
            other.tell(Boom())
        await until(lambda: watcher.seen)
        assert watcher.seen == [Terminated(other, reason)]


async def test_watching_an_actor_that_has_ended_tells_at_once(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    other.kill()
    await ended(system, other)
    await watcher.ref.ask(("watch", other))
    await until(lambda: watcher.seen)
    assert watcher.seen == [Terminated(other, "killed")]


async def test_watching_an_unknown_address_tells_at_once(system: ActorSystem) -> None:
    watcher, nobody = Watching(system), system.ref("holon://test/user/nobody")
    await watcher.ref.ask(("watch", nobody))
    await until(lambda: watcher.seen)
    assert [signal.ref for signal in watcher.seen] == [nobody]


async def test_nothing_is_told_after_unwatch(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    await watcher.ref.ask(("watch", other))
    await watcher.ref.ask(("unwatch", other))
    other.stop()
    await ended(system, other)
    await turns()
    assert watcher.seen == []


async def test_not_even_a_signal_under_way_comes_after_unwatch(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    await watcher.ref.ask(("watch", other))

    async def unwatch_late(me: Any, message: Any, sender: Any) -> None:
        other.stop()
        await ended(system, other)  # its Terminated is in the mailbox now
        me.unwatch(other)

    seen: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "go":
            me.watch(other)
            return unwatch_late(me, message, sender)
        seen.append(message)
        return None

    late = system.spawn(Scripted, handle)
    await late.ask("go")
    await late.ask("anything else")
    assert seen == ["anything else"]


async def test_watching_anew_tells_once_for_the_end(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    await watcher.ref.ask(("watch", other))
    await watcher.ref.ask(("both", other))
    other.stop()
    await ended(system, other)
    await turns()
    await watcher.ref.ask(("both", other))
    await turns()
    assert watcher.seen == [Terminated(other, "stopped")] * 2


async def test_a_signal_goes_ahead_of_the_unread_messages(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    await watcher.ref.ask(("watch", other))
    watcher.hold = asyncio.Event()
    watcher.ref.tell("hold")
    for n in range(100):
        watcher.ref.tell(n)
    other.stop()
    await ended(system, other)
    watcher.hold.set()
    await until(lambda: len(watcher.seen) == 101)
    assert watcher.seen == [Terminated(other, "stopped"), *range(100)]


async def test_two_actors_that_watch_each_other_end_in_peace(system: ActorSystem) -> None:
    one, two = Watching(system), Watching(system)
    await one.ref.ask(("watch", two.ref))
    await two.ref.ask(("watch", one.ref))
    one.ref.stop()
    await until(lambda: two.seen)
    two.ref.stop()
    await ended(system, two.ref)
    assert two.seen == [Terminated(one.ref, "stopped")]
    assert one.seen == []


async def test_a_watcher_that_has_ended_is_told_nothing(system: ActorSystem) -> None:
    watcher, other = Watching(system), system.spawn(Echo)
    await watcher.ref.ask(("watch", other))
    watcher.ref.stop()
    await ended(system, watcher.ref)
    other.stop()
    await ended(system, other)
    assert watcher.seen == []
    assert system.statistics().dead_letters == 0


async def test_a_handler_that_fails_over_a_signal_is_supervised(system: ActorSystem) -> None:
    other = system.spawn(Echo)

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if isinstance(message, Terminated):
            raise Boom
        me.watch(other)
        return message

    ref = system.spawn(Scripted, handle)
    await ref.ask("watch")
    other.stop()
    await until(lambda: system.statistics().failures == 1)
    assert await ref.ask("well") == "well"
    assert await system.spawn(Echo).ask(Ping()) == "pong"
