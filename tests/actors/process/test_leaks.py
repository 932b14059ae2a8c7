"""Nothing is left of processes: not after a shutdown, and not after the system's own death."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from holon_actors import ActorRestarted, ActorSystem
from tests.actors.kit import Heard, ended, until
from tests.actors.process.kit import Add, Blocking, Counter, Pid, Starting

ROOT = Path(__file__).resolve().parents[3]


def descriptors() -> list[str]:
    """What this process has open."""
    found = []
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found.append(str(entry.readlink()).partition(":")[0])
        except OSError:
            continue
    return sorted(found)


def children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


async def test_a_shutdown_leaves_no_process_and_no_descriptor() -> None:
    before = descriptors()
    async with ActorSystem("test") as system:
        refs = [system.spawn(Counter, dispatcher="process") for _ in range(3)]
        pids = [await ref.ask(Pid()) for ref in refs]
        assert len(children()) >= 4
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert children() == []
    assert descriptors() == before


async def test_an_actor_that_ends_takes_its_descriptors_along(system: ActorSystem) -> None:
    first = system.spawn(Counter, dispatcher="process")
    await first.ask(Pid())
    before = descriptors()
    for _ in range(3):
        ref = system.spawn(Counter, dispatcher="process")
        pid = await ref.ask(Pid())
        ref.stop()
        await ended(system, ref)
        assert not psutil.pid_exists(pid)
    assert descriptors() == before


async def test_a_shutdown_ends_a_process_that_blocks(tmp_path: Path) -> None:
    system = ActorSystem("test")
    ref: Any = system.spawn(Blocking, dispatcher="process")
    path = tmp_path / "never"
    ref.tell([str(path), True])
    await until(path.with_suffix(".reached").exists)
    pid = ref.pid
    await system.shutdown(timeout=0.05)
    assert not psutil.pid_exists(pid)
    assert children() == []


async def test_a_shutdown_ends_a_process_that_is_just_starting() -> None:
    async with ActorSystem("test") as system:
        system.spawn(Counter, dispatcher="process")
    assert children() == []


async def test_what_an_actor_has_started_ends_with_its_process(system: ActorSystem) -> None:
    ref = system.spawn(Starting, dispatcher="process")
    program: Any = await ref.ask("go")
    assert psutil.pid_exists(program)
    ref.stop()
    await ended(system, ref)
    await until(lambda: not alive(program))


def alive(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


async def test_a_starter_that_dies_is_replaced(system: ActorSystem) -> None:
    restarts = Heard(system, ActorRestarted)
    ref: Any = system.spawn(Counter, dispatcher="process")
    pid = await ref.ask(Pid())
    starter = system._processes.starter().pid
    os.kill(starter, signal.SIGKILL)
    await restarts.wait()
    assert await ref.ask(Add(1)) == 1
    await until(lambda: not alive(pid))


_PROGRAM = """
import asyncio, os, sys, time
from holon_actors import ActorSystem
from tests.actors.process.kit import Blocking, Counter, Pid

async def main():
    system = ActorSystem("doomed")
    idle = system.spawn(Counter, dispatcher="process")
    busy = system.spawn(Blocking, dispatcher="process")
    print(await idle.ask(Pid(), timeout=30), await busy.ask("hello", timeout=30), flush=True)
    busy.tell([sys.argv[1], True])
    print(busy.pid, system._processes.starter().pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="tells the kernel's own means, on Linux")
async def test_the_death_of_the_system_ends_all_its_processes(tmp_path: Path) -> None:
    path = tmp_path / "never"
    program = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", _PROGRAM, str(path)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    )
    assert program.stdout is not None
    with program.stdout as lines:
        idle = await asyncio.to_thread(lines.readline)
        others = await asyncio.to_thread(lines.readline)
        pids = [int(idle.split()[0]), *map(int, others.split())]
        await until(path.with_suffix(".reached").exists)
        program.kill()
        program.wait()
        await until(lambda: not any(map(alive, pids)))


_SCRIPT = """
import asyncio
from holon_actors import Actor, ActorSystem, Request, message

@message
class Double(Request[int]):
    n: int

class Worker(Actor):
    def receive(self, message, sender):
        match message:
            case Double(n=n):
                return n * 2
            case "fail":
                raise Trouble("as told")

class Trouble(Exception):
    pass

async def main():
    async with ActorSystem("script") as system:
        worker = system.spawn(Worker, dispatcher="process")
        print(await worker.ask(Double(21), timeout=30))
        try:
            await worker.ask("fail")
        except Trouble as error:
            print(type(error).__name__)

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_actors_of_a_script_work_too(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(_SCRIPT)
    program = await asyncio.create_subprocess_exec(
        sys.executable, str(script), stdout=asyncio.subprocess.PIPE, cwd=tmp_path
    )
    output, _ = await program.communicate()
    assert output.decode().split() == ["42", "Trouble"]
    assert program.returncode == 0
