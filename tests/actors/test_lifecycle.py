"""Start, failure, restart, stop and kill of living actors."""

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
    Collector,
    Echo,
    Heard,
    HowMany,
    Ping,
    Recorder,
    Scripted,
    ended,
    turns,
    until,
    virtual,
)


def policy(directive: Directive) -> OneForOne:
    return OneForOne(decide=lambda error: directive)


class Counter(Actor):
    """Counts messages; fails with one that is an exception."""

    def __init__(self, start: int = 0, *, step: int = 1) -> None:
        self.count, self.step = start, step

    def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        self.count += self.step
        return self.count


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


# --- hooks ---


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
