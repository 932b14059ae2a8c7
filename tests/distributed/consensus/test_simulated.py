"""Whole groups under a deterministic simulation: actors, links, logs on disks, clients."""

from __future__ import annotations

import asyncio
import os
from itertools import combinations
from typing import Any

import pytest

from holon_actors import ConfigError
from holon_actors.actors import ActorError
from holon_actors.distributed.consensus import (
    MemberStopped,
    NoLeader,
    OutcomeUnknown,
    RaftError,
    RaftGroup,
)
from holon_actors.distributed.consensus.client.courier import member_address
from holon_actors.distributed.consensus.commands.commands import Body
from holon_actors.distributed.consensus.commands.outcomes import value_of
from holon_actors.distributed.consensus.wire.requests import Reads, whole_refusal
from holon_actors.testing import (
    FaultPlan,
    Operation,
    Simulation,
    check_linearizable,
    eventually,
    explore,
)
from tests.distributed.consensus.kit import SMALL, SimGroup, with_core

TIMES = max(1, int(os.environ.get("HOLON_SOAK") or 0))
KEYS = "xy"


class Logs:
    """By key, the values in the order in which they were appended; each append answers all."""

    def initial(self) -> tuple[str, ...]:
        return ()

    def partition(self, call: tuple[str, ...]) -> str:
        return call[1]

    def apply(self, state: tuple[str, ...], call: tuple[str, ...]) -> tuple[Any, Any]:
        if call[0] == "append":
            state = (*state, call[2])
        return state, state


class History:
    """What clients have called and been told."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.operations: list[Operation] = []

    async def call(self, client: str, call: Any, doing: Any) -> None:
        """Record one call. One whose outcome is not known stays pending; one that has certainly
        not happened is left out.
        """
        start = self.sim.time()
        try:
            result = await doing
        except NoLeader:
            return
        except OutcomeUnknown:
            self.operations.append(Operation(client, call, None, start, None))
            return
        answer = tuple(result or ())
        self.operations.append(Operation(client, call, answer, start, self.sim.time()))


async def work(sim: Simulation, group: SimGroup, history: History, name: str, calls: int) -> None:
    """One client's calls: appends of values that nobody else has, and reads."""
    async with group.client(name) as client:
        for number in range(calls):
            key = KEYS[sim.draw("key", len(KEYS))]
            if name == "q" and sim.draw("at a member", 2):
                member = list(group.members)[sim.draw("member", len(group.members))]
                doing = read_at(sim, group, member, key)
                await history.call(f"{name}.{number}", ("get", key), doing)
            elif sim.draw("write", 2):
                value = f"{name}{number}"
                doing = client.propose(["append", key, value], timeout=4.0)
                await history.call(f"{name}.{number}", ("append", key, value), doing)
            else:
                doing = client.read(key, timeout=4.0, lease=True)
                await history.call(f"{name}.{number}", ("get", key), doing)
            await asyncio.sleep(sim.draw("pause", 4) * 0.1)


async def read_at(sim: Simulation, group: SimGroup, member: str, key: str) -> Any:
    """A read by way of this very member, whoever leads."""
    body = Body(1_000)
    body.add(1, key)
    ref = sim.node("q").ref(member_address("raft", member, group.members[member]))
    try:
        answers = await ref.ask(Reads(False, body.data()), timeout=2.0)
    except (ActorError, MemberStopped) as error:
        raise NoLeader("raft", 2.0, str(error)) from error
    refusal = whole_refusal(answers)
    if refusal is not None:
        raise NoLeader("raft", 2.0, refusal.reason)
    return value_of(answers.outcomes[0])


async def scenario(sim: Simulation) -> None:
    # Clocks differ by less than reads by lease may rely on.
    settings = with_core(SMALL, lease_reads=sim.draw("leases", 2) == 1, lease_drift=0.2)
    group = SimGroup(sim, "abcde"[: 3 + 2 * sim.draw("five", 2)], settings=settings)
    history = History(sim)
    async with asyncio.timeout(300):
        await asyncio.gather(*(work(sim, group, history, name, 7) for name in ("p", "q")))
        await calm(sim, "".join(group.members))
        await serves(sim, group, history)
    verdict = check_linearizable(history.operations, Logs())
    assert verdict, verdict.explanation


async def churn(sim: Simulation, group: SimGroup) -> None:
    """Members come and go, and leadership is handed over; "a" always stays."""
    group.join("d")
    for _ in range(4):
        await asyncio.sleep(sim.draw("until the next change", 4))
        member = group.groups.get("abcd"[sim.draw("by way of", 4)])
        if member is None:
            continue
        name = "bcd"[sim.draw("whom", 3)]
        try:
            await change(member, sim.draw("what", 4), name)
        except (RaftError, ConfigError):
            pass  # nobody to do it, or it makes no sense just now, or the node is gone


async def change(member: RaftGroup, what: int, name: str) -> None:
    match what:
        case 0:
            await member.add(name, f"sim://{name}", timeout=4.0)
        case 1:
            await member.remove(name, timeout=4.0)
        case 2:
            await member.demote(name, timeout=4.0)
        case _:
            await member.transfer_leadership(timeout=4.0)


async def changing(sim: Simulation) -> None:
    group = SimGroup(sim)
    history = History(sim)
    async with asyncio.timeout(600):
        await asyncio.gather(
            churn(sim, group), *(work(sim, group, history, name, 7) for name in ("p", "q"))
        )
        await calm(sim, "abcd")
        await serves(sim, group, history)
    verdict = check_linearizable(history.operations, Logs())
    assert verdict, verdict.explanation


async def calm(sim: Simulation, names: str) -> None:
    await sim.calm()
    for one, other in combinations(names, 2):
        sim.network.reset(one, other)  # nothing of what was on its way matters any more


async def serves(sim: Simulation, group: SimGroup, history: History) -> None:
    """When all is well a group takes commands and answers, within a bounded time."""
    async with group.client("last") as client:
        for key in KEYS:
            value = f"last {key}"
            doing = client.propose(["append", key, value], timeout=60.0)
            await history.call(f"last {key}", ("append", key, value), doing)
            await history.call(f"read {key}", ("get", key), client.read(key, timeout=60.0))
    await eventually(lambda: group.alike, within=60.0)


@pytest.mark.parametrize("part", range(8))
def test_a_history_is_linearizable_under_any_mix_of_faults(part: int) -> None:
    seeds = range(part * 25 * TIMES, (part + 1) * 25 * TIMES)
    explore(scenario, seeds=seeds, faults=FaultPlan.swarm(), shrink_s=0.0)


@pytest.mark.parametrize("part", range(2))
def test_a_history_is_linearizable_while_members_come_and_go(part: int) -> None:
    seeds = range(part * 20 * TIMES, (part + 1) * 20 * TIMES)
    explore(changing, seeds=seeds, faults=FaultPlan.swarm(), shrink_s=0.0)
