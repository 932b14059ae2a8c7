"""A member of a group in a process of its own: `python member.py NAME FOLDER NAME=ENDPOINT...`.

Runs until it is killed.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from holon_actors.distributed.consensus import RaftGroup, RaftSettings, StateMachine

# Snapshots come often, so that members that were away get some.
SETTINGS = RaftSettings(snapshot_entries=500)


class Registers(StateMachine):
    """Values by key; the commands are those of the model `holon_actors.testing.models.KeyValue`."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def apply(self, command: Any) -> Any:
        match command:
            case ["put", key, value]:
                self.values[key] = value
                return None
            case ["cas", key, expected, new]:
                if self.values.get(key) != expected:
                    return False
                self.values[key] = new
                return True
        raise ValueError(f"no command: {command!r}")

    def query(self, request: Any) -> Any:
        return self.values.get(request)

    def snapshot(self) -> Any:
        return dict(self.values)

    def restore(self, state: Any) -> None:
        self.values = dict(state)


async def main(name: str, folder: str, *peers: str) -> None:
    members = dict(peer.split("=", 1) for peer in peers)
    insecure = not all("127.0.0.1" in endpoint for endpoint in members.values())
    async with RaftGroup(
        node_id=name,
        members=members,
        machine=Registers(),
        data_dir=folder,
        settings=SETTINGS,
        insecure=insecure,
    ):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
