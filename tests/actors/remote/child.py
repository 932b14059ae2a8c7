"""A node in a process of its own: `python child.py NAME ENDPOINT`, until its input ends."""

from __future__ import annotations

import asyncio
import sys

from holon_actors import ActorSystem
from tests.actors.remote.kit import Account


async def main(name: str, endpoint: str) -> None:
    async with ActorSystem(name, bind=endpoint, heartbeat=0.4, attach=False) as system:
        system.spawn(Account, 5, name="ada")
        print(system.endpoint, system.incarnation, flush=True)  # noqa: T201
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(sys.stdin.fileno(), ended.set)
        await ended.wait()
        loop.remove_reader(sys.stdin.fileno())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
