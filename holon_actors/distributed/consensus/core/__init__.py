"""The decisions of Raft: pure, synchronous, without clock, disk or network.

`raft.py` is the door: events go in, effects come out. Behind it, a room for each concern:

What is said:  `inputs` (by the shell), `messages` (by members), `effects` (to the shell), `reasons`
               (why something was refused), `status` (for those who look), `settings`.
What is kept:  `entries` and `_log` (the log in memory), `_journal` (what of it is in records, and
               durable), `configuration` (who counts), `_state` (term, vote, role), `roles`.
Elections:     `_election` (timeouts and votes), `_ticking` (what time does), `_transfer` (handing
               leadership over), `quorum` (majorities).
Following:     `_following` (entries and heartbeats), `_installing` (snapshots that come),
               `_forwarded` (requests that were passed on to the leader).
Leading:       `_leading` (what only a leader has), `_progress` (one other member, as it sees it),
               `_replication` (sending and committing), `_snapshots` (snapshots that go),
               `_proposals`, `_reads`, `_membership` with `changes` (plans of configurations).
At the door:   `_guard` (messages that nobody should have sent), `_stale` (of terms that are over),
               `_outbox` (what a step comes to, and what has to wait for the disk).
Help:          `_invariants` (what is always true), `_chance` (randomness), `_value` (fast values).
"""

from holon_actors.distributed.consensus.core.raft import Raft

__all__ = ["Raft"]
