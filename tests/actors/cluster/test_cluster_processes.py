"""`system.cluster` with a member in another process, which is killed."""

from __future__ import annotations

import asyncio
import signal
import sys

import pytest

from tests.actors.cluster.kit import alive, join_all, member, nodes, until, url

_CHILD = """
import asyncio, sys
from holon_actors import ActorSystem

async def main(bind, seed):
    async with ActorSystem("child", bind=bind, heartbeat=0.2, attach=False) as system:
        await system.cluster.join(seed, timeout=20)
        print(system.cluster.members[-1].name, system.endpoint, flush=True)
        await asyncio.Event().wait()

asyncio.run(main(*sys.argv[1:]))
"""


async def start(bind: str, seed: str) -> tuple[asyncio.subprocess.Process, str]:
    """A member in a process of its own, and where it listens."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _CHILD, bind, seed, stdout=asyncio.subprocess.PIPE
    )
    assert child.stdout is not None
    line = await child.stdout.readline()
    assert line, "the child has ended"
    return child, line.decode().split()[1]


@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
async def test_a_killed_process_is_downed_and_its_next_start_takes_its_place() -> None:
    async with nodes("ab") as (a, b):
        await join_all([a, b])
        child, endpoint = await start("tcp://127.0.0.1:0", url(a))
        for system in (a, b):
            await until(system, lambda s=system: alive(s) == ["a", "b", "child"])
        first = member(a, "child").incarnation
        child.send_signal(signal.SIGKILL)
        await child.wait()
        for system in (a, b):
            await until(system, lambda s=system: member(s, "child").state == "down")
        assert alive(a) == ["a", "b"]

        again, _ = await start(f"tcp://{endpoint}", url(b))
        try:
            for system in (a, b):
                await until(system, lambda s=system: alive(s) == ["a", "b", "child"])
            assert member(a, "child").incarnation > first
            assert len(a.cluster.members) == 3
        finally:
            again.kill()
            await again.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="signals as on POSIX")
async def test_a_process_that_was_stopped_for_long_comes_back_and_takes_nobody_down() -> None:
    async with nodes("ab") as (a, b):
        await join_all([a, b])
        child, _ = await start("tcp://127.0.0.1:0", url(a))
        try:
            for system in (a, b):
                await until(system, lambda s=system: alive(s) == ["a", "b", "child"])
            before = {m.name: m.incarnation for m in a.cluster.members}
            child.send_signal(signal.SIGSTOP)
            await until(a, lambda: member(a, "child").state == "down")
            child.send_signal(signal.SIGCONT)
            for system in (a, b):
                await until(system, lambda s=system: alive(s) == ["a", "b", "child"])
            after = {m.name: m.incarnation for m in a.cluster.members}
            assert {n for n in after if after[n] != before[n]} == {"child"}
        finally:
            child.kill()
            await child.wait()
