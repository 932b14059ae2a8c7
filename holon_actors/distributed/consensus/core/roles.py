"""The roles of a member and the legal changes between them."""

from __future__ import annotations

from enum import Enum

__all__ = ["TRANSITIONS", "Role"]


class Role(Enum):
    """What a member is in its term. A learner is a follower without a vote."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"


# A leader ends only as a follower; a follower becomes a candidate without asking first when its
# leader hands over, or when pre-votes are off.
TRANSITIONS: dict[Role, frozenset[Role]] = {
    Role.FOLLOWER: frozenset({Role.FOLLOWER, Role.PRE_CANDIDATE, Role.CANDIDATE}),
    Role.PRE_CANDIDATE: frozenset({Role.FOLLOWER, Role.PRE_CANDIDATE, Role.CANDIDATE}),
    Role.CANDIDATE: frozenset({Role.FOLLOWER, Role.PRE_CANDIDATE, Role.CANDIDATE, Role.LEADER}),
    Role.LEADER: frozenset({Role.FOLLOWER}),
}
