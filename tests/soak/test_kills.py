"""Nodes are killed, paused and told to leave at random, under load, and come back.

No ask hangs, every watcher is told, nothing comes twice or out of order, and when all is over no
process, descriptor, table entry or memory is left. `make soak` does it for longer.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import pytest

from holon_actors import ActorSystem, HolonError, Terminated
from tests.actors.remote.kit import Watcher, sizes
from tests.soak.nodes import Disorders, Numbered, Via
from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
HEARTBEAT_S = 0.2
NODES = 3
ASKERS = 8  # per node
SOAK = int(os.environ.get("HOLON_SOAK", "1"))
KILLS = 30 if SOAK <= 1 else 20 * SOAK
GROWTH_MAX = 32 * 1024 * 1024


class Nursery:
    """Starts and ends nodes. Each lives at an endpoint of its own, life after life."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._turn = asyncio.Lock()
        self.lives: dict[str, int] = {}  # the process ids of those that live

    def address(self, name: str, actor: str = "desk") -> str:
        return f"holon://{name}@ipc:{quote(self._path(name), safe='')}/user/{actor}"

    def _path(self, name: str) -> str:
        return str(self._folder / f"{name}.sock")

    async def start(self, name: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        async with self._turn:
            line = f"{name} ipc://{self._path(name)} {HEARTBEAT_S}\n"
            self._process.stdin.write(line.encode())
            self.lives[name] = int(await self._process.stdout.readline())

    def signal(self, name: str, number: int) -> None:
        os.kill(self.lives[name], number)

    async def gone(self, name: str) -> None:
        child = self.lives.pop(name)
        await until(lambda: not psutil.pid_exists(child))

    @property
    def processes(self) -> list[psutil.Process]:
        return psutil.Process(self._process.pid).children(recursive=True)

    async def close(self) -> None:
        for child in self.processes:
            child.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        transport: Any = self._process._transport
        transport.close()


@pytest.fixture
async def nursery(tmp_path: Path) -> AsyncIterator[Nursery]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("nursery.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'transports'}"},
    )
    nursery = Nursery(process, tmp_path)
    try:
        yield nursery
    finally:
        await nursery.close()


class Load:
    """Asks and tells without end, and sees that each ask has one."""

    def __init__(self, system: ActorSystem, nursery: Nursery, names: list[str]) -> None:
        self._system = system
        self._refs = {name: system.ref(nursery.address(name)) for name in names}
        self._callers = {name: system.ref(nursery.address(name, "caller")) for name in names}
        self._names = names
        self.ended = 0
        self.failed = 0

    async def ask(self, name: str, asker: int) -> None:
        numbers = itertools.count()
        others = [other for other in self._names if other != name]
        while True:
            ref = self._refs[name]
            for _ in range(20):
                ref.tell(Numbered(asker, next(numbers)))
            other = self._refs[others[next(numbers) % len(others)]]
            if asker % 4 == 0:
                await self._ask(self._callers[name], Via(other))
            else:
                await self._ask(ref, Disorders())
            await asyncio.sleep(0.005)

    async def _ask(self, ref: Any, question: Any) -> None:
        try:
            async with asyncio.timeout(20) as patience:
                await ref.ask(question, timeout=2.0)
        except HolonError:
            self.failed += 1
        except TimeoutError:
            assert patience.expired()
            pytest.fail(f"an ask of {ref} has hung")
        self.ended += 1

    async def reach(self, name: str) -> int:
        """Ask until there is an answer: the disorders that the node has seen."""
        reason: HolonError | None = None
        for _ in range(1_000):
            try:
                count: int = await self._refs[name].ask(Disorders(), timeout=1.0)
            except HolonError as error:
                reason = error
                await asyncio.sleep(0.01)
            else:
                return count
        pytest.fail(f"{name} is not to be reached any more: {reason!r}")


async def kill(nursery: Nursery, name: str, manner: str, told: list[Any]) -> None:
    """End a node, or its session, in one of three ways; return when the watcher is told of it."""
    if manner == "pause":
        nursery.signal(name, signal.SIGSTOP)
        await until(lambda: told)
        nursery.signal(name, signal.SIGCONT)
        return
    nursery.signal(name, signal.SIGKILL if manner == "kill" else signal.SIGTERM)
    await nursery.gone(name)
    await until(lambda: told)
    await nursery.start(name)


async def torment(
    system: ActorSystem, nursery: Nursery, load: Load, name: str, seed: int, rounds: int
) -> None:
    rng = random.Random(seed)
    ref = system.ref(nursery.address(name))
    for _ in range(rounds):
        assert await load.reach(name) == 0
        told: list[Any] = []
        watcher = system.spawn(Watcher, told, ref)
        await ref.ask(Disorders(), timeout=5.0)  # it watches by now, as one follows the other
        await kill(nursery, name, rng.choice(["kill", "kill", "leave", "pause"]), told)
        assert [type(signal) for signal in told] == [Terminated]
        assert told[0].reason in {"node-lost", "stopped", "shutdown"}
        watcher.stop()
    assert await load.reach(name) == 0


def held() -> tuple[int, int]:
    """Descriptors and bytes of memory of this process."""
    gc.collect()
    process = psutil.Process()
    return process.num_fds(), process.memory_info().rss


@pytest.mark.timeout(60 if SOAK <= 1 else 3_600)
async def test_nodes_killed_at_random_under_load_leave_nothing_hanging_and_nothing_behind(
    nursery: Nursery,
) -> None:
    names = [f"node{number}" for number in range(NODES)]
    fds_before = held()[0]
    async with ActorSystem("here", heartbeat=HEARTBEAT_S, attach=False) as system:
        for name in names:
            await nursery.start(name)
        load = Load(system, nursery, names)
        await asyncio.gather(*(load.reach(name) for name in names))
        asking = [
            asyncio.create_task(load.ask(name, asker)) for name in names for asker in range(ASKERS)
        ]
        try:
            warm_up = KILLS // 10
            await _torment_all(system, nursery, load, names, 1, warm_up)
            fds, memory = held()
            await _torment_all(system, nursery, load, names, 2, KILLS - warm_up)
            assert not any(task.done() for task in asking)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        assert load.ended > KILLS * NODES
        assert len(nursery.processes) == NODES
        fds_after, memory_after = held()
        assert fds_after <= fds + 2 * NODES  # a socket may be between two lives
        assert memory_after - memory < GROWTH_MAX
        for name in names:
            nursery.signal(name, signal.SIGKILL)
            await nursery.gone(name)
        await until(lambda: not any(sizes(system).values()))
    await until(lambda: held()[0] <= fds_before)
    assert nursery.processes == []


async def _torment_all(
    system: ActorSystem, nursery: Nursery, load: Load, names: list[str], seed: int, kills: int
) -> None:
    async with asyncio.TaskGroup() as group:
        for number, name in enumerate(names):
            rounds = max(1, kills // len(names))
            group.create_task(torment(system, nursery, load, name, 10 * seed + number, rounds))
