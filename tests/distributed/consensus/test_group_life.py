"""How members begin and end, and what becomes of who uses them meanwhile."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from holon_actors import ConfigError
from holon_actors.actors.remote.endpoints import endpoint_url
from holon_actors.distributed.consensus import (
    CommandFailed,
    MemberStopped,
    NoLeader,
    OutcomeUnknown,
    RaftGroup,
    RaftHost,
    SnapshotFailed,
)
from holon_actors.storage import DiskLocked
from holon_actors.testing import Simulation, eventually
from tests.distributed.consensus.kit import SMALL, Registers, SimGroup
from tests.distributed.consensus.test_group import with_group

ALONE = {"a": "sim://a"}


def on(host: RaftHost) -> RaftGroup:
    return RaftGroup("a", ALONE, Registers(), host=host, settings=SMALL)


def alone(sim: Simulation, node: str = "a", **options: Any) -> RaftGroup:
    return RaftGroup(
        "a",
        ALONE,
        Registers(),
        system=sim.node(node),
        disk=sim.disk("a"),
        settings=SMALL,
        **options,
    )


# --- beginning ---


def test_a_host_does_not_begin_a_member_anew_whose_log_has_grown() -> None:
    async def scenario(sim: Simulation) -> None:
        async with RaftHost("a", system=sim.node("a"), disk=sim.disk("a")) as host:
            async with on(host) as member:
                await member.propose(["put", "k", 1], timeout=20.0)
            with pytest.raises(ConfigError, match="new host"):
                await on(host).start()
        host = RaftHost("a", system=sim.node("b"), disk=sim.disk("a"))
        async with host, on(host) as member:
            assert await member.read("k", timeout=20.0) == 1

    Simulation().run(scenario)


def test_a_member_that_runs_is_not_harmed_by_another_of_its_name() -> None:
    async def scenario(sim: Simulation) -> None:
        host = RaftHost("a", system=sim.node("a"), disk=sim.disk("a"))
        async with host, on(host) as member:
            with pytest.raises(ConfigError):
                await on(host).start()
            with pytest.raises(ConfigError, match="before"):
                await member.start()
            await member.propose(["put", "k", 1], timeout=20.0)
            assert member.status().applied_index > 1

    Simulation().run(scenario)


def test_a_member_is_started_once() -> None:
    async def scenario(sim: Simulation) -> None:
        member = alone(sim)
        async with member:
            pass
        await member.close()
        with pytest.raises(ConfigError, match="before"):
            await member.start()

    Simulation().run(scenario)


def test_join_is_for_the_first_start_and_does_no_harm_later() -> None:
    async def scenario(sim: Simulation) -> None:
        async with alone(sim) as member:
            await member.propose(["put", "k", 1], timeout=20.0)
        async with alone(sim, "again", join=True) as member:
            assert await member.read("k", timeout=20.0) == 1

    Simulation().run(scenario)


def test_who_joins_waits_and_begins_no_group_of_its_own() -> None:
    async def scenario(sim: Simulation) -> None:
        async with alone(sim, join=True) as member:
            with pytest.raises(NoLeader):
                await member.propose(["put", "k", 1], timeout=20.0)
            assert (member.status().role, member.status().term) == ("follower", 0)

    Simulation().run(scenario)


# --- one folder, one address ---


async def begin(folder: Path, name: str = "one", address: str = "") -> RaftGroup:
    address = address or f"ipc://{folder}/{name}.sock"
    member = RaftGroup("a", {"a": address}, Registers(), folder / "data")
    await member.__aenter__()
    return member


async def test_a_folder_has_one_member_at_a_time(tmp_path: Path) -> None:
    first = await begin(tmp_path)
    with pytest.raises(DiskLocked, match="uses the folder"):
        await begin(tmp_path, "two")
    await first.propose(["put", "k", 1], timeout=20.0)
    await first.close()
    second = await begin(tmp_path, "two")
    assert await second.read("k", timeout=20.0) == 1
    await second.close()


async def begin_and_end(folder: Path) -> None:
    await (await begin(folder)).close()


HOLD = """
import sys
from holon_actors.storage import OsDisk
disk = OsDisk(sys.argv[1], lock=True)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_folder_that_another_process_uses_is_locked(tmp_path: Path) -> None:
    folder = str(tmp_path / "data")
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(DiskLocked):
            asyncio.run(begin_and_end(tmp_path))
        other.kill()
    asyncio.run(begin_and_end(tmp_path))


