"""Nodes in processes of their own: killed, paused and restarted, noticed in time."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from holon_actors import ActorSystem, LinkDown, LinkUp, NodeUnreachable, Terminated
from tests.actors.kit import Heard
from tests.actors.remote.kit import Add, Slow, Total, Watcher, sizes
from tests.support.waiting import until

ROOT = Path(__file__).parents[3]
HEARTBEAT = 0.4


class Child:
    """One node in a process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.endpoint = ""

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    async def end(self) -> None:
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.kill()
        await self.process.wait()


class Children(list[Child]):
    async def start(self, endpoint: str, name: str = "there") -> Child:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            str(Path(__file__).with_name("child.py")),
            name,
            endpoint,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'transports'}"},
        )
        child = Child(process)
        self.append(child)
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode().split()
        child.endpoint = line[0]
        return child


@pytest.fixture
async def children() -> AsyncIterator[Children]:
    started = Children()
    yield started
    for child in started:
        await child.end()
        transport: Any = child.process._transport
        transport.close()


@pytest.fixture
async def here() -> AsyncIterator[ActorSystem]:
    async with ActorSystem("here", heartbeat=HEARTBEAT, attach=False) as system:
        yield system


@pytest.fixture(params=["tcp", "ipc"])
def endpoint(request: Any, tmp_path: Path) -> str:
    return {"tcp": "tcp://127.0.0.1:0", "ipc": f"ipc://{tmp_path}/there.sock"}[request.param]


async def test_a_killed_node_is_noticed_within_two_heartbeats(
    here: ActorSystem, children: Children, endpoint: str
) -> None:
    child = await children.start(endpoint)
    ref = here.ref(f"holon://there@{child.endpoint}/user/ada")
    seen: list[Any] = []
    here.spawn(Watcher, seen, ref)
    assert await ref.ask(Total()) == 5
    asks = [asyncio.ensure_future(ref.ask(Slow(), timeout=30)) for _ in range(10)]
    assert await ref.ask(Total()) == 5
    child.signal(signal.SIGKILL)
    killed = here.clock()
    ended = await asyncio.gather(*asks, return_exceptions=True)
    assert here.clock() - killed < 2 * HEARTBEAT
    assert {type(error) for error in ended} == {NodeUnreachable}
    await until(lambda: seen)
    assert seen == [Terminated(ref, "node-lost")]
    await until(lambda: not any(sizes(here).values()))


async def test_a_paused_node_is_lost_and_comes_back_in_a_new_session(
    here: ActorSystem, children: Children, endpoint: str
) -> None:
    child = await children.start(endpoint)
    ups, downs = Heard(here, LinkUp), Heard(here, LinkDown)
    ref = here.ref(f"holon://there@{child.endpoint}/user/ada")
    for _ in range(3):
        ref.tell(Add(1))
    assert await ref.ask(Total()) == 8
    child.signal(signal.SIGSTOP)
    await downs.wait()
    assert "silent" in downs[0].reason
    child.signal(signal.SIGCONT)
    assert await ref.ask(Total(), timeout=10) == 8
    assert len(ups) == 2
    assert ups[0].incarnation == ups[1].incarnation


async def test_a_node_that_restarts_on_its_port_is_a_new_incarnation(
    here: ActorSystem, children: Children
) -> None:
    child = await children.start("tcp://127.0.0.1:0")
    ref = here.ref(f"holon://there@{child.endpoint}/user/ada")
    ups = Heard(here, LinkUp)
    ref.tell(Add(1))
    assert await ref.ask(Total()) == 6
    child.signal(signal.SIGKILL)
    await child.process.wait()
    await children.start(f"tcp://{child.endpoint}")
    await until(lambda: not sizes(here)["conversations"])
    assert await ref.ask(Total(), timeout=10) == 5
    assert ups[0].incarnation < ups[1].incarnation


async def test_two_processes_that_leave_in_order_say_so(
    here: ActorSystem, children: Children, endpoint: str
) -> None:
    child = await children.start(endpoint)
    ref = here.ref(f"holon://there@{child.endpoint}/user/ada")
    downs = Heard(here, LinkDown)
    seen: list[Any] = []
    here.spawn(Watcher, seen, ref)
    assert await ref.ask(Total()) == 5
    assert child.process.stdin is not None
    child.process.stdin.close()
    await downs.wait()
    assert downs[0].reason == "shutdown"
    assert seen == [Terminated(ref, "stopped")]
    assert await child.process.wait() == 0
