"""Plans of changes of members: which configurations follow on each other. Pure functions.

A change of voters goes through a joint configuration (thesis 4.3), and new voters are learners
before that (thesis 4.2.1). Each function takes a valid configuration and gives a valid one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import replace

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.inputs import Change
from holon_actors.distributed.consensus.core.reasons import (
    DUPLICATE_MEMBER,
    LAST_VOTER,
    NOT_A_MEMBER,
)

__all__ = ["check", "enter", "leave", "newcomers", "prepare", "refusal"]


def check(configuration: Configuration) -> Configuration:
    """The same, if it is valid. Raises `AssertionError`: an invalid one is a bug."""
    voters, outgoing = set(configuration.voters), set(configuration.outgoing)
    learners, later = set(configuration.learners), set(configuration.learners_next)
    names = [name for name, _ in configuration.addresses]
    assert names == list(configuration.members), configuration
    assert not learners & (voters | outgoing), configuration
    assert later <= outgoing - voters, configuration
    for group in (
        configuration.voters,
        configuration.outgoing,
        configuration.learners,
        configuration.learners_next,
    ):
        assert list(group) == sorted(set(group)), configuration
    return configuration


def refusal(configuration: Configuration, change: Change) -> tuple[str, str] | None:
    """Why this cannot be done, as a reason and the name that it is about; None: it can."""
    return (
        _named_twice(change)
        or _already_there(configuration, change)
        or _not_there(configuration, change)
        or _address_taken(configuration, change)
        or _nobody_left(configuration, change)
    )


def newcomers(change: Change) -> tuple[str, ...]:
    """Who is to become a voter, and has to catch up first."""
    return (*(name for name, _ in change.add), *change.promote)


def prepare(configuration: Configuration, change: Change) -> Configuration:
    """The new members as learners, in one step: nobody's vote changes."""
    new = dict((*change.add, *change.learn))
    return _configuration(
        configuration,
        voters=configuration.voters,
        learners={*configuration.learners, *new},
        addresses={**dict(configuration.addresses), **new},
    )


def enter(configuration: Configuration, change: Change) -> Configuration:
    """What is asked for, of a prepared configuration: joint if votes change."""
    gone = {*change.demote, *change.remove}
    new_voters = set(newcomers(change))
    voters = ({*configuration.voters} - gone) | new_voters
    learners = {*configuration.learners} - new_voters - {*change.remove}
    addresses = dict(configuration.addresses)
    if voters == {*configuration.voters}:
        return _configuration(configuration, configuration.voters, learners, addresses)
    return _configuration(
        configuration, voters, learners, addresses, configuration.voters, change.demote
    )


def leave(configuration: Configuration) -> Configuration:
    """What a joint configuration leads to."""
    assert configuration.joint
    return _configuration(
        configuration,
        configuration.voters,
        {*configuration.learners, *configuration.learners_next},
        dict(configuration.addresses),
    )


def _configuration(
    old: Configuration,
    voters: Collection[str],
    learners: Collection[str],
    addresses: dict[str, str],
    outgoing: Collection[str] = (),
    learners_next: Collection[str] = (),
) -> Configuration:
    members = {*voters, *learners, *outgoing}
    return check(
        replace(
            check(old),
            voters=tuple(sorted(voters)),
            outgoing=tuple(sorted(outgoing)),
            learners=tuple(sorted(learners)),
            learners_next=tuple(sorted(learners_next)),
            addresses=tuple(
                sorted((name, addresses[name]) for name in addresses if name in members)
            ),
        )
    )


def _named_twice(change: Change) -> tuple[str, str] | None:
    names = Counter(
        [
            *(name for name, _ in (*change.add, *change.learn)),
            *change.promote,
            *change.demote,
            *change.remove,
        ]
    )
    twice = [name for name, times in names.items() if times > 1]
    return (DUPLICATE_MEMBER, twice[0]) if twice else None


def _already_there(configuration: Configuration, change: Change) -> tuple[str, str] | None:
    """To add a learner again makes it a voter: so an `add` that was cut short can be repeated."""
    addresses = dict(configuration.addresses)
    for name, address in change.add:
        if name in configuration.voters or addresses.get(name, address) != address:
            return DUPLICATE_MEMBER, name
    for name, _ in change.learn:
        if name in addresses:
            return DUPLICATE_MEMBER, name
    for name in change.promote:
        if name in configuration.voters:
            return DUPLICATE_MEMBER, name
    return None


def _not_there(configuration: Configuration, change: Change) -> tuple[str, str] | None:
    for names, known in (
        (change.promote, configuration.learners),
        (change.demote, configuration.voters),
        (change.remove, configuration.members),
    ):
        for name in names:
            if name not in known:
                return NOT_A_MEMBER, name
    return None


def _address_taken(configuration: Configuration, change: Change) -> tuple[str, str] | None:
    owners = {address: name for name, address in configuration.addresses}
    for name, address in (*change.add, *change.learn):
        if owners.setdefault(address, name) != name:
            return DUPLICATE_MEMBER, name
    return None


def _nobody_left(configuration: Configuration, change: Change) -> tuple[str, str] | None:
    left = {*configuration.voters} - {*change.demote, *change.remove}
    if left or newcomers(change):
        return None
    return LAST_VOTER, ", ".join(configuration.voters)
