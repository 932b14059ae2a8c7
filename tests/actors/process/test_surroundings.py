"""What a process finds around it: that of its system's process at the time, and nothing stray."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from holon_actors import ActorRestarted, ActorSystem
from holon_actors.actors.admin import Inspect
from holon_actors.actors.process import ProcessDied
from tests.actors.kit import Heard, turns, until
from tests.actors.process.kit import Blocking, Counter, Die, Garbling, Looking, Parent, Pid


async def test_it_has_the_environment_and_folder_that_the_system_has_now(
    system: ActorSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = system.spawn(Looking, dispatcher="process")
    assert (await first.ask("surroundings"))[0] is None  # the starter runs from here on
    monkeypatch.setenv("HOLON_TEST_WORD", "later")
    monkeypatch.chdir(tmp_path)
    second = system.spawn(Looking, dispatcher="process")
    assert await second.ask("surroundings") == ["later", str(tmp_path)]


async def test_a_folder_that_has_gone_keeps_no_actor_from_starting(
    system: ActorSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "short-lived"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    ref = system.spawn(Counter, dispatcher="process")
    assert await ref.ask(Pid()) != os.getpid()


async def test_what_it_starts_does_not_get_its_link(system: ActorSystem) -> None:
    ref = system.spawn(Looking, dispatcher="process")
    assert await ref.ask("inherited") == [0, 1, 2]


async def test_a_death_is_noticed_also_where_signals_are_blocked(system: ActorSystem) -> None:
    blocked = {signal.SIGCHLD, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        ref = system.spawn(Counter, dispatcher="process")
        with pytest.raises(ProcessDied, match="exit status 3"):
            await ref.ask(Die("exit"), timeout=20)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@pytest.mark.parametrize("garbage", [b"\xff" * 4096, b"\x01\0\0\0" + b"\xff" * 4096])
async def test_a_process_that_writes_garbage_to_its_link_is_ended_and_replaced(
    system: ActorSystem, garbage: bytes
) -> None:
    restarts = Heard(system, ActorRestarted)
    ref = system.spawn(Garbling, dispatcher="process")
    with pytest.raises(ProcessDied) as caught:
        await ref.ask(garbage, timeout=20)
    assert isinstance(caught.value.__cause__, ValueError)
    await restarts.wait()
    assert await ref.ask("fine", timeout=20) == "fine"


async def test_a_snapshot_has_its_process_number(system: ActorSystem) -> None:
    ref = system.spawn(Counter, dispatcher="process")
    pid = await ref.ask(Pid())
    assert [each.pid for each in system.snapshot()] == [pid]


async def test_other_nodes_reach_the_children_that_it_has_in_its_process() -> None:
    async with (
        ActorSystem("here", bind="inproc://here") as here,
        ActorSystem("there", bind="inproc://there") as there,
    ):
        ref = here.spawn(Parent, dispatcher="process", name="parent")
        kid: Any = await ref.ask("kid", timeout=20)
        afar = there.ref(str(kid.address))
        assert await afar.ask("hello", timeout=20) == "hello"


@pytest.fixture
async def seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ActorSystem]:
    """A system that can be looked into."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    async with ActorSystem("seen", attach=True) as system:
        yield system


async def inspected(system: ActorSystem, path: str) -> Any:
    admin = system.lookup("/system/admin")
    assert admin is not None
    return await admin.ask(Inspect(path), timeout=20)


async def test_where_a_blocked_process_is_can_be_seen(seen: ActorSystem, tmp_path: Path) -> None:
    ref = seen.spawn(Blocking, dispatcher="process", name="stuck")
    path = tmp_path / "go"
    asked = asyncio.ensure_future(ref.ask([str(path), True], timeout=30))
    await until(path.with_suffix(".reached").exists)
    for detail in await asyncio.gather(*(inspected(seen, "/user/stuck") for _ in range(2))):
        assert detail.stack.where == "process"
        assert detail.stack.frames[0].function == "receive"
        assert detail.stack.frames[0].file.endswith("kit.py")
        assert detail.stack.frames[0].code
    path.touch()
    assert await asked == "done"


async def test_a_process_that_is_stopped_is_said_not_to_answer(seen: ActorSystem) -> None:
    ref = seen.spawn(Looking, dispatcher="process", name="stopped")
    await ref.ask("surroundings")
    pid = next(each.pid for each in seen.snapshot() if each.path == "/user/stopped")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    ref.tell("surroundings")
    await turns()
    try:
        detail = await inspected(seen, "/user/stopped")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert "does not answer" in detail.stack.waits_for
    assert await ref.ask("inherited") == [0, 1, 2]
