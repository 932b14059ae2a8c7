"""What a member has only while it is the leader. It is made when it is elected and thrown away when
it is not the leader any more, so nothing of one term is ever left over in another.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from holon_actors.distributed.consensus.core._progress import Progress
from holon_actors.distributed.consensus.core.inputs import Change

__all__ = ["CatchUp", "Departing", "HandOver", "Leading", "PendingChange", "Round", "WaitingRead"]


@dataclass(slots=True)
class WaitingRead:
    """A read that waits until this is known to be the leader still."""

    request: int
    origin: str | None  # the follower that asks; None: it was asked here


@dataclass(slots=True)
class Round:
    """A round of heartbeats. Once a quorum has answered it, its reads may be answered at `index`,
    which was committed when it was sent.
    """

    number: int
    tick: int
    index: int
    reads: list[WaitingRead]


@dataclass(slots=True)
class CatchUp:
    """A new voter's way to the end of the log, in rounds (Ongaro's thesis, section 4.2.1)."""

    target: int  # where the log ended when the round began
    began_at: int  # tick
    rounds: int = 1
    ready: bool = False
    seen: tuple[int, int] = (0, 0)  # match and snapshot offset
    moved_at: int = 0  # tick in which `seen` last changed


@dataclass(slots=True)
class PendingChange:
    """A change of members that was asked for here and is not over."""

    event: Change
    waiting: dict[str, CatchUp]  # who is to become a voter, until all have caught up
    appended: bool = False  # something of it is in the log
    entered: bool = False  # the members it is about are in the configuration as asked


@dataclass(slots=True)
class Departing:
    """A member that was removed. It learns of it, or `ends_at` comes."""

    index: int  # of the configuration without it
    ends_at: int  # tick


@dataclass(slots=True)
class HandOver:
    """Leadership that is on its way to another member."""

    request: int
    target: str
    ends_at: int  # tick
    told: bool = False  # the other member to begin an election


@dataclass(slots=True)
class Leading:
    """A leader's own state.

    Invariants: `progress` has every other member of the configuration, and who departs; `rounds`
    rise, and none is larger than `round`; `uncommitted_bytes` is the size of the commands of its
    term after the commit.
    """

    first_index: int  # of its term; once that is committed, all of earlier terms is known to be
    progress: dict[str, Progress] = field(default_factory=dict)
    departing: dict[str, Departing] = field(default_factory=dict)  # removed, and to be told so
    uncommitted_bytes: int = 0
    heartbeat_elapsed: int = 0  # ticks
    round: int = 0  # the last that was sent
    confirmed: int = 0  # the last that a quorum has answered
    lease_from: int | None = None  # tick in which the last confirmed round was sent
    lease_void: bool = False  # someone was told to begin an election, and may do so at any time
    waiting: list[WaitingRead] = field(default_factory=list)  # for the next round
    rounds: deque[Round] = field(default_factory=deque)  # that are not confirmed
    reads: int = 0  # that wait, in all
    change: PendingChange | None = None
    hand_over: HandOver | None = None
    seen: dict[tuple[str, int], None] = field(default_factory=dict)  # proposals passed on to here

    @property
    def is_asking(self) -> bool:
        """Whether a round with reads is on its way."""
        return self.reads > len(self.waiting)
