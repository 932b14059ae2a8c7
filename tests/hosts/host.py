"""A node on a host of its own: `python host.py NAME ENDPOINT KEYS`, then orders, a line each.

join ENDPOINT      become a member
meet ADDRESS...    watch these desks, ask them and tell them numbered messages from now on
rest               say no more
report             answered with one line of JSON
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
from pathlib import Path
from typing import Any

from holon_transports.security import Curve

from holon_actors import ActorSystem, HolonError
from tests.actors.remote.kit import Watcher
from tests.soak.nodes import Desk, Disorders, Numbered

HEARTBEAT_S = 0.4
# Longer than any ask may take, by far.
_HUNG_S = 8.0


class Host:
    """One node, and what it has seen."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.told: list[Any] = []
        self.asks = {"answered": 0, "failed": 0, "hung": 0}
        self.tasks: list[asyncio.Task[None]] = []
        self.desk = system.spawn(Desk, name="desk")

    def meet(self, addresses: list[str]) -> None:
        for address in addresses:
            ref = self.system.ref(address)
            self.system.spawn(Watcher, self.told, ref)
            stamp = self.system.rng.getrandbits(32)
            self.tasks.append(asyncio.create_task(self.talk(ref, stamp)))

    async def talk(self, ref: Any, stamp: int) -> None:
        for number in itertools.count():
            ref.tell(Numbered(stamp, number))
            try:
                async with asyncio.timeout(_HUNG_S):
                    await ref.ask(Disorders(), timeout=1.0)
            except HolonError:
                self.asks["failed"] += 1
            except TimeoutError:
                self.asks["hung"] += 1
            else:
                self.asks["answered"] += 1
            await asyncio.sleep(0.01)

    async def rest(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def report(self) -> dict[str, Any]:
        return {
            "asks": self.asks,
            "told": [[ended.ref.address.system, ended.reason] for ended in self.told],
            "disorders": await self.desk.ask(Disorders()),
            "members": {member.name: member.state for member in self.system.cluster.members},
        }


async def main(name: str, endpoint: str, keys: str) -> None:
    folder = Path(keys)
    security = Curve(key=folder / f"{name}.key_secret", authorized=folder / "known")
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async with ActorSystem(
        name, bind=endpoint, security=security, heartbeat=HEARTBEAT_S, attach=False
    ) as system:
        host = Host(system)
        while line := (await reader.readline()).decode().split():
            match line:
                case ["join", seed]:
                    await system.cluster.join(seed, timeout=10.0)
                case ["meet", *addresses]:
                    host.meet(addresses)
                case ["rest"]:
                    await host.rest()
            print(json.dumps(await host.report()), flush=True)  # noqa: T201
        await host.rest()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
