"""What the tests of members share: a state machine, and groups whose nodes are simulated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from holon_actors.actors import ActorSystem
from holon_actors.distributed.consensus import (
    CoreSettings,
    RaftClient,
    RaftGroup,
    RaftSettings,
    StateMachine,
)
from holon_actors.testing import Simulation

# Small everywhere, so that little is enough to go round every corner.
SMALL = RaftSettings(
    tick_s=0.1,
    snapshot_entries=20,
    batch_bytes=200,
    apply_slice=3,
    sessions_max=50,
    core=CoreSettings(
        heartbeat_ticks=2,
        append_entries_max=3,
        inflight_max=2,
        chunk_bytes=64,
        trailing_entries=2,
        proposal_bytes_max=20_000,
    ),
)


class Registers(StateMachine):
    """Registers by key, as `holon_actors.testing.KeyValue` models them, with a count of all that
    was applied.
    """

    def __init__(self) -> None:
        self.items: dict[str, Any] = {}
        self.applied = 0

    def apply(self, command: Any) -> Any:
        self.applied += 1
        match command:
            case ["put", key, value]:
                self.items[key] = value
                return None
            case ["append", key, value]:
                self.items[key] = [*self.items.get(key, []), value]
                return list(self.items[key])
        raise ValueError(f"no command: {command}")

    def query(self, request: Any) -> Any:
        if request == "applied":
            return self.applied
        if request is None:
            raise KeyError("nothing asked for")
        return self.items.get(request)

    def snapshot(self) -> Any:
        return [self.applied, self.items]

    def restore(self, state: Any) -> None:
        self.applied, self.items = state


class SimGroup:
    """A group whose members are nodes of a simulation and start again when they have crashed."""

    def __init__(
        self,
        sim: Simulation,
        names: str = "abc",
        machine: Callable[[], StateMachine] = Registers,
        settings: RaftSettings = SMALL,
    ) -> None:
        self.sim = sim
        self.machine = machine
        self.settings = settings
        self.members = {name: f"sim://{name}" for name in names}
        self.groups: dict[str, RaftGroup] = {}  # of each node's last start
        for name in names:
            sim.node(name, start=self._starter(name, join=False))

    def join(self, name: str) -> None:
        """A node that waits to be added."""
        self.sim.node(name, start=self._starter(name, join=True))

    def _starter(self, name: str, join: bool) -> Callable[[ActorSystem], Any]:
        async def start(system: ActorSystem) -> None:
            group = RaftGroup(
                name,
                self.members | {name: f"sim://{name}"},
                self.machine(),
                system=system,
                disk=self.sim.disk(name),
                join=join,
                settings=self.settings,
            )
            self.groups[name] = group
            await group.start()

        return start

    def client(self, name: str = "client", **options: Any) -> RaftClient:
        """A client on a node of its own, which nothing happens to."""
        system = self.sim.node(name)
        return RaftGroup.client(self.members, settings=self.settings, system=system, **options)

    @property
    def alike(self) -> bool:
        """All members have applied the same and come to the same state."""
        leader = self.leader
        if leader is None:
            return False
        groups = [self.groups[name] for name in self.groups[leader].members]
        if len({group.status().applied_index for group in groups}) > 1:
            return False
        states = [group._machine.snapshot() for group in groups]
        assert all(state == states[0] for state in states), states
        return True

    @property
    def leader(self) -> str | None:
        """Who leads by its own account, and in the latest term of those who do."""
        alive = [name for name, state in self.sim.nodes.items() if state == "up"]
        leaders = [
            (status.term, name)
            for name in alive
            if name in self.groups
            and self.groups[name]._seat is not None
            and (status := self.groups[name].status()).leads
        ]
        return max(leaders)[1] if leaders else None


def with_core(settings: RaftSettings, **changes: Any) -> RaftSettings:
    """The settings with other ones of the core."""
    return replace(settings, core=replace(settings.core, **changes))
