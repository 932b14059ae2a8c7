"""How a member is: for people, dashboards and the command line."""

from __future__ import annotations

from holon_actors.actors.message import message

__all__ = ["MemberStatus", "RaftStatus"]


@message(name="holon.raft.MemberStatus")
class MemberStatus:
    """A member of the configuration. `voter` counts from now on; `state` says how the leader sends
    to it ("probe", "replicate", "snapshot"), and `match` up to where it has the log; "" and -1
    where that is not known: only the leader knows.
    """

    name: str
    address: str
    voter: bool
    state: str
    match: int


@message(name="holon.raft.RaftStatus")
class RaftStatus:
    """A member at one moment. `leader` is "" when it knows of none.

    `role` is "follower", "pre-candidate", "candidate", "leader", or "stopped", and then `stopped`
    says why. All before `first_index` is in the snapshot of `snapshot_index` only. `durable_index`
    is the member's own; `now` the group's time in seconds.
    """

    group: str
    node: str
    role: str
    term: int
    leader: str
    commit_index: int
    applied_index: int
    last_index: int
    durable_index: int
    first_index: int
    snapshot_index: int
    now: float
    sessions: int
    waiting: int
    refused: int
    members: list[MemberStatus]
    joint: bool
    stopped: str

    @property
    def leads(self) -> bool:
        """Whether this member takes itself for the leader."""
        return self.role == "leader"
