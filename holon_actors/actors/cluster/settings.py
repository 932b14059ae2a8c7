"""How often and how patiently the members of a cluster look after each other.

Everything follows from one number, the heartbeat; `SwimSettings.of(heartbeat)` scales the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.errors import ConfigError

__all__ = ["SwimSettings"]


@dataclass(frozen=True, kw_only=True)
class SwimSettings:
    """Times in seconds. Raises `ConfigError` when they do not fit together."""

    probe_interval_s: float = 1.0  # one member is probed per interval; longer: found later
    ping_timeout_s: float = 0.4  # more than a round trip, less than the interval
    gossip_interval_s: float = 0.2  # while there is news; shorter: spreads sooner, more messages
    sync_interval_s: float = 2.0  # tables compared; shorter: lost news is made up for sooner
    lost_interval_s: float = 1.0  # a suspect or down member is tried; bounds healing of partitions
    suspicion_min_s: float = 4.0  # how long a suspect may answer back when all accuse it
    suspicion_max_factor: float = 2.0  # ... and how much longer when a bare majority does
    quorum_grace_s: float = 1.5  # between the deciding vote and the decision; over two gossips
    poll_retry_s: float = 2.0  # until a poll that found no majority is repeated
    poll_stagger_s: float = 0.15  # between the polls of different nodes; more: fewer, and later
    pledge_s: float = 10.0  # how long a confirmation binds; longer: safer, slower after crashes
    quiet_s: float = 1.0  # after a pause of its own, a node accuses nobody for so long
    forget_after_s: float = 3600.0  # members gone for so long are dropped from the table
    down_tries: int = 5  # of so many attempts to reach the lost, one may go to one that is down
    helpers: int = 3  # asked to ping who does not answer; more: fewer false accusations
    fanout: int = 3  # members that hear of news per gossip interval
    checks_max: int = 8  # suspects verified at the same time; more: quicker quorums, bursts
    spread: int = 6  # transmissions of a piece of news, times log10 of the members
    rumours_max: int = 24  # pieces of news per message
    members_max: int = 1_000  # records beyond it are refused
    relays_max: int = 64  # pings made for others at the same time; beyond it they are refused
    health_max: int = 8  # how many times slower a sick node probes at most

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value > 0:
                raise ConfigError(f"SwimSettings({name}={value}): more than 0")
        if self.ping_timeout_s >= self.probe_interval_s:
            raise ConfigError(
                f"SwimSettings(ping_timeout_s={self.ping_timeout_s}): less than "
                f"probe_interval_s={self.probe_interval_s}, or helpers could not be asked"
            )
        if self.suspicion_max_factor < 1:
            raise ConfigError(
                f"SwimSettings(suspicion_max_factor={self.suspicion_max_factor}): at least 1"
            )

    @classmethod
    def of(cls, heartbeat_s: float) -> SwimSettings:
        """The defaults for a heartbeat of 1 s, scaled."""
        if not heartbeat_s > 0:
            raise ConfigError(f"heartbeat={heartbeat_s}: more than 0")
        base = cls()
        scaled = {
            name: value * heartbeat_s for name, value in vars(base).items() if name.endswith("_s")
        }
        return cls(**scaled)
