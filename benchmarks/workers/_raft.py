"""What the workers of Raft share: the state machine, and members in processes of their own."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from holon_actors.distributed.consensus import StateMachine

PAYLOAD = b"x" * 100
PATIENCE_S = 60.0
MEMBERS = ("a", "b", "c")


class Count(StateMachine):
    """What is replicated: it counts the commands."""

    def __init__(self) -> None:
        self.count = 0

    def apply(self, command: Any) -> int:
        self.count += 1
        return self.count

    def query(self, request: Any) -> int:
        return self.count

    def snapshot(self) -> Any:
        return self.count

    def restore(self, state: Any) -> None:
        self.count = state


def free_ports(count: int) -> list[str]:
    """So many, as text."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [str(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@asynccontextmanager
async def others(module: str, names: Sequence[str], *arguments: str) -> AsyncIterator[None]:
    """Processes of a worker's other members, which are run with `member NAME ARGUMENTS`."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, "member", name, *arguments)
        )
        for name in names
    ]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            await process.wait()
