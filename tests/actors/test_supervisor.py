"""The ready-made supervisor."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorSystem,
    ActorTerminated,
    Child,
    ConfigError,
    Directive,
    OneForAll,
    OneForOne,
    RestartsExhausted,
    RestForOne,
    Supervisor,
)
from tests.actors.kit import Boom, Heard, Recorder, ended, turns, until, virtual


class Worker(Recorder):
    """A recorder that can be told to end."""

    def receive(self, message: Any, sender: Any) -> Any:
        if message == "stop":
            self.stop()
            return None
        return super().receive(message, sender)


def specs(log: list[Any], names: str = "abc", **options: Any) -> list[Child]:
    return [Child(Worker, log, name, name=name, **options) for name in names]


def child(system: ActorSystem, name: str) -> Any:
    return system.lookup(f"/user/super/{name}")


def paths(system: ActorSystem) -> list[str]:
    return [s.path for s in system.snapshot()]


async def idle(system: ActorSystem) -> None:
    """Until everybody is running and has nothing to do."""
    await turns(50)
    await until(
        lambda: all(s.state == "running" and not s.mailbox_depth for s in system.snapshot())
    )


async def test_children_start_in_order_and_stop_in_reverse() -> None:
    log: list[Any] = []
    async with ActorSystem("test") as system:
        system.spawn(Supervisor, children=specs(log), name="super")
        await idle(system)
        assert paths(system) == ["/user/super", *(f"/user/super/{n}" for n in "abc")]
        assert [entry[0] for entry in log if entry[1] == "init"] == ["a", "b", "c"]
        log.clear()
    assert log == [("c", "stopped"), ("b", "stopped"), ("a", "stopped")]


async def test_children_stop_one_after_the_other() -> None:
    log: list[Any] = []

    class Slow(Recorder):
        async def stopped(self) -> None:
            self._note("stopping")
            await turns(5)
            self._note("stopped")

    async with ActorSystem("test") as system:
        children = [Child(Slow, log, name) for name in "ab"]
        ref = system.spawn(Supervisor, children=children)
        await idle(system)
        log.clear()
        ref.stop()
        await ended(system, ref)
    assert log == [("b", "stopping"), ("b", "stopped"), ("a", "stopping"), ("a", "stopped")]


async def test_children_take_arguments_by_position_and_keyword(system: ActorSystem) -> None:
    log: list[Any] = []
    children = [Child(Worker, log, tag="x")]
    system.spawn(Supervisor, children=children)
    await idle(system)
    assert log == [("x", "init"), ("x", "started")]


@pytest.mark.parametrize(
    ("strategy", "restarted"),
    [(None, "b"), (OneForOne(), "b"), (OneForAll(), "abc"), (RestForOne(), "bc")],
)
async def test_the_strategy_decides_who_restarts_after_a_failure(
    system: ActorSystem, strategy: Any, restarted: str
) -> None:
    log: list[Any] = []
    system.spawn(Supervisor, children=specs(log), strategy=strategy, name="super")
    await idle(system)
    log.clear()
    child(system, "b").tell(Boom())
    await idle(system)
    assert sorted(entry[0] for entry in log if entry[1] == "restarted") == sorted(restarted)


@pytest.mark.parametrize(
    ("restart", "after_stop", "after_failure"),
    [("permanent", True, True), ("transient", False, True), ("temporary", False, False)],
)
async def test_the_restart_type_says_when_a_child_comes_back(
    system: ActorSystem, restart: Any, after_stop: bool, after_failure: bool
) -> None:
    log: list[Any] = []
    system.spawn(Supervisor, children=specs(log, "ab", restart=restart), name="super")
    await idle(system)
    child(system, "a").tell("stop")
    child(system, "b").tell(Boom())
    await idle(system)
    assert (child(system, "a") is not None) == after_stop
    assert (child(system, "b") is not None) == after_failure


async def test_a_permanent_child_that_ends_comes_back_as_a_new_actor_in_its_place(
    system: ActorSystem,
) -> None:
    log: list[Any] = []
    system.spawn(Supervisor, children=specs(log), name="super")
    await idle(system)
    old = child(system, "b")
    old.kill()
    await idle(system)
    new = child(system, "b")
    assert new is not None
    assert new != old
    assert paths(system) == ["/user/super", *(f"/user/super/{n}" for n in "abc")]


async def test_a_child_that_supervision_stops_stays_away(system: ActorSystem) -> None:
    stop = OneForOne(decide=lambda error: Directive.STOP)
    system.spawn(Supervisor, children=specs([]), strategy=stop, name="super")
    await idle(system)
    child(system, "b").tell(Boom())
    await idle(system)
    assert child(system, "b") is None
    assert child(system, "a") is not None


async def test_a_permanent_child_that_keeps_ending_exhausts_the_budget() -> None:
    log: list[Any] = []
    stop = OneForOne(decide=lambda error: Directive.STOP)
    async with ActorSystem("test", supervision=stop) as system:
        failures = Heard(system, ActorFailed)
        ref = system.spawn(
            Supervisor, children=specs(log), strategy=OneForOne(max_restarts=2), name="super"
        )
        for _ in range(3):
            await idle(system)
            child(system, "b").tell("stop")
        await ended(system, ref)
        error = failures[0].error
        assert isinstance(error, RestartsExhausted)
        assert (error.path, error.restarts, error.window_s) == ("/user/super/b", 2, 5.0)
        assert system.snapshot() == []
        assert log[-2:] == [("c", "stopped"), ("a", "stopped")]


async def test_a_child_that_keeps_failing_exhausts_the_budget_and_escalates() -> None:
    stop = OneForOne(decide=lambda error: Directive.STOP)
    async with ActorSystem("test", supervision=stop) as system:
        terminated = Heard(system, ActorTerminated)
        ref = system.spawn(
            Supervisor, children=specs([]), strategy=OneForOne(max_restarts=1), name="super"
        )
        await idle(system)
        error = Boom()
        for _ in range(2):
            child(system, "a").tell(error)
        await ended(system, ref)
        assert terminated[-1].ref == ref
        assert terminated[-1].error is error


async def test_a_supervisor_that_is_restarted_starts_fresh_children(system: ActorSystem) -> None:
    system.spawn(Supervisor, children=specs([]), strategy=OneForOne(max_restarts=0), name="super")
    await idle(system)
    old = [child(system, name) for name in "abc"]
    old[0].tell(Boom())
    await until(lambda: system.snapshot()[0].restarts == 1)
    await idle(system)
    new = [child(system, name) for name in "abc"]
    assert all(new)
    assert not set(old) & set(new)


@virtual
async def test_a_child_that_does_not_stop_in_its_time_is_killed() -> None:
    class Stubborn(Actor):
        async def stopped(self) -> None:
            await asyncio.Event().wait()

    log: list[Any] = []
    async with ActorSystem("test") as system:
        terminated = Heard(system, ActorTerminated)
        children = [Child(Worker, log, "a"), Child(Stubborn, shutdown=2.0)]
        ref = system.spawn(Supervisor, children=children)
        await asyncio.sleep(1)
        ref.stop()
        await ended(system, ref)
        assert system.clock() == pytest.approx(3.0)
        assert [e.reason for e in terminated] == ["killed", "stopped", "stopped"]
        assert log[-1] == ("a", "stopped")


@virtual
async def test_a_one_for_all_group_restarts_when_a_permanent_member_ends() -> None:
    log: list[Any] = []
    async with ActorSystem("test") as system:
        system.spawn(Supervisor, children=specs(log), strategy=OneForAll(), name="super")
        await asyncio.sleep(1)
        log.clear()
        child(system, "b").tell("stop")
        await asyncio.sleep(1)
        assert sorted(e[0] for e in log if e[1] == "restarted") == ["a", "c"]
        assert ("b", "init") in log
        assert len(system.snapshot()) == 4


async def test_a_temporary_child_is_not_restarted_beside_others(system: ActorSystem) -> None:
    log: list[Any] = []
    children = [
        Child(Worker, log, "a", name="a"),
        Child(Worker, log, "t", name="t", restart="temporary"),
    ]
    system.spawn(Supervisor, children=children, strategy=OneForAll(), name="super")
    await idle(system)
    child(system, "a").tell(Boom())
    await idle(system)
    assert child(system, "t") is None
    assert ("t", "stopped") in log


@pytest.mark.parametrize("options", [{"restart": "sometimes"}, {"shutdown": -1.0}])
def test_children_that_cannot_be_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="Child"):
        Child(Worker, **options)


async def test_a_supervisor_without_children_is_fine(system: ActorSystem) -> None:
    system.spawn(Supervisor)
    await idle(system)
    assert len(system.snapshot()) == 1


async def test_children_beside_the_specified_ones_stay_children(system: ActorSystem) -> None:
    class Own(Supervisor):
        def receive(self, message: Any, sender: Any) -> Any:
            if message == "more":
                return self.spawn(Worker, [], name="more")
            return super().receive(message, sender)

    ref = system.spawn(Own, children=[Child(Worker, [], name="one")], name="s")
    await ref.ask("more")
    first = system.lookup("/user/s/one")
    assert first is not None
    first.stop()
    await ended(system, first)
    await until(lambda: system.lookup("/user/s/one") is not None)
    assert system.lookup("/user/s/more") is not None


async def test_a_child_that_is_stopping_is_still_waited_for(system: ActorSystem) -> None:
    let_go = asyncio.Event()

    class Slow(Actor):
        async def stopped(self) -> None:
            await let_go.wait()

    children = [Child(Slow, name="slow", restart="temporary"), Child(Worker, [], name="one")]
    supervisor = system.spawn(Supervisor, children=children, name="s")
    await turns()
    slow, one = system.lookup("/user/s/slow"), system.lookup("/user/s/one")
    assert slow is not None
    assert one is not None
    slow.stop()
    one.stop()
    await ended(system, one)
    await until(lambda: system.lookup("/user/s/one") is not None)
    supervisor.stop()
    await turns()
    assert system.lookup("/user/s") is not None
    let_go.set()
    await ended(system, supervisor)
