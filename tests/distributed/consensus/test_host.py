"""What the members of one process share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holon_actors.actors import ActorSystem
from holon_actors.actors.admin._facts import links_of
from holon_actors.distributed.consensus import RaftGroup, RaftHost, RaftSettings
from holon_actors.errors import ConfigError
from holon_actors.testing import Simulation, eventually
from holon_actors.testing._disk.device import Device
from tests.distributed.consensus.kit import Registers

GROUPS = 100
MEMBERS = {name: f"sim://{name}" for name in "abc"}


class ManyGroups:
    """Members of many groups on three nodes."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        self.hosts: dict[str, RaftHost] = {}
        self.groups: dict[str, list[RaftGroup]] = {}
        for name in MEMBERS:
            sim.node(name, start=self._starter(name))

    def _starter(self, name: str) -> Callable[[ActorSystem], Awaitable[None]]:
        async def start(system: ActorSystem) -> None:
            host = self.hosts[name] = RaftHost(name, system=system, disk=self.sim.disk(name))
            await host.start()
            members = [
                RaftGroup(
                    name, MEMBERS, Registers(), group=f"g{n}", host=host, settings=RaftSettings()
                )
                for n in range(GROUPS)
            ]
            for member in members:
                await member.start()
            self.groups[name] = members

        return start

    async def led(self) -> None:
        """Until all groups have leaders."""
        await eventually(lambda: len(self.groups) == len(MEMBERS), within=60)
        await eventually(lambda: all(group.leader for group in self.groups["a"]), within=60)

    async def propose(self, value: int) -> None:
        """A command to each group at once."""
        await asyncio.gather(
            *(group.propose(["put", "x", value], timeout=30) for group in self.groups["a"])
        )


def test_a_hundred_groups_share_links_and_syncs(monkeypatch: pytest.MonkeyPatch) -> None:
    syncs: Counter[Device] = Counter()
    begin = Device.begin_sync

    def counted(device: Device, *arguments: Any) -> Any:
        syncs[device] += 1
        return begin(device, *arguments)

    monkeypatch.setattr(Device, "begin_sync", counted)

    async def scenario(sim: Simulation) -> None:
        many = ManyGroups(sim)
        await many.led()
        await many.propose(0)
        before = {name: host.store.statistics() for name, host in many.hosts.items()}
        syncs.clear()
        for value in range(1, 4):
            await many.propose(value)
        for name, host in many.hosts.items():
            assert host.system._node is not None
            assert len(links_of(host.system._node)) == len(MEMBERS) - 1
            assert host.store.statistics().records_written >= before[name].records_written + 300
        assert len(syncs) == len(MEMBERS)
        assert max(syncs.values()) < 30, "for 300 commands"

    Simulation(seed=3).run(scenario)


def test_the_members_of_a_node_tick_together(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(sim: Simulation) -> None:
        many = ManyGroups(sim)
        await many.led()
        moments: Counter[float] = Counter()
        for group in many.groups["a"]:
            step = group._seat.core.step

            def noted(event: Any, step: Any = step) -> Any:
                if type(event).__name__ == "Tick":
                    moments[round(sim.time(), 6)] += 1
                return step(event)

            monkeypatch.setattr(group._seat.core, "step", noted)
        await asyncio.sleep(0.5)
        assert sum(moments.values()) == GROUPS * len(moments) == GROUPS * 10

    Simulation(seed=4).run(scenario)


@pytest.mark.parametrize("given", [{}, {"data_dir": "x", "disk": object()}])
def test_a_host_has_one_place_for_its_log(given: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="data_dir"):
        RaftHost("a", "tcp://127.0.0.1:1", **given)
