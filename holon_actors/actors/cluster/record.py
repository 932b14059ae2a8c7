"""What nodes tell each other about one member, and how two such records become one.

Records of one address form a lattice: `merge` takes the least upper bound, so the order in which
news arrives, and how often, does not matter.

- A higher incarnation (a later start of the node) replaces a lower one.
- Within an incarnation, `left` and `down` are final.
- A higher refutation number replaces a lower one: only the member itself raises it, to say that
  it lives. At the same number `suspect` wins over `alive`, and accusations add up.

An accusation is the vote of one member, with the number of members that it knew of at the time: the
majority is counted over the largest of these. See `seats` for who has a vote.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

__all__ = ["FINAL", "NUMBER_MAX", "RANKS", "Record", "State", "Vote", "merge"]

State: TypeAlias = Literal["alive", "suspect", "down", "left"]

# `left` comes last: it is the member's own word, `down` the guess of others.
RANKS: dict[State, int] = {"alive": 0, "suspect": 1, "down": 2, "left": 3}
# The largest incarnation, refutation or stamp that is believed: far beyond any clock.
NUMBER_MAX = 1 << 62
FINAL = frozenset[State]({"down", "left"})


@dataclass(frozen=True, slots=True, order=True)
class Vote:
    """One member's accusation. Of two votes of one accuser, the higher stamp counts."""

    accuser: str
    stamp: int
    members: int


@dataclass(frozen=True, slots=True)
class Record:
    """One member as far as the sender knows."""

    address: str
    name: str
    incarnation: int
    refutation: int = 0
    state: State = "alive"
    voter: bool = False
    witnesses: tuple[str, ...] = ()  # sorted; invariant: empty for a voter
    votes: tuple[Vote, ...] = ()  # sorted; invariant: empty unless suspect

    @property
    def present(self) -> bool:
        """Neither left nor down."""
        return self.state not in FINAL

    def ended(self, state: State) -> Record:
        """This incarnation after its end, in the one form that all nodes agree on."""
        return Record(self.address, self.name, self.incarnation, 0, state)

    def again(self) -> Record:
        """As a new incarnation of the same node."""
        return Record(self.address, self.name, self.incarnation + 1)

    def accused(self, vote: Vote) -> Record:
        """With one accusation more."""
        return replace(self, state="suspect", votes=_union(self.votes, (vote,)))

    def witnessed(self, witness: str) -> Record:
        """With one witness more."""
        return replace(self, witnesses=tuple(sorted({*self.witnesses, witness})))

    def seated(self) -> Record:
        """As a voter."""
        return replace(self, voter=True, witnesses=())


def merge(one: Record, other: Record) -> Record:
    """The record that both lead to. Both are about one address."""
    if one == other:
        return one
    if one.incarnation != other.incarnation:
        return max(one, other, key=lambda record: record.incarnation)
    high = max(one, other, key=lambda record: RANKS[record.state])
    if not high.present:
        return high.ended(high.state)
    base = max(one, other, key=lambda record: record.refutation)
    state, votes = base.state, base.votes
    if one.refutation == other.refutation:
        state, votes = high.state, _union(one.votes, other.votes)
    voter = one.voter or other.voter
    witnesses = () if voter else tuple(sorted({*one.witnesses, *other.witnesses}))
    return replace(base, state=state, votes=votes, voter=voter, witnesses=witnesses)


def _union(some: tuple[Vote, ...], more: tuple[Vote, ...]) -> tuple[Vote, ...]:
    if not more or some == more:
        return some
    latest = {vote.accuser: vote for vote in sorted((*some, *more))}
    return tuple(latest.values())
