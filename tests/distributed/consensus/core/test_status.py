"""What can be seen of a member from outside."""

from __future__ import annotations

from holon_actors.distributed.consensus.core.inputs import Change, Transfer
from holon_actors.distributed.consensus.core.messages import AppendRequest
from holon_actors.distributed.consensus.core.roles import Role
from holon_actors.distributed.consensus.core.settings import CoreSettings
from tests.distributed.consensus.core.kit import Cluster, voters

ABC = voters("a", "b", "c")


def test_the_status_tells_what_a_member_is() -> None:
    cluster = Cluster("a", "b", "c", settings=CoreSettings(inflight_max=1))
    cluster.elect("a")
    cluster.settle()
    cluster.propose("a", b"four", settle=False)
    cluster.read("a", settle=False)
    status = cluster["a"].core.status()
    assert (status.node, status.role, status.term, status.vote) == ("a", Role.LEADER, 1, "a")
    assert (status.leader, status.ready, status.transferring_to) == ("a", True, None)
    assert (status.commit, status.applied, status.last_index, status.durable) == (1, 1, 2, 2)
    assert (status.last_term, status.compacted_index, status.snapshot.index) == (1, 0, 0)
    assert (status.configuration, status.configuration_index) == (ABC, 0)
    assert (status.uncommitted_bytes, status.reads, status.changing) == (4, 1, False)
    member = status.members[0]
    assert (member.name, member.sending, member.match, member.next) == ("b", "replicate", 1, 3)
    assert (member.inflight, member.inflight_bytes, member.active) == (1, 4, True)
    assert (member.snapshot, member.snapshot_offset) == (None, 0)
    cluster.ask("a", Change, settle=False, remove=("c",))
    cluster.ask("a", Transfer, settle=False, target="b")
    status = cluster["a"].core.status()
    assert (status.changing, status.transferring_to) == (True, "b")
    follower = cluster["b"].core.status()
    assert (follower.role, follower.members, follower.ready) == (Role.FOLLOWER, (), False)


def test_the_status_of_a_new_leader_is_not_ready() -> None:
    cluster = Cluster("a", "b", "c")
    cluster.elect("a", lambda message: not isinstance(message, AppendRequest))
    assert not cluster["a"].core.status().ready
