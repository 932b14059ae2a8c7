"""Whom to probe next, and the probes under way, as in SWIM (Das, Gupta, Motivala 2002).

Members are probed in a random order that is used up before it is shuffled again (section 4.3), so
that each is probed at least once in twice as many intervals as there are members.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from holon_actors.actors.cluster.chance import Chance

__all__ = ["Probe", "Probes", "Relay", "RoundRobin"]


class RoundRobin:
    """Deals out members in rounds."""

    def __init__(self) -> None:
        self._round: list[str] = []

    def next(self, members: Collection[str], rng: Chance) -> str | None:
        """Somebody of `members`; None if there is nobody."""
        while members:
            while self._round:
                member = self._round.pop()
                if member in members:
                    return member
            self._round = sorted(members)
            rng.shuffle(self._round)
        return None


@dataclass(slots=True)
class Probe:
    """A ping whose answer is awaited, at first directly, then through helpers."""

    target: str
    incarnation: int
    refutation: int
    since: float
    direct_until: float
    until: float
    helpers: tuple[str, ...] | None = None
    nacks: int = 0

    @property
    def due(self) -> float:
        """When something has to be done about it."""
        return self.direct_until if self.helpers is None else self.until


@dataclass(slots=True)
class Relay:
    """A ping made for another member."""

    asker: str
    number: int  # the asker's
    target: str
    until: float  # then a nack is sent


class Probes:
    """Probes and relays by the numbers of their pings."""

    def __init__(self) -> None:
        self._number = 0
        self.probes: dict[int, Probe] = {}
        self.relays: dict[int, Relay] = {}

    def next_number(self) -> int:
        """For a new ping. Numbers are not used twice."""
        self._number += 1
        return self._number

    def targets(self) -> set[str]:
        """Who is being probed."""
        return {probe.target for probe in self.probes.values()}

    def clear(self) -> None:
        """Forget all; late answers find nothing."""
        self.probes.clear()
        self.relays.clear()

    def next_due(self) -> float:
        """When something has to be done; infinity if never."""
        dues = [probe.due for probe in self.probes.values()]
        dues += [relay.until for relay in self.relays.values()]
        return min(dues, default=float("inf"))
