"""What becomes of actors that fail: directives, budgets, backoff and strategies."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorRestarted,
    ActorStopped,
    ActorSystem,
    ActorTerminated,
    Backoff,
    ChildFailed,
    DeadLetter,
    Directive,
    OneForAll,
    OneForOne,
    RestForOne,
    Terminated,
)
from tests.actors.kit import (
    Boom,
    Counter,
    Heard,
    Recorder,
    Scripted,
    ended,
    turns,
    until,
    virtual,
)


def policy(directive: Directive) -> OneForOne:
    return OneForOne(decide=lambda error: directive)


# --- directives ---


async def test_resume_keeps_the_state_and_drops_the_message() -> None:
    async with ActorSystem("test", supervision=policy(Directive.RESUME)) as system:
        ref = system.spawn(Counter)
        await ref.ask("one")
        with pytest.raises(Boom):
            await ref.ask(Boom())
        assert await ref.ask("two") == 2
        assert system.snapshot()[0].restarts == 0


@pytest.mark.parametrize("wait", [False, True])
async def test_restart_makes_a_new_instance_of_the_original_arguments(
    system: ActorSystem, wait: bool
) -> None:
    class MaybeAsync(Counter):
        def receive(self, message: Any, sender: Any) -> Any:
            async def later() -> Any:
                await asyncio.sleep(0)
                return Counter.receive(self, message, sender)

            return later() if wait else Counter.receive(self, message, sender)

    restarts = Heard(system, ActorRestarted)
    ref = system.spawn(MaybeAsync, 100, step=10, name="ada")
    address = ref.address
    assert await ref.ask("m") == 110
    error = Boom()
    ref.tell(error)
    ref.tell("kept in the mailbox")
    assert await ref.ask("m") == 120
    assert [(e.ref, e.error, e.restarts) for e in restarts] == [(ref, error, 1)]
    assert ref.address == address
    assert system.lookup("/user/ada") == ref
    assert system.snapshot()[0].restarts == 1
    assert system.statistics().dead_letters == 0


async def test_stop_ends_the_child_for_good_and_tells_its_parent() -> None:
    seen: list[Any] = []

    class Parent(Actor):
        def receive(self, message: Any, sender: Any) -> Any:
            if message == "spawn":
                child = self.spawn(Counter)
                self.watch(child)
                return child
            seen.append(message)
            return None

    async with ActorSystem("test") as system:
        letters = Heard(system, DeadLetter)
        parent = system.spawn(Parent, supervision=policy(Directive.STOP))
        child: Any = await parent.ask("spawn")
        error = Boom()
        child.tell(error)
        child.tell("unread")
        await until(lambda: len(seen) == 2)
        assert seen == [ChildFailed(child, error), Terminated(child, "failed")]
        assert [(e.message, e.reason) for e in letters] == [("unread", "failed")]
        with pytest.raises(ActorStopped) as caught:
            await child.ask("gone")
        assert caught.value.reason == "failed"


class Middle(Actor):
    """Has one child, whose policy escalates; counts what it handles."""

    def __init__(self, refs: list[Any], log: list[Any]) -> None:
        self.log_ = log
        refs.append(self.spawn(Counter, name="child"))
        self.handled = 0

    def receive(self, message: Any, sender: Any) -> Any:
        self.handled += 1
        return self.handled

    def restarting(self, error: BaseException, message: Any) -> None:
        self.log_.append((error, message))


async def test_escalate_fails_the_parent_and_a_restart_ends_its_children() -> None:
    refs: list[Any] = []
    log: list[Any] = []
    async with ActorSystem("test") as system:
        failures = Heard(system, ActorFailed)
        parent = system.spawn(Middle, refs, log, supervision=policy(Directive.ESCALATE))
        assert await parent.ask("m") == 1
        error = Boom()
        refs[0].tell(error)
        await ended(system, refs[0])
        assert await parent.ask("m") == 1
        assert log == [(error, None)]
        assert len(refs) == 2
        assert refs[0] != refs[1]
        assert refs[0].path == refs[1].path
        assert await refs[1].ask("m") == 1
        assert [(e.ref, e.error, e.directive) for e in failures] == [
            (refs[0], error, Directive.ESCALATE),
            (parent, error, Directive.RESTART),
        ]


async def test_a_parent_that_resumes_has_its_escalated_children_resume() -> None:
    refs: list[Any] = []
    async with ActorSystem("test", supervision=policy(Directive.RESUME)) as system:
        parent = system.spawn(Middle, refs, [], supervision=policy(Directive.ESCALATE))
        await refs[0].ask("m")
        refs[0].tell(Boom())
        refs[0].tell("m")
        assert await refs[0].ask("m") == 3
        assert await parent.ask("m") == 1
        assert len(refs) == 1


async def test_an_escalation_to_a_busy_parent_waits_for_its_handler() -> None:
    refs: list[Any] = []
    holds, release = asyncio.Event(), asyncio.Event()

    class Busy(Middle):
        async def receive(self, message: Any, sender: Any) -> Any:
            holds.set()
            await release.wait()
            return "finished"

    async with ActorSystem("test") as system:
        parent = system.spawn(Busy, refs, [], supervision=policy(Directive.ESCALATE))
        ask = asyncio.ensure_future(parent.ask("m"))
        await holds.wait()
        refs[0].tell(Boom())
        await turns()
        assert not ask.done()
        release.set()
        assert await ask == "finished"
        await until(lambda: len(refs) == 2)


async def test_an_escalation_while_the_parent_restarts_does_not_restart_it_again() -> None:
    refs: list[Any] = []
    restarting, go_on = asyncio.Event(), asyncio.Event()

    class Slow(Counter):
        def __init__(self) -> None:
            super().__init__()
            refs.append(self.spawn(Counter))

        async def restarting(self, error: BaseException, message: Any) -> None:
            restarting.set()
            await go_on.wait()

    async with ActorSystem("test") as system:
        restarts = Heard(system, ActorRestarted)
        parent = system.spawn(Slow, supervision=policy(Directive.ESCALATE))
        parent.tell(Boom("parent's"))
        await restarting.wait()
        refs[0].tell(Boom("child's"))
        await turns()
        go_on.set()
        await restarts.wait()
        await turns()
        assert await parent.ask("m") == 1
        assert len(restarts) == 1
        assert len(refs) == 2


async def test_an_escalation_above_the_top_ends_the_top_level_actor() -> None:
    async with ActorSystem("test", supervision=policy(Directive.ESCALATE)) as system:
        terminated = Heard(system, ActorTerminated)
        ref, other = system.spawn(Counter), system.spawn(Counter)
        error = Boom()
        ref.tell(error)
        await terminated.wait()
        assert [(e.ref, e.reason, e.error) for e in terminated] == [(ref, "failed", error)]
        assert await other.ask("m") == 1


async def test_over_the_budget_the_failure_escalates() -> None:
    async with ActorSystem("test", supervision=OneForOne(max_restarts=2)) as system:
        failures, terminated = Heard(system, ActorFailed), Heard(system, ActorTerminated)
        ref = system.spawn(Counter)
        for _ in range(3):
            with pytest.raises(Boom):
                await ref.ask(Boom())
        await terminated.wait()
        assert [e.directive for e in failures] == [
            *(Directive.RESTART, Directive.RESTART, Directive.ESCALATE)
        ]
        assert terminated[0].reason == "failed"
        with pytest.raises(ActorStopped):
            await ref.ask("m")


@virtual
async def test_the_budget_comes_back_with_time() -> None:
    async with ActorSystem("test", supervision=OneForOne(max_restarts=1, window=5.0)) as system:
        ref = system.spawn(Counter)
        for _ in range(5):
            ref.tell(Boom())
            await asyncio.sleep(5.1)
        assert await ref.ask("m") == 1
        assert system.snapshot()[0].restarts == 5


async def test_a_decide_that_raises_escalates() -> None:
    def decide(error: BaseException) -> Directive:
        raise KeyError("broken")

    async with ActorSystem("test", supervision=OneForOne(decide=decide)) as system:
        terminated = Heard(system, ActorTerminated)
        system.spawn(Counter).tell(Boom())
        await terminated.wait()
        assert "KeyError('broken')" in terminated[0].error.__notes__[0]


@virtual
async def test_backoff_delays_the_restart_and_grows() -> None:
    times: list[float] = []

    class Timed(Counter):
        def restarted(self, error: BaseException) -> None:
            times.append(self.system.clock())

    supervision = OneForOne(10, window=1000.0, backoff=Backoff(1.0, 2.0, 5.0, 0.0))
    async with ActorSystem("test", supervision=supervision) as system:
        ref = system.spawn(Timed)
        for _ in range(4):
            ref.tell(Boom())
        ref.tell("kept")
        assert await ref.ask("m", timeout=60.0) == 2
        assert times == pytest.approx([1.0, 3.0, 7.0, 12.0])


@virtual
async def test_an_actor_in_its_backoff_keeps_its_mail_and_can_be_stopped() -> None:
    supervision = OneForOne(backoff=Backoff(100.0, 1.0, 100.0, 0.0))
    async with ActorSystem("test", supervision=supervision) as system:
        ref = system.spawn(Counter)
        ref.tell(Boom())
        await asyncio.sleep(1)
        assert system.snapshot()[0].state == "failed"
        ask = asyncio.ensure_future(ref.ask("m", timeout=1000.0))
        await asyncio.sleep(1)
        ref.stop()
        with pytest.raises(ActorStopped):
            await ask
        assert system.clock() < 3


# --- strategies ---


@pytest.mark.parametrize(
    ("strategy", "new"),
    [(OneForOne(), {"b"}), (OneForAll(), {"a", "b", "c"}), (RestForOne(), {"b", "c"})],
)
async def test_the_strategy_decides_who_restarts(strategy: Any, new: set[str]) -> None:
    async with ActorSystem("test", supervision=strategy) as system:
        refs = {name: system.spawn(Counter, name=name) for name in "abc"}
        for ref in refs.values():
            await ref.ask("m")
        refs["b"].tell(Boom())
        await refs["b"].ask("m")
        counts = {name: await ref.ask("m") for name, ref in refs.items()}
        assert {name for name, count in counts.items() if count == (2 if name == "b" else 1)} == new
        restarts = {s.path.rpartition("/")[2]: s.restarts for s in system.snapshot()}
        assert {name for name, count in restarts.items() if count} == new


async def test_siblings_restart_with_the_error_but_without_a_message() -> None:
    log: list[Any] = []
    async with ActorSystem("test", supervision=OneForAll()) as system:
        failing, sibling = system.spawn(Recorder, log, "x"), system.spawn(Recorder, log, "y")
        await sibling.ask("hello")
        log.clear()
        error = Boom()
        failing.tell(error)
        await failing.ask("m")
        await sibling.ask("m")
        assert ("x", "restarting", error, error) in log
        assert ("y", "restarting", error, None) in log


async def test_a_busy_sibling_finishes_its_message_before_it_restarts() -> None:
    holds, release = asyncio.Event(), asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> Any:
        if message == "hold":
            holds.set()
            await release.wait()
        return message

    async with ActorSystem("test", supervision=OneForAll()) as system:
        restarts = Heard(system, ActorRestarted)
        busy, failing = system.spawn(Scripted, hold), system.spawn(Counter)
        ask = asyncio.ensure_future(busy.ask("hold"))
        await holds.wait()
        failing.tell(Boom())
        await restarts.wait()
        assert [e.ref for e in restarts] == [failing]
        release.set()
        assert await ask == "hold"
        await restarts.wait(2)
        assert restarts[1].ref == busy
        assert await busy.ask("m") == "m"


async def test_a_failed_rebuild_leaves_nothing_to_resume(system: ActorSystem) -> None:
    built: list[int] = []

    class Frail(Counter):
        def __init__(self) -> None:
            super().__init__()
            built.append(1)
            if len(built) > 1:
                raise KeyError("again")

    def decide(error: BaseException) -> Directive:
        return Directive.RESUME if isinstance(error, KeyError) else Directive.RESTART

    parent = system.spawn(
        Scripted,
        lambda me, message, sender: me.spawn(Frail) if message == "spawn" else None,
        supervision=OneForOne(decide=decide),
    )
    child: Any = await parent.ask("spawn")
    child.tell(Boom())
    with pytest.raises(ActorStopped):
        await child.ask("x", timeout=5)
