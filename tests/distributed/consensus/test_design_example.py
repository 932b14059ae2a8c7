"""The example of the contract, as it stands there: real sockets, real files."""

from __future__ import annotations

import socket
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

from holon_actors.distributed.consensus import RaftGroup, StateMachine


class Tally(StateMachine):
    def __init__(self):
        self.total = 0

    def apply(self, command):
        self.total += command["add"]
        return self.total

    def query(self, request):
        return self.total

    def snapshot(self):
        return {"total": self.total}  # codec values

    def restore(self, state):
        self.total = state["total"]


async def test_three_members_and_a_client(tmp_path: Path) -> None:
    members = {
        name: f"tcp://127.0.0.1:{port}" for name, port in zip("abc", free_ports(3), strict=True)
    }
    async with AsyncExitStack() as stack:
        for name in "bc":
            path = tmp_path / name
            other = RaftGroup(node_id=name, members=members, machine=Tally(), data_dir=path)
            await stack.enter_async_context(other)
        path = tmp_path / "a"
        async with RaftGroup(node_id="a", members=members, machine=Tally(), data_dir=path) as group:
            assert await group.propose({"add": 1}, timeout=20.0) == 1
            assert await group.read(None, timeout=20.0) == 1
            assert group.leader in members
            assert group.status().node == "a"
            async with RaftGroup.client(members) as client:
                assert await client.propose({"add": 2}, timeout=20.0) == 3
                assert await client.read(None, timeout=20.0) == 3


async def test_a_member_alone_comes_back_with_its_state(tmp_path: Path) -> None:
    members = {"a": f"tcp://127.0.0.1:{free_ports(1)[0]}"}
    for total in (1, 2):
        async with RaftGroup("a", members, Tally(), tmp_path) as group:
            assert await group.propose({"add": 1}, timeout=20.0) == total
            await group.snapshot()


def free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
