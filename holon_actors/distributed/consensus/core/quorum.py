"""What a majority has, and what a majority says: pure functions of a configuration.

In a joint configuration both majorities count, so what is decided is decided under the old and the
new one (Ongaro's thesis, section 4.3).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from enum import Enum

from holon_actors.distributed.consensus.core.configuration import Configuration

__all__ = ["Tally", "count", "reached", "reached_value"]


class Tally(Enum):
    """How an election stands."""

    WON = "won"
    LOST = "lost"
    OPEN = "open"


def reached_value(configuration: Configuration, values: Callable[[str], int]) -> int:
    """The largest value that a quorum of the voters has reached; 0 without voters."""
    reached = _majority_value(configuration.voters, values)
    if configuration.outgoing:
        reached = min(reached, _majority_value(configuration.outgoing, values))
    return reached


def reached(configuration: Configuration, names: Collection[str]) -> bool:
    """Whether the names contain a quorum of the voters."""
    return reached_value(configuration, lambda name: name in names) == 1


def count(configuration: Configuration, votes: Mapping[str, bool]) -> Tally:
    """The result of an election: lost as soon as it cannot be won any more."""
    if reached(configuration, [name for name, granted in votes.items() if granted]):
        return Tally.WON
    possible = [name for name in configuration.members if votes.get(name, True)]
    return Tally.OPEN if reached(configuration, possible) else Tally.LOST


def _majority_value(voters: tuple[str, ...], values: Callable[[str], int]) -> int:
    if not voters:
        return 0
    ascending = sorted(map(values, voters))
    return ascending[(len(ascending) - 1) // 2]  # this one and all after it: a majority
