"""The hooks of an actor: when they run, and what their failures do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    ActorFailed,
    ActorStopped,
    ActorSystem,
    ActorTerminated,
    Directive,
)
from tests.actors.kit import (
    Boom,
    Counter,
    Echo,
    Heard,
    Ping,
    Recorder,
    ended,
)


@pytest.mark.parametrize("hooks", ["sync", "async"])
async def test_hooks_run_in_order_and_never_beside_messages(
    system: ActorSystem, hooks: str
) -> None:
    log: list[Any] = []

    class Asynchronous(Recorder):
        async def started(self) -> None:
            await asyncio.sleep(0)
            self._note("started")

        async def stopped(self) -> None:
            await asyncio.sleep(0)
            self._note("stopped")

        async def restarting(self, error: BaseException, message: Any) -> None:
            await asyncio.sleep(0)
            self._note("restarting", error, message)

        async def restarted(self, error: BaseException) -> None:
            await asyncio.sleep(0)
            self._note("restarted", error)

    ref = system.spawn(Recorder if hooks == "sync" else Asynchronous, log)
    error = Boom()
    ref.tell("a")
    ref.tell(error)
    ref.tell("b")
    await ref.ask("c")
    ref.stop()
    await ended(system, ref)
    assert log == [
        ("init",),
        ("started",),
        ("a",),
        ("restarting", error, error),
        ("init",),
        ("restarted", error),
        ("b",),
        ("c",),
        ("stopped",),
    ]


async def test_by_default_a_restart_runs_stopped_and_started(system: ActorSystem) -> None:
    log: list[str] = []

    class Plain(Counter):
        def started(self) -> None:
            log.append("started")

        def stopped(self) -> None:
            log.append("stopped")

    ref = system.spawn(Plain)
    ref.tell(Boom())
    await ref.ask("m")
    assert log == ["started", "stopped", "started"]


async def test_a_started_hook_that_raises_is_judged_like_any_failure(system: ActorSystem) -> None:
    failures = Heard(system, ActorFailed)
    attempts: list[int] = []

    class Weak(Echo):
        def started(self) -> None:
            attempts.append(1)
            if len(attempts) < 3:
                raise Boom

    ref = system.spawn(Weak)
    assert await ref.ask(Ping()) == "pong"
    assert len(attempts) == 3
    assert [(e.ref, e.message, e.directive) for e in failures] == [
        (ref, None, Directive.RESTART)
    ] * 2


async def test_a_started_hook_that_always_raises_ends_the_actor_and_its_asks(
    system: ActorSystem,
) -> None:
    class Hopeless(Echo):
        def started(self) -> None:
            raise Boom

    ref = system.spawn(Hopeless)
    with pytest.raises(ActorStopped):
        await ref.ask(Ping(), timeout=2.0)
    assert system.statistics().failures == 4


async def test_a_stopped_hook_that_raises_is_told_and_the_actor_ends(system: ActorSystem) -> None:
    failures, terminated = Heard(system, ActorFailed), Heard(system, ActorTerminated)

    class Rude(Echo):
        def stopped(self) -> None:
            raise Boom

    ref = system.spawn(Rude)
    ref.stop()
    await terminated.wait()
    assert [(e.ref, type(e.error)) for e in failures] == [(ref, Boom)]
    assert [(e.ref, e.reason, type(e.error)) for e in terminated] == [(ref, "stopped", Boom)]


async def test_a_restarting_hook_that_raises_is_told_and_the_restart_goes_on(
    system: ActorSystem,
) -> None:
    failures = Heard(system, ActorFailed)

    class Rude(Counter):
        def restarting(self, error: BaseException, message: Any) -> None:
            raise KeyError("in the hook")

    ref = system.spawn(Rude)
    ref.tell(Boom())
    assert await ref.ask("m") == 1
    assert [type(e.error) for e in failures] == [Boom, KeyError]


@pytest.mark.parametrize("hook", ["started", "restarting", "restarted", "stopped"])
@pytest.mark.parametrize("hooks", ["sync", "async"])
async def test_a_cancellation_that_leaks_from_a_hook_does_not_leave_the_actor_stuck(
    system: ActorSystem, hook: str, hooks: str
) -> None:
    armed = [True]

    def leak(self: Any, *args: Any) -> Any:
        if armed:
            armed.clear()
            raise asyncio.CancelledError

    async def leak_later(self: Any, *args: Any) -> Any:
        await asyncio.sleep(0)
        leak(self)

    leaky = type("Leaky", (Counter,), {hook: leak if hooks == "sync" else leak_later})
    ref = system.spawn(leaky)
    ref.tell(Boom())
    assert await ref.ask("m", timeout=2.0) == 1
    ref.stop()
    await ended(system, ref)
    assert armed == []
    assert system.statistics().failures == 2
