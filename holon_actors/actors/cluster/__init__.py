"""Who else is there: membership by gossip, and what a system tells about it."""

from holon_actors.actors.cluster.cluster import Cluster
from holon_actors.actors.cluster.errors import (
    ClusterError,
    ClusterUnreachable,
    InvalidGossip,
    UnknownMember,
)
from holon_actors.actors.cluster.events import (
    MemberDown,
    MemberEvent,
    MemberJoined,
    MemberLeft,
    MemberRecovered,
    MemberSuspected,
    SelfDown,
)
from holon_actors.actors.cluster.member import Member

__all__ = [
    "Cluster",
    "ClusterError",
    "ClusterUnreachable",
    "InvalidGossip",
    "Member",
    "MemberDown",
    "MemberEvent",
    "MemberJoined",
    "MemberLeft",
    "MemberRecovered",
    "MemberSuspected",
    "SelfDown",
    "UnknownMember",
]
