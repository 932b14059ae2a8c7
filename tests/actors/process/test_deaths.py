"""What becomes of an actor whose process ends, or whose code fails there."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
from pathlib import Path
from typing import Any

import psutil
import pytest

from holon_actors import (
    ActorFailed,
    ActorRestarted,
    ActorStopped,
    ActorSystem,
    ActorTerminated,
    ChildFailed,
    Directive,
    HandlerExited,
    OneForAll,
    OneForOne,
    ProcessDied,
    Supervisor,
    Terminated,
    UnpicklableActor,
)
from holon_actors import Child as Spec
from holon_actors.actors.process.memory import MemoryKills
from tests.actors.kit import Heard, Scripted, ended, ends_seen, on_process, until
from tests.actors.process.kit import (
    Add,
    Blocking,
    Busybody,
    Counter,
    Die,
    Hooked,
    Odd,
    Parent,
    Pid,
    Sleeper,
)


@pytest.mark.parametrize(
    ("how", "exit_code", "signal_name"),
    [("exit", 3, None), ("kill", None, "SIGKILL"), ("segv", None, "SIGSEGV")],
)
async def test_the_death_of_its_process_ends_the_ask_and_restarts_it(
    system: ActorSystem, how: str, exit_code: int | None, signal_name: str | None
) -> None:
    restarts = Heard(system, ActorRestarted)
    ref = on_process(system, Counter, 10)
    await ref.ask(Add(5))
    before = await ref.ask(Pid())
    with pytest.raises(ProcessDied) as died:
        await ref.ask(Die(how), timeout=30)
    assert (died.value.exit_code, died.value.signal) == (exit_code, signal_name)
    assert (died.value.pid, died.value.address) == (before, ref.address)
    assert await ref.ask(Add(1)) == 11
    assert await ref.ask(Pid()) != before
    assert len(restarts) == 1


async def test_a_death_is_one_line_in_the_log(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    ref = on_process(system, Counter)
    with pytest.raises(ProcessDied) as died:
        await ref.ask(Die("kill"), timeout=30)
    await ref.ask(Add(1))  # it has been restarted, so that has been told
    (line,) = [r for r in caplog.records if r.levelname == "ERROR"]
    assert line.exc_info is None, "where the kernel noticed tells nobody anything"
    assert line.getMessage().endswith(f"restart after ProcessDied: {died.value}")


@pytest.mark.parametrize("short", [False, True])
async def test_a_kill_while_memory_is_short_says_so(
    system: ActorSystem, monkeypatch: pytest.MonkeyPatch, short: bool
) -> None:
    monkeypatch.setattr(MemoryKills, "happened", lambda kills: short)
    ref = on_process(system, Counter)
    with pytest.raises(ProcessDied) as died:
        await ref.ask(Die("kill"), timeout=30)
    assert died.value.reason.endswith("killed by SIGKILL") is not short
    assert ("want of memory" in str(died.value)) is short


async def test_a_handler_out_of_memory_fails_alone(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    with pytest.raises(MemoryError):
        await ref.ask(Die("memory"))
    assert await ref.ask(Add(1)) == 1


async def test_an_idle_process_that_dies_is_replaced_at_once(system: ActorSystem) -> None:
    restarts = Heard(system, ActorRestarted)
    ref = on_process(system, Counter)
    os.kill(await ref.ask(Pid()), signal.SIGKILL)
    assert isinstance((await restarts.wait())[0].error, ProcessDied)
    assert await ref.ask(Add(1)) == 1


async def test_messages_behind_the_one_that_killed_are_kept(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    await ref.ask(Add(0))
    ref.tell(Die("kill"))
    for _ in range(5):
        ref.tell(Add(1))
    assert await ref.ask(Add(0)) == 5


async def test_a_failing_handler_restarts_the_actor_in_a_new_process(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    before = await ref.ask(Pid())
    with pytest.raises(ValueError, match="as told") as failed:
        await ref.ask("fail")
    assert "In the actor's process" in "".join(failed.value.__notes__)
    assert await ref.ask(Pid()) != before


async def test_errors_keep_their_type(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    with pytest.raises(Odd, match="one/2") as failed:
        await ref.ask("odd")
    assert failed.value.second == 2


async def test_a_handler_that_exits_fails_its_actor_only(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    with pytest.raises(HandlerExited):
        await ref.ask("exit")
    assert await ref.ask(Add(1)) == 1


async def test_resume_keeps_the_instance() -> None:
    resume = OneForOne(decide=lambda error: Directive.RESUME)
    async with ActorSystem("test", supervision=resume) as system:
        ref = on_process(system, Counter)
        await ref.ask(Add(5))
        before = await ref.ask(Pid())
        with pytest.raises(ValueError, match="as told"):
            await ref.ask("fail")
        assert await ref.ask(Add(1)) == 6
        assert await ref.ask(Pid()) == before


async def test_a_dead_process_cannot_be_resumed_so_its_actor_ends() -> None:
    resume = OneForOne(decide=lambda error: Directive.RESUME)
    async with ActorSystem("test", supervision=resume) as system:
        ends = Heard(system, ActorTerminated)
        ref = on_process(system, Counter)
        with pytest.raises(ProcessDied):
            await ref.ask(Die("kill"))
        assert (await ends.wait())[0].reason == "failed"


async def test_the_restart_budget_holds_for_deaths(system: ActorSystem) -> None:
    failures = Heard(system, ActorFailed)
    ref = on_process(system, Counter)
    for _ in range(4):
        with pytest.raises(ProcessDied):
            await ref.ask(Die("exit"), timeout=30)
    await ended(system, ref)
    verdicts = [failed.directive for failed in failures]
    assert verdicts == [Directive.RESTART] * 3 + [Directive.ESCALATE]


async def test_watchers_hear_of_an_end_but_not_of_a_restart(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    seen = await ends_seen(system, ref)
    with pytest.raises(ProcessDied):
        await ref.ask(Die("kill"))
    await ref.ask(Add(1))
    assert seen == []
    ref.stop()
    await until(lambda: seen)
    assert seen == [Terminated(ref, "stopped")]


async def test_a_watch_survives_the_process_that_asked_for_it(system: ActorSystem) -> None:
    other = system.spawn(Scripted, lambda *_: None)
    ref = on_process(system, Busybody, other)
    await ref.ask("watch")
    os.kill(ref.pid, signal.SIGKILL)
    await Heard(system, ActorRestarted).wait()
    other.stop()
    while not (notes := await ref.ask("notes")):
        pass
    assert notes == [[other, "stopped"]]


async def test_stashed_messages_survive_the_process(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    for item in ("become", "a", "b"):
        ref.tell(item)
    await until(lambda: ref._processed == 3 and not ref.load)
    os.kill(ref.pid, signal.SIGKILL)
    await Heard(system, ActorRestarted).wait()
    assert await ref.ask("notes") == ["a", "b"]


async def test_a_deferred_reply_ends_with_its_process(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    deferred = asyncio.ensure_future(ref.ask("defer"))
    await ref.ask("notes")
    os.kill(ref.pid, signal.SIGKILL)
    with pytest.raises(ProcessDied):
        await deferred


async def test_hooks_run_where_and_when_they_should(system: ActorSystem, tmp_path: Path) -> None:
    path = tmp_path / "notes"
    ref = on_process(system, Hooked, str(path))
    await ref.ask("x")
    with pytest.raises(ValueError, match="as told"):
        await ref.ask("fail")
    await ref.ask("x")
    with pytest.raises(ProcessDied):
        await ref.ask("die")
    await ref.ask("x")
    ref.stop()
    await ended(system, ref)
    assert path.read_text().splitlines() == [
        *("init", "started"),
        *("restarting ValueError fail", "init", "restarted ValueError"),
        *("init", "restarted ProcessDied"),
        "stopped",
    ]


@pytest.mark.parametrize("hook", ["init", "started"])
async def test_an_error_of_constructor_or_start_is_judged_by_the_supervisor(
    system: ActorSystem, tmp_path: Path, hook: str
) -> None:
    failures = Heard(system, ActorFailed)
    ref = on_process(system, Hooked, str(tmp_path / "notes"), hook)
    asked = asyncio.ensure_future(ref.ask("x", timeout=30))
    with pytest.raises(ActorStopped):
        await asked if hook == "init" else await ended_ask(ref, asked)
    assert isinstance((await failures.wait())[0].error, ValueError)


async def ended_ask(ref: Any, asked: asyncio.Future[Any]) -> None:
    # After the first restart `restarted` runs in place of `started`, and does not fail.
    assert await asked == "x"
    ref.stop()
    await ref.ask("too late")


async def test_an_actor_that_is_stopped_for_failing_runs_its_last_hook(tmp_path: Path) -> None:
    stop = OneForOne(decide=lambda error: Directive.STOP)
    path = tmp_path / "notes"
    async with ActorSystem("test", supervision=stop) as system:
        ref = on_process(system, Hooked, str(path))
        with pytest.raises(ValueError, match="as told"):
            await ref.ask("fail")
        await ended(system, ref)
    assert path.read_text().splitlines() == ["init", "started", "stopped"]


async def test_an_error_of_the_last_hook_is_told(system: ActorSystem, tmp_path: Path) -> None:
    failures = Heard(system, ActorFailed)
    ref = on_process(system, Hooked, str(tmp_path / "notes"), "stopped")
    await ref.ask("x")
    ref.stop()
    await ended(system, ref)
    assert [str(failed.error) for failed in failures] == ["stopped"]


async def test_what_cannot_be_sent_is_refused_by_spawn(system: ActorSystem) -> None:
    with pytest.raises(UnpicklableActor, match="Counter"):
        on_process(system, Counter, (n for n in ()))
    assert system.snapshot() == []


async def test_a_failure_of_its_child_is_judged_by_the_actor(system: ActorSystem) -> None:
    ref = on_process(system, Parent, supervision=OneForOne(decide=lambda error: Directive.STOP))
    await ref.ask("fail kid")
    while not (told := await ref.ask("ended")):
        pass
    assert told[0].endswith("kid failed")


async def test_a_failure_that_its_child_escalates_restarts_the_actor(system: ActorSystem) -> None:
    restarts = Heard(system, ActorRestarted)
    escalate = OneForOne(decide=lambda error: Directive.ESCALATE)
    ref = on_process(system, Parent, supervision=escalate)
    await ref.ask("fail kid")
    asks = [asyncio.ensure_future(ref.ask("total")) for _ in range(3)]
    restarted = (await restarts.wait())[0]
    assert (restarted.ref, str(restarted.error)) == (ref, "as told")
    assert [await ask for ask in asks][-1] in (101, 102, 103)


async def test_the_death_of_a_process_takes_its_children_along(system: ActorSystem) -> None:
    ref = on_process(system, Parent)
    kid: Any = await ref.ask("kid")
    asked = asyncio.ensure_future(kid.ask(Die("kill")))
    with pytest.raises(ProcessDied):
        await asked
    assert await ref.ask("total") == 101
    with pytest.raises(ActorStopped):
        await kid.ask(Add(1))


async def test_a_supervisor_restarts_its_group_of_processes(system: ActorSystem) -> None:
    specs = [Spec(Counter, name="a", dispatcher="process"), Spec(Counter, name="b")]
    restarts = Heard(system, ActorRestarted)
    system.spawn(Supervisor, children=specs, strategy=OneForAll(), name="top")
    await until(lambda: system.lookup("/user/top/b"))
    a: Any = system.lookup("/user/top/a")
    with pytest.raises(ProcessDied):
        await a.ask(Die("kill"))
    await restarts.wait(2)
    assert {event.ref.path for event in restarts} == {"/user/top/a", "/user/top/b"}


async def test_stop_for_good_tells_the_parent(system: ActorSystem) -> None:
    seen: list[Any] = []

    def parenting(me: Any, message: Any, sender: Any) -> Any:
        if isinstance(message, ChildFailed):
            seen.append(message)
            return None
        return me.spawn(Counter, dispatcher="process")

    stop = OneForOne(decide=lambda error: Directive.STOP)
    parent = system.spawn(Scripted, parenting, supervision=stop)
    ref: Any = await parent.ask("go")
    with pytest.raises(ProcessDied):
        await ref.ask(Die("kill"))
    await until(lambda: seen)
    assert isinstance(seen[0].error, ProcessDied)


async def test_kill_cancels_a_handler_that_waits(system: ActorSystem, tmp_path: Path) -> None:
    ref = on_process(system, Sleeper)
    path = tmp_path / "sleeping"
    asked = asyncio.ensure_future(ref.ask(str(path), timeout=30))
    await until(path.exists)
    pid = ref.pid
    ref.kill()
    with pytest.raises(ActorStopped, match="killed"):
        await asked
    await ended(system, ref)
    assert path.with_suffix(".cancelled").exists()
    assert not psutil.pid_exists(pid)


@pytest.mark.parametrize("deaf", [False, True])
async def test_kill_ends_a_process_that_does_not_listen(
    system: ActorSystem, tmp_path: Path, deaf: bool
) -> None:
    ref = on_process(system, Blocking)
    path = tmp_path / "never"
    asked = asyncio.ensure_future(ref.ask([str(path), deaf], timeout=30))
    await until(path.with_suffix(".reached").exists)
    pid = ref.pid
    ref.kill()
    with pytest.raises(ActorStopped, match="killed"):
        await asked
    await ended(system, ref)
    assert not psutil.pid_exists(pid)


def test_a_death_can_be_pickled() -> None:
    error = ProcessDied("holon://test/user/x#1", 17, -11)
    again = pickle.loads(pickle.dumps(error))
    assert (again.pid, again.signal, str(again)) == (17, "SIGSEGV", str(error))
