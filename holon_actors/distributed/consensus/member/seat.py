"""What a member consists of, and what the `RaftGroup` in front of it sees of it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from holon_actors.distributed.consensus.commands.applying import Applier
from holon_actors.distributed.consensus.commands.group_clock import GroupClock
from holon_actors.distributed.consensus.commands.log_lines import log_line
from holon_actors.distributed.consensus.commands.outcomes import Outcome
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.status import CoreStatus
from holon_actors.distributed.consensus.core.status import MemberStatus as Sending
from holon_actors.distributed.consensus.events import Feed
from holon_actors.distributed.consensus.settings import RaftSettings
from holon_actors.distributed.consensus.status import MemberStatus, RaftStatus
from holon_actors.distributed.consensus.wire.requests import Answers, LogLine

if TYPE_CHECKING:
    from holon_actors.distributed.consensus.storage import GroupLog

__all__ = ["Seat"]


@dataclass(slots=True, kw_only=True)
class Seat:
    """One member of one group, in this process."""

    group: str
    node: str
    settings: RaftSettings
    core: Raft
    applier: Applier
    log: GroupLog
    clock: GroupClock
    configuration: Configuration  # the one that counts now, applied or not
    feed: Feed = field(default_factory=Feed)
    leader: str = ""
    stopped: str = ""  # why it is out of service
    refused: int = 0  # messages
    begun: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    role: Role = Role.FOLLOWER

    @property
    def leads(self) -> bool:
        """Whether this member is the leader, as far as it knows."""
        return self.role is Role.LEADER and not self.stopped

    def answers(self, outcomes: list[Outcome]) -> Answers:
        """Outcomes, with what a client should know of the group."""
        members = {} if self.leader == self.node else dict(self.configuration.addresses)
        return Answers(outcomes, self.leader, members)

    def status(self, local: float, waiting: int = 0) -> RaftStatus:
        """How the member is, when its clock shows `local`."""
        core = self.core.status()
        sending = {member.name: member for member in core.members}
        return RaftStatus(
            group=self.group,
            node=self.node,
            role="stopped" if self.stopped else core.role.value,
            term=core.term,
            leader=core.leader or "",
            commit_index=core.commit,
            applied_index=self.applier.index,
            last_index=core.last_index,
            durable_index=core.durable,
            first_index=core.compacted_index + 1,
            snapshot_index=core.snapshot.index,
            now=self.clock.now(local),
            sessions=self.applier.sessions,
            waiting=waiting,
            refused=self.refused,
            members=[
                self._member(name, core, sending.get(name)) for name in core.configuration.members
            ],
            joint=core.configuration.joint,
            stopped=self.stopped,
        )

    def log_lines(self, last: int) -> list[LogLine]:
        """The last so many entries of the log."""
        return [log_line(entry) for entry in self.core.tail(last)]

    def _member(self, name: str, core: CoreStatus, sending: Sending | None) -> MemberStatus:
        if sending is not None:
            state, match = sending.sending, sending.match
        else:
            state, match = "", core.durable if name == self.node else -1
        address = dict(core.configuration.addresses).get(name, "")
        return MemberStatus(name, address, core.configuration.votes(name), state, match)
