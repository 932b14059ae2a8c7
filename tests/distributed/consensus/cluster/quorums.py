"""Majorities, counted anew: an oracle does not ask the code that it judges."""

from __future__ import annotations

from collections.abc import Collection

from holon_actors.distributed.consensus.core.configuration import Configuration

__all__ = ["has_quorum", "legal_change"]


def has_quorum(members: Collection[str], configuration: Configuration) -> bool:
    """Whether these members are a majority of the voters, and of the outgoing ones if there are."""
    return _majority(members, configuration.voters) and (
        not configuration.outgoing or _majority(members, configuration.outgoing)
    )


def _majority(members: Collection[str], voters: tuple[str, ...]) -> bool:
    return 2 * sum(voter in members for voter in voters) > len(voters)


def legal_change(old: Configuration, new: Configuration) -> bool:
    """Whether one may follow on the other: every quorum of one meets every quorum of the other."""
    groups = [(a, b) for a in _groups(old) for b in _groups(new)]
    return bool(new.voters) and any(_always_meet(set(a), set(b)) for a, b in groups)


def _groups(configuration: Configuration) -> list[tuple[str, ...]]:
    return [group for group in (configuration.voters, configuration.outgoing) if group]


def _always_meet(a: set[str], b: set[str]) -> bool:
    """Majorities that avoid each other as far as they can still share a member."""
    needed_a = max(0, len(a) // 2 + 1 - len(a - b))
    needed_b = max(0, len(b) // 2 + 1 - len(b - a))
    return needed_a + needed_b > len(a & b)
