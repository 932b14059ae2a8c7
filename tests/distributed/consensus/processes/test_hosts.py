"""Members on hosts of their own: partitions that are whole, partial and one-way, under load."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from holon_actors.testing import Operation, check_linearizable
from holon_actors.testing.models import KeyValue
from tests.distributed.consensus.processes.cluster import ENVIRONMENT, Processes
from tests.hosts.network import HUB, NAMES, Network

SOAK = int(os.environ.get("HOLON_SOAK", "1"))
TORMENT_S = 15.0 if SOAK <= 1 else 120.0
HEALED_S = 5.0


@pytest.fixture
async def processes(network: Network, tmp_path: Path) -> AsyncIterator[Processes]:
    members = {name: f"tcp://{network.endpoint(name)}" for name in NAMES}
    prefixes = {name: network.command(name) for name in NAMES}
    processes = Processes(tmp_path, members, prefixes)
    await processes.start_all()
    yield processes
    await processes.close()


async def load(network: Network, processes: Processes, seconds: float) -> list[Operation]:
    """What clients on the bridge have asked and heard."""
    peers = [f"{name}={endpoint}" for name, endpoint in processes.members.items()]
    process = await asyncio.create_subprocess_exec(
        *network.command(HUB),
        sys.executable,
        str(Path(__file__).with_name("load.py")),
        "1",
        str(seconds),
        *peers,
        env=ENVIRONMENT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, processes.logs()
    operations, _failed = json.loads(output)
    return [
        Operation(client, tuple(call), result, start, end)
        for client, call, result, start, end in operations
    ]


async def torment(network: Network, seed: int, seconds: float) -> None:
    """Cut hosts off, wholly, from one other, or in one direction only, and heal."""
    rng = random.Random(seed)
    deadline = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < deadline:
        victim, other = rng.sample(NAMES, 2)
        match rng.choice(["whole", "partial", "one-way"]):
            case "whole":
                network.cut(victim)
            case "partial":
                network.deafen(victim, other)
                network.deafen(other, victim)
            case _:
                network.deafen(victim, other)
        await asyncio.sleep(1.0 + 2 * rng.random())
        for name in NAMES:
            network.heal(name)
        await asyncio.sleep(0.5 + rng.random())


@pytest.mark.timeout(120 if SOAK <= 1 else 600)
async def test_a_group_on_hosts_that_lose_each_other_stays_linearizable(
    network: Network, processes: Processes
) -> None:
    asking = asyncio.ensure_future(load(network, processes, TORMENT_S + HEALED_S))
    await torment(network, seed=1, seconds=TORMENT_S)
    operations = await asking
    assert sum(operation.end is not None for operation in operations) > 100, processes.logs()
    last = max(operation.end for operation in operations if operation.end is not None)
    assert last > max(o.start for o in operations) - 1.0, "after healing there were no answers"
    verdict = check_linearizable(operations, KeyValue())
    assert verdict, verdict.explanation