async def test_an_address_in_use_is_said_to_be_so_and_the_folder_is_free_again(
    tmp_path: Path,
) -> None:
    first = await begin(tmp_path / "first", address="tcp://127.0.0.1:0")
    address = endpoint_url(first.system.endpoint or "")
    with pytest.raises(Exception, match="listens there already"):
        await begin(tmp_path / "second", address=address)
    await first.close()
    await (await begin(tmp_path / "second", address="tcp://127.0.0.1:0")).close()


# --- ending ---


@with_group
async def test_closing_a_member_ends_what_it_has_under_way(sim, group) -> None:
    name = group.leader
    member = group.groups[name]
    await member.propose(["append", "k", 0], timeout=20.0)
    for other in set(group.members) - {name}:
        sim.crash(other)
    calls = [
        asyncio.create_task(member.propose(["append", "k", 1], timeout=900.0)),
        asyncio.create_task(member.read("k", timeout=900.0)),
        asyncio.create_task(member.add("z", "sim://z", timeout=900.0)),
    ]
    await asyncio.sleep(0.1)
    await member.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(error) for error in results] == [OutcomeUnknown, NoLeader, OutcomeUnknown]
    for call in (member.propose(1), member.read(1), member.snapshot()):
        with pytest.raises(MemberStopped):
            await call


@with_group
async def test_a_close_that_is_given_up_has_ended_the_calls_all_the_same(sim, group) -> None:
    name = group.leader
    member = group.groups[name]
    await member.propose(["append", "k", 0], timeout=20.0)
    sim.network.isolate(name)
    call = asyncio.create_task(member.propose(["append", "k", 1], timeout=900.0))
    await asyncio.sleep(0.1)
    closing = asyncio.create_task(member.close())
    await asyncio.sleep(0.1)
    closing.cancel()
    with pytest.raises(OutcomeUnknown):
        await call
    with pytest.raises(asyncio.CancelledError):
        await closing
    assert member.status().stopped


def test_a_watch_of_what_has_ended_ends_at_once() -> None:
    async def scenario(sim: Simulation) -> None:
        member = alone(sim)
        async with member:
            pass
        assert [event async for event in member.watch()] == []

    Simulation().run(scenario)


# --- limits ---


@with_group
async def test_a_time_limit_that_is_no_number_is_refused(sim, group) -> None:
    member = group.groups[group.leader]
    for call in (
        member.propose(["put", "k", 1], math.nan),
        member.read("k", math.nan),
        member.add("z", "sim://z", timeout=math.nan),
        member.snapshot(math.nan),
    ):
        with pytest.raises(ConfigError, match="nan"):
            await call


@with_group
async def test_a_snapshot_for_which_there_is_no_room_does_not_stop_the_member(sim, group) -> None:
    member, disk = group.groups[group.leader], sim.disk(group.leader)
    async with group.client() as client:
        # What the log takes has been taken ahead.
        await client.propose(["put", "k", "x" * 10_000], timeout=30.0)
        watch = member.watch()
        disk.profile = replace(disk.profile, capacity=0)
        before = member.status().snapshot_index
        with pytest.raises(Exception, match=r"snapshot-failed.*DiskFull"):
            await member.snapshot()
        disk.profile = replace(disk.profile, capacity=None)
        assert any(type(event) is SnapshotFailed for event in watch._unread)
        assert not member.status().stopped
        assert await member.snapshot() > before
        assert not [name for name in disk.names() if name.startswith("partial")]


class Vague(Registers):
    def apply(self, command: Any) -> Any:
        super().apply(["append", "log", command])
        if command == "object":
            return object()
        if command == "cancel":
            raise asyncio.CancelledError
        return None


def test_a_result_that_cannot_travel_is_reported_and_the_command_is_applied_everywhere() -> None:
    async def scenario(sim: Simulation) -> None:
        group = SimGroup(sim, machine=Vague)
        await eventually(lambda: group.leader)
        async with group.client() as client:
            with pytest.raises(CommandFailed, match="CodecError"):
                await client.propose("object", timeout=20.0)
            with pytest.raises(CommandFailed, match="CancelledError"):
                await client.propose("cancel", timeout=20.0)
            await client.propose("last", timeout=20.0)
            assert await client.read("log") == ["object", "cancel", "last"]
            await eventually(lambda: group.alike, within=60)

    Simulation().run(scenario)
