"""Why a request was refused: the words of `Refused.reason`, one for each thing to do next."""

from __future__ import annotations

from typing import Final

__all__ = [
    "BUSY",
    "CHANGE_PENDING",
    "CONFLICTS_WITH_COMMITTED",
    "DUPLICATE_MEMBER",
    "FROM_THE_FUTURE",
    "IMPOSSIBLE_TERM",
    "LAST_VOTER",
    "LOST_LEADERSHIP",
    "MALFORMED",
    "MISADDRESSED",
    "NOT_A_MEMBER",
    "NOT_CAUGHT_UP",
    "NOT_HANDED_OVER",
    "NOT_LEADER",
    "NOT_READY",
    "NO_LEADER",
    "OWN_NAME",
    "SECOND_LEADER",
    "TOO_LARGE",
    "TRANSFERRING",
]

NO_LEADER: Final = "no-leader"  # ask again when one is elected
NOT_LEADER: Final = "not-leader"  # ask the leader
NOT_READY: Final = "not-ready"  # a new leader has not committed in its term: ask again
TRANSFERRING: Final = "transferring"  # leadership is being handed over: ask again
LOST_LEADERSHIP: Final = "lost-leadership"  # ask again, unless it is unknown what came of it
BUSY: Final = "busy"  # too much is uncommitted: wait, then ask again
TOO_LARGE: Final = "too-large"  # never: make it smaller
CHANGE_PENDING: Final = "change-pending"  # one change at a time: ask again when it is over
DUPLICATE_MEMBER: Final = "duplicate-member"  # never: it is one already
NOT_A_MEMBER: Final = "not-a-member"  # never: correct the name
LAST_VOTER: Final = "last-voter"  # never: nobody would be left to decide
NOT_CAUGHT_UP: Final = "not-caught-up"  # new voters are too slow: they stay learners; promote later
NOT_HANDED_OVER: Final = "not-handed-over"  # the other member did not take over: ask again

# Why a message was refused: the words of `RefusedMessage.reason`. None is for the sender to mend.
MISADDRESSED: Final = "misaddressed"  # it is for another member
OWN_NAME: Final = "own-name"  # it comes from another member of this one's name
MALFORMED: Final = "malformed"  # its fields contradict each other
IMPOSSIBLE_TERM: Final = "impossible-term"  # no group lives to see it
SECOND_LEADER: Final = "second-leader"  # its term has another leader
FROM_THE_FUTURE: Final = "from-the-future"  # it tells of what this member never sent or had
CONFLICTS_WITH_COMMITTED: Final = "conflicts-with-committed"  # it would undo what has happened
