"""Makes nodes by forking, so that a node costs no start of Python: `NAME ENDPOINT HEARTBEAT` per
line of input, answered with the process id. SIGTERM asks a node to leave in order.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from holon_actors import ActorSystem
from tests.soak.nodes import Caller, Desk


async def live(name: str, endpoint: str, heartbeat: float) -> None:
    leaving = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, leaving.set)
    async with ActorSystem(name, bind=endpoint, heartbeat=heartbeat, attach=False) as system:
        system.spawn(Desk, name="desk")
        system.spawn(Caller, name="caller")
        await leaving.wait()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody has to wait for them
    # Unbuffered, or a child would have a copy of the lines behind its own.
    while line := _line():
        name, endpoint, heartbeat = line.split()
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(live(name, endpoint, float(heartbeat)))
            os._exit(0)
        os.write(1, b"%d\n" % child)


def _line() -> str:
    line = b""
    while not line.endswith(b"\n"):
        byte = os.read(0, 1)
        if not byte:
            break
        line += byte
    return line.decode()


if __name__ == "__main__":
    sys.exit(main())
