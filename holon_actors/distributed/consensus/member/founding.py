"""How a member begins: from what is on its disk, or as one of a new group."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from holon_actors.actors.address import check_name
from holon_actors.actors.remote.endpoints import endpoint_text
from holon_actors.distributed.consensus.commands.applying import Applier
from holon_actors.distributed.consensus.commands.group_clock import GroupClock
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record, Recovered
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.distributed.consensus.errors import GroupMismatch
from holon_actors.distributed.consensus.machine import StateMachine
from holon_actors.distributed.consensus.member.seat import Seat
from holon_actors.distributed.consensus.member.snapshotting import restoring
from holon_actors.distributed.consensus.settings import RaftSettings
from holon_actors.distributed.consensus.storage import GroupLog, LogStore
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    import random

__all__ = ["check_folder", "check_members", "first_configuration", "take_seat"]


def check_members(node: str, members: Mapping[str, str]) -> None:
    """Raises `ConfigError` or `InvalidAddress` for what cannot be a group."""
    if node not in members:
        raise ConfigError(f"members= has no {node!r}: it takes the name and address of all members")
    seen: dict[str, str] = {}
    for name, url in members.items():
        check_name(name)
        endpoint = endpoint_text(url)
        if endpoint in seen:
            raise ConfigError(f"{seen[endpoint]} and {name} have the same address, {url}")
        seen[endpoint] = name


def first_configuration(members: Mapping[str, str], join: bool) -> Configuration:
    """Who takes part before the log says anything: all, or for a member that joins a group that
    there is already, nobody it knows of.
    """
    if join:
        return Configuration()
    return Configuration(voters=tuple(sorted(members)), addresses=tuple(sorted(members.items())))


async def take_seat(
    store: LogStore,
    group: str,
    node: str,
    first: Configuration,
    machine: StateMachine,
    settings: RaftSettings,
    rng: random.Random,
    local: float,
) -> Seat:
    """Recover the member, or found it; `local` is its clock. Raises `ConfigError`,
    `SnapshotCorrupted`, `UnreadableSnapshot` and `StoreBroken`.
    """
    log = store.log(group)
    if log.recovered is None and log.state.snapshot is not None:
        # Its log has grown since the store was opened, and only opening it reads it.
        raise ConfigError(
            f"this host has had the member {node} of {group} before: close it, and enter a new host"
        )
    recovered = log.recovered or await _found(log, first)
    applier = Applier(machine, recovered.snapshot.configuration)
    for _ in restoring(applier, log.snapshots, recovered.snapshot):
        await asyncio.sleep(0)  # other members of this process go on
    core = Raft(node, recovered, settings.core, rng)
    return Seat(
        group=group,
        node=node,
        settings=settings,
        core=core,
        applier=applier,
        log=log,
        clock=GroupClock(applier.now, local),
        configuration=core.status().configuration,
    )


def check_folder(store: LogStore, group: str, node: str) -> None:
    """Whether the folder of a member that has it for itself is its own. Raises `GroupMismatch`."""
    if store.groups and group not in store.groups:
        others = ", ".join(store.groups)
        raise GroupMismatch(group, node, f"its folder is of another group: {others}")


async def _found(log: GroupLog, first: Configuration) -> Recovered:
    meta = SnapshotMeta(0, 0, first)
    log.append(Record(0, 0, None, 0, snapshot=meta))
    await log.sync()
    return Recovered(0, None, 0, meta, 0, 0)
