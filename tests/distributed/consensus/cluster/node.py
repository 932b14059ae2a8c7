"""One simulated member: its core, its disk, and what its shell has in hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import SnapshotMeta
from holon_actors.distributed.consensus.core.roles import Role
from tests.distributed.consensus.cluster.image import Image

__all__ = ["Node"]


class Node:
    """A member through all its lives. What a crash takes is set anew by `begin`."""

    __slots__ = (
        "applied",
        "applied_term",
        "apply_at",
        "backlog",
        "commit",
        "configuration",
        "configured_at",
        "core",
        "durable",
        "emitted",
        "files",
        "leader",
        "life",
        "logical",
        "missed",
        "name",
        "paused",
        "pending",
        "period",
        "placed",
        "reading",
        "receiving",
        "requests",
        "rng",
        "role",
        "settled",
        "slow_until",
        "step",
        "steps",
        "syncing",
        "taking",
        "term",
    )

    def __init__(self, name: str, period: int, genesis: Configuration, rng: random.Random) -> None:
        self.name = name
        self.period = period
        self.rng = rng
        self.life = 0
        self.steps = 0
        self.core: Any = None
        self.step: Callable[[Any], Any] = _stopped
        self.durable = Image(genesis)
        self.files: dict[SnapshotMeta, bytes] = {}
        self.slow_until = 0
        self.begin()

    def _clear(self) -> None:
        self.paused = False
        self.missed = 0  # ticks while it was paused
        self.backlog: list[tuple[Callable[[Node, Any], None], Any]] = []
        self.pending: list[Record] = []  # written, and not yet durable
        self.syncing = False
        self.receiving = bytearray()
        self.taking = False
        self.apply_at = 0
        self.requests: dict[int, tuple[str, Any]] = {}
        self.placed: dict[int, list[tuple[int, bytes]]] = {}
        self.reading: list[tuple[int, Any]] = []
        self.role = Role.FOLLOWER
        self.leader: str | None = None

    def begin(self) -> None:
        """A new life, with what is durable."""
        self.life += 1
        self._clear()
        self.logical = self.durable.copy()
        snapshot = self.durable.snapshot
        self.applied = self.emitted = snapshot.index
        self.applied_term = snapshot.term
        self.settled = snapshot.configuration  # as far as applied
        self.configured_at, self.configuration = self.durable.configurations()[-1]
        self.term = self.durable.term
        self.commit = 0

    def end(self, keep: int) -> None:
        """The life is over; of what was written and not synced, `keep` records are there."""
        for record in self.pending[:keep]:
            self.durable.put(record)
        self.life += 1
        self.core = None
        self.step = _stopped
        self._clear()

    @property
    def alive(self) -> bool:
        return self.core is not None


def _stopped(event: object) -> Any:
    raise AssertionError(f"a member that is not running was told {event!r}")
