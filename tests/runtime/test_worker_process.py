from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import psutil
import pytest

from holon_actors.runtime import WorkerStartError, worker_process
from holon_actors.runtime._shipping import Request
from holon_actors.runtime.flow_codes import FlowCodes
from holon_actors.runtime.worker_process import WorkerDied, WorkerProcess
from tests.runtime.sample_flows import add, sleep_forever

Until = Callable[[Callable[[], object]], Awaitable[None]]

_PARENT = """
import asyncio, sys
from holon_actors.runtime import Engine
from tests.runtime.sample_flows import sleep_forever

async def main():
    async with Engine(isolation="process") as engine:
        await engine.execute(sleep_forever, sys.argv[1])

asyncio.run(main())
"""


def request(value: object = (1, 2), work: object = add) -> Request:
    code = FlowCodes().code_of(work)  # type: ignore[arg-type]
    return Request(code.key, code.data, None, value, None, None, 1, False, None, None)


async def start(exits: list[int] | None = None) -> WorkerProcess:
    on_exit = exits.append if exits is not None else lambda _: None
    return await WorkerProcess.start(asyncio.get_running_loop(), on_exit)


async def test_an_idle_worker_ends_by_itself_when_it_is_closed() -> None:
    exits: list[int] = []
    worker = await start(exits)
    assert (await worker.call(request())).value == 3
    await worker.close(30.0)
    assert exits == [worker.pid]
    assert worker._process.returncode == 0
    await worker.close(30.0)
    with pytest.raises(WorkerDied):
        await worker.call(request())


async def test_an_idle_worker_that_dies_is_noticed(until: Until) -> None:
    worker = await start()
    os.kill(worker.pid, signal.SIGKILL)
    await until(lambda: not worker.is_alive)
    await worker.close(0.0)
    assert worker._process.returncode == -signal.SIGKILL


async def test_a_busy_worker_is_closed_by_force(tmp_path: Path, until: Until) -> None:
    worker = await start()
    note = tmp_path / "note"
    call = asyncio.create_task(worker.call(request(str(note), sleep_forever)))
    await until(note.exists)
    await worker.close(30.0)
    with pytest.raises(WorkerDied) as caught:
        await call
    assert caught.value.exit_code == -signal.SIGTERM


async def test_a_worker_leads_its_own_session_so_that_ctrl_c_reaches_the_engine_first() -> None:
    worker = await start()
    assert os.getsid(worker.pid) == worker.pid != os.getsid(0)
    await worker.close(30.0)


async def test_a_worker_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_process, "_BOOT", "raise SystemExit(4)")
    with pytest.raises(WorkerStartError, match="exit code 4"):
        await start()
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(WorkerStartError, match="nowhere"):
        await start()


def test_no_worker_outlives_an_engine_that_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "note"
    parent = subprocess.Popen([sys.executable, "-c", _PARENT, str(note)])
    try:
        while not note.exists():
            assert parent.poll() is None
        worker = psutil.Process(int(note.read_text()))
    finally:
        parent.kill()
        parent.wait()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_a_worker_imports_little() -> None:
    heavy = "asyncio", "pydantic", "psutil", "rich", "click", "zmq", "holon_actors.runtime.engine"
    program = (
        "import sys, holon_actors.runtime._worker_main;"
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    assert shown.stdout == "[]\n"


def test_an_interrupted_program_ends_and_leaves_no_worker(tmp_path: Path) -> None:
    note = tmp_path / "note"
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(note)], stderr=subprocess.PIPE, start_new_session=True
    )
    assert parent.stderr is not None
    with parent.stderr:
        try:
            while not note.exists():
                assert parent.poll() is None
            worker = psutil.Process(int(note.read_text()))
            parent.send_signal(signal.SIGINT)
            assert b"KeyboardInterrupt" in parent.stderr.read()
        finally:
            parent.kill()
            parent.wait()
    psutil.wait_procs([worker], timeout=30)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE
