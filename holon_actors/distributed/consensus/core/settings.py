"""What can be set of the core. Times are in ticks; the shell says how long a tick is."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.errors import ConfigError

__all__ = ["CoreSettings"]

_COUNTS = (
    "election_ticks",
    "heartbeat_ticks",
    "append_entries_max",
    "append_bytes_max",
    "inflight_max",
    "inflight_bytes_max",
    "uncommitted_bytes_max",
    "proposal_bytes_max",
    "reads_max",
    "chunk_bytes",
    "chunks_inflight_max",
    "catch_up_rounds_max",
)


@dataclass(frozen=True, kw_only=True)
class CoreSettings:
    """Checked when it is made: raises `ConfigError`."""

    election_ticks: int = 10  # silence before an election: up to twice as many, at random
    heartbeat_ticks: int = 1  # must be below election_ticks
    pre_vote: bool = True  # ask whether an election could be won before it begins
    check_quorum: bool = True  # a leader that does not hear a quorum for election_ticks ends
    lease_reads: bool = False  # reads may trust that clocks tick alike, within the next
    lease_drift: float = 0.1  # how much faster one member's ticks may be than another's: 0 to 1
    append_entries_max: int = 1_024  # in one request; more: fewer messages, later answers
    append_bytes_max: int = 1 << 20  # of data in one request; at least one entry goes
    inflight_max: int = 256  # requests without an answer to one member
    inflight_bytes_max: int = 16 << 20  # of data in them; at least append_bytes_max
    uncommitted_bytes_max: int = 64 << 20  # of a leader's proposals; more wait outside
    proposal_bytes_max: int = 8 << 20  # one command; larger ones are refused
    reads_max: int = 100_000  # that wait for a round; more are refused
    chunk_bytes: int = 1 << 20  # of a snapshot in one message
    chunks_inflight_max: int = 4  # without an answer to one member; more: faster, more memory
    trailing_entries: int = 1_024  # kept behind a snapshot for members a little behind
    catch_up_rounds_max: int = 10  # of a new voter's, before it stays a learner (thesis 4.2.1)

    def __post_init__(self) -> None:
        for name in _COUNTS:
            if getattr(self, name) < 1:
                raise ConfigError(f"{name}={getattr(self, name)!r}: at least 1")
        if self.heartbeat_ticks >= self.election_ticks:
            raise ConfigError(
                f"heartbeat_ticks={self.heartbeat_ticks}: below election_ticks,"
                f" which is {self.election_ticks}"
            )
        if not 0 <= self.lease_drift < 1:
            raise ConfigError(f"lease_drift={self.lease_drift}: from 0 to below 1")
        if self.trailing_entries < 0:
            raise ConfigError(f"trailing_entries={self.trailing_entries}: at least 0")
        if self.lease_reads and not self.check_quorum:
            raise ConfigError("lease_reads=True: not without check_quorum, which makes the lease")
