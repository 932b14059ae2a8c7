"""Constructors, children, stop and kill of living actors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorStopped,
    ActorSystem,
    ActorTerminated,
    Directive,
    Terminated,
)
from tests.actors.kit import (
    Boom,
    Collector,
    Counter,
    Echo,
    Heard,
    HowMany,
    Ping,
    Recorder,
    Scripted,
    ended,
    turns,
    until,
)

# --- constructors ---


async def test_what_the_constructor_raises_at_spawn_is_the_caller_s(system: ActorSystem) -> None:
    children: list[Any] = []

    class Broken(Actor):
        def __init__(self, broken: bool) -> None:
            children.append(self.spawn(Echo))
            if broken:
                raise Boom("constructor")

    with pytest.raises(Boom, match="constructor"):
        system.spawn(Broken, True, name="ada")
    assert system.lookup("/user/ada") is None
    await until(lambda: system.statistics().actors == 0)
    with pytest.raises(ActorStopped):
        await children[0].ask(Ping())
    assert system.spawn(Broken, False, name="ada").is_alive
    assert system.statistics().failures == 0


async def test_a_constructor_that_raises_at_restart_uses_the_budget(system: ActorSystem) -> None:
    log: list[str] = []

    class Fragile(Counter):
        def __init__(self) -> None:
            log.append("init")
            if len(log) > 1:
                raise Boom("constructor")
            super().__init__()

    ref = system.spawn(Fragile)
    ref.tell(Boom())
    with pytest.raises(ActorStopped) as caught:
        await ref.ask("m", timeout=2.0)
    assert caught.value.reason == "failed"
    assert len(log) == 4


async def test_no_hook_runs_on_an_instance_whose_constructor_raised(system: ActorSystem) -> None:
    hooked: list[tuple[str, bool]] = []
    built: list[int] = []

    class Fragile(Counter):
        def __init__(self) -> None:
            built.append(1)
            if len(built) > 1:
                raise Boom("constructor")
            super().__init__()

        def restarting(self, error: BaseException, message: Any) -> None:
            hooked.append(("restarting", hasattr(self, "count")))

        def stopped(self) -> None:
            hooked.append(("stopped", hasattr(self, "count")))

    ref = system.spawn(Fragile)
    ref.tell(Boom())
    await ended(system, ref)
    assert hooked == [("restarting", True)]


# --- children ---


async def test_a_restart_stops_the_children_and_keeps_their_names_free(
    system: ActorSystem,
) -> None:
    log: list[Any] = []

    class Parent(Counter):
        def __init__(self) -> None:
            super().__init__()
            self.spawn(Recorder, log, "child", name="child")

        def restarted(self, error: BaseException) -> None:
            log.append("restarted")

    ref = system.spawn(Parent)
    await turns()
    log.clear()
    ref.tell(Boom())
    await ref.ask("m")
    await turns()
    assert log[:2] == [("child", "stopped"), ("child", "init")]
    assert sorted(map(str, log[2:])) == ["('child', 'started')", "restarted"]


async def test_children_end_before_their_parent(system: ActorSystem) -> None:
    log: list[Any] = []

    class Nested(Recorder):
        def __init__(self, depth: int) -> None:
            super().__init__(log, str(depth))
            if depth:
                self.spawn(Nested, depth - 1)

    ref = system.spawn(Nested, 3)
    await turns()
    log.clear()
    ref.stop()
    await ended(system, ref)
    assert log == [(str(depth), "stopped") for depth in range(4)]
    assert system.statistics().actors == 0


async def test_an_ending_actor_may_not_spawn(system: ActorSystem) -> None:
    raised: list[BaseException] = []

    class Late(Actor):
        def stopped(self) -> None:
            try:
                self.spawn(Echo)
            except ActorStopped as error:
                raised.append(error)

    ref = system.spawn(Late)
    ref.stop()
    await ended(system, ref)
    assert len(raised) == 1


# --- stop and kill ---


async def test_kill_cancels_the_handler_that_waits(system: ActorSystem) -> None:
    holds, cancelled = asyncio.Event(), asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> None:
        holds.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    terminated = Heard(system, ActorTerminated)
    ref = system.spawn(Scripted, hold)
    ref.tell("hold")
    await holds.wait()
    ref.kill()
    await cancelled.wait()
    await terminated.wait()
    assert [(e.ref, e.reason) for e in terminated] == [(ref, "killed")]
    assert system.statistics().failures == 0


async def test_kill_takes_the_children_with_it(system: ActorSystem) -> None:
    holds: list[int] = []

    class Tree(Actor):
        def __init__(self, depth: int) -> None:
            if depth:
                self.spawn(Tree, depth - 1)

        async def started(self) -> None:
            holds.append(1)
            await asyncio.Event().wait()

    ref = system.spawn(Tree, 2)
    await until(lambda: len(holds) == 3)
    ref.kill()
    await ended(system, ref)
    assert system.snapshot() == []


@pytest.mark.parametrize("first", ["stop", "kill"])
async def test_ending_twice_is_ending_once(system: ActorSystem, first: str) -> None:
    terminated = Heard(system, ActorTerminated)
    ref = system.spawn(Echo)
    getattr(ref, first)()
    ref.stop()
    ref.kill()
    await ended(system, ref)
    ref.stop()
    ref.kill()
    await turns()
    assert len(terminated) == 1


async def test_kill_frees_an_actor_whose_stop_hangs(system: ActorSystem) -> None:
    hangs = asyncio.Event()

    class Stubborn(Actor):
        async def stopped(self) -> None:
            hangs.set()
            await asyncio.Event().wait()

    ref = system.spawn(Stubborn)
    ref.stop()
    await hangs.wait()
    ref.kill()
    await ended(system, ref)


async def test_a_kill_during_a_restart_ends_the_actor(system: ActorSystem) -> None:
    hangs = asyncio.Event()

    class Slow(Counter):
        async def restarting(self, error: BaseException, message: Any) -> None:
            hangs.set()
            await asyncio.Event().wait()

    ref = system.spawn(Slow)
    ask = asyncio.ensure_future(ref.ask(Boom()))
    await hangs.wait()
    ref.kill()
    await ended(system, ref)
    with pytest.raises(Boom):
        await ask


async def test_a_stop_during_a_restart_ends_the_actor_after_it(system: ActorSystem) -> None:
    hangs, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Counter):
        async def restarting(self, error: BaseException, message: Any) -> None:
            hangs.set()
            await go_on.wait()

    ref = system.spawn(Slow)
    ref.tell(Boom())
    ref.tell("unread")
    await hangs.wait()
    ref.stop()
    go_on.set()
    await ended(system, ref)
    assert system.statistics().dead_letters == 1


async def test_an_actor_that_fails_while_it_stops_itself_ends(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> None:
        me.stop()
        raise Boom

    failures = Heard(system, ActorFailed)
    ref = system.spawn(Scripted, handle)
    with pytest.raises(Boom):
        await ref.ask("m")
    await ended(system, ref)
    assert [(e.ref, e.directive) for e in failures] == [(ref, Directive.STOP)]


async def test_watchers_stay_through_a_restart(system: ActorSystem) -> None:
    seen: list[Any] = []
    ref = system.spawn(Counter)

    class Watcher(Collector):
        def started(self) -> None:
            self.watch(ref)

    watcher = system.spawn(Watcher, seen)
    await watcher.ask(HowMany())
    ref.tell(Boom())
    await ref.ask("m")
    await turns()
    assert seen == []
    ref.stop()
    await until(lambda: seen)
    assert seen == [Terminated(ref, "stopped")]
