"""What can be set of a member of a group. Times are in seconds, sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

from holon_actors.distributed.consensus.core.settings import CoreSettings
from holon_actors.errors import ConfigError

__all__ = ["CoreSettings", "RaftSettings"]


@dataclass(frozen=True, kw_only=True)
class RaftSettings:
    """Checked when it is made: raises `ConfigError`. All members should have the same."""

    # How long a tick of `core` is: with 10 ticks to an election, a lost leader is replaced after
    # 0.5 to 1 s. Longer: less idle traffic, longer without a leader. Above a round trip and a sync.
    tick_s: float = 0.05
    core: CoreSettings = field(default_factory=CoreSettings)
    # A snapshot is taken when the log has grown by so many entries or bytes. Larger: fewer pauses,
    # a longer start, more disk.
    snapshot_entries: int = 100_000
    snapshot_bytes: int = 256 << 20
    # Clients whose last answers are kept, so that what they repeat is not applied twice. The
    # longest unheard is forgotten first. More: more memory, larger snapshots.
    sessions_max: int = 10_000
    # Commands of one client and one turn go into one entry of the log, up to this size. Larger:
    # cheaper commands, later answers. At most core.proposal_bytes_max.
    batch_bytes: int = 1 << 20
    # Batches of one client on the way at once. More: less waiting for one another, smaller batches.
    batches_max: int = 4
    # How long a client waits for one member before it asks another one, and between two rounds
    # in which nobody led.
    attempt_s: float = 2.0
    pause_s: float = 0.05
    # Commands that are applied in one go. Larger: other work waits for longer.
    apply_slice: int = 1_000
    # Unread events that a watcher may have; the oldest are lost first, which it is told.
    events_max: int = 1_000

    def __post_init__(self) -> None:
        for name in ("tick_s", "attempt_s", "pause_s"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"RaftSettings({name}={getattr(self, name)}): more than 0")
        for name, value in vars(self).items():
            if type(value) is int and value < 1:
                raise ConfigError(f"RaftSettings({name}={value}): at least 1")
        if self.batch_bytes > self.core.proposal_bytes_max:
            raise ConfigError(
                f"RaftSettings(batch_bytes={self.batch_bytes}): at most core.proposal_bytes_max,"
                f" which is {self.core.proposal_bytes_max}"
            )

    @property
    def election_s(self) -> float:
        """The shortest time without a leader after which another one is sought."""
        return self.tick_s * self.core.election_ticks
