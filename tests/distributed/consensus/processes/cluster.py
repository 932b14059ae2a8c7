"""Members in processes of their own, which can be killed, paused and started again."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[4]
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'transports'}"}


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens at now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


class Processes:
    """The members of one group."""

    def __init__(
        self,
        folder: Path,
        members: dict[str, str],
        prefixes: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.members = members
        self._folder = folder
        self._prefixes = prefixes or {}  # by name: the command that runs a command there
        self._running: dict[str, asyncio.subprocess.Process] = {}

    @classmethod
    def on_loopback(cls, folder: Path, size: int) -> Processes:
        """A group on free ports of this machine."""
        ports = free_ports(size)
        return cls(folder, {f"m{n}": f"tcp://127.0.0.1:{port}" for n, port in enumerate(ports)})

    async def start(self, name: str) -> None:
        peers = [f"{each}={endpoint}" for each, endpoint in self.members.items()]
        command = [
            *self._prefixes.get(name, ()),
            sys.executable,
            str(Path(__file__).with_name("member.py")),
            name,
            str(self._folder / name),
            *peers,
        ]
        with (self._folder / f"{name}.log").open("ab") as log:
            self._running[name] = await asyncio.create_subprocess_exec(
                *command, env=ENVIRONMENT, stderr=log
            )

    async def start_all(self) -> None:
        for name in self.members:
            await self.start(name)

    def pause(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGSTOP)

    def go_on(self, name: str) -> None:
        self._running[name].send_signal(signal.SIGCONT)

    async def kill(self, *names: str) -> None:
        """SIGKILL to all of them before any is waited for."""
        dead = [self._running.pop(name) for name in names]
        for process in dead:
            process.kill()
        for process in dead:
            await process.wait()
            transport: Any = process._transport
            transport.close()

    async def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            await self.kill(*list(self._running))

    def logs(self) -> str:
        """What the members have said, for a test that fails."""
        return "\n".join(
            f"--- {path.name}\n{path.read_text()[-2_000:]}"
            for path in sorted(self._folder.glob("*.log"))
        )
