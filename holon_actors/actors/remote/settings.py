"""The numbers of a link, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.errors import ConfigError

__all__ = ["HEARTBEAT_S", "LinkSettings", "settled"]

HEARTBEAT_S = 1.0


@dataclass(frozen=True, kw_only=True)
class LinkSettings:
    """How a node keeps its links. Times are in seconds."""

    # A peer that has been silent for `silence_beats` of these is lost. Larger: fewer false alarms
    # on a busy machine, later news of a real end.
    heartbeat_s: float = HEARTBEAT_S
    # Below 2, or a loss is noticed later than two heartbeats; each beat is four pings.
    silence_beats: float = 1.6
    # How long a peer may take to answer the first word before it counts as unreachable. None: two
    # heartbeats, at least a second.
    connect_s: float | None = None
    # Unacknowledged messages and bytes per link. Larger: more memory when a peer is slow.
    buffer_messages: int = 100_000
    buffer_bytes: int = 64 * 1024 * 1024
    # Packets and bytes on the way at a time; at least one packet always is. Both ends must agree
    # on the packets, as the receiver keeps those that come early.
    window_packets: int = 256
    window_bytes: int = 16 * 1024 * 1024
    # A packet is closed when its envelopes reach this size, or it has this many buffers. Larger:
    # fewer packets, and longer pauses for what waits behind one.
    packet_bytes: int = 65_536
    packet_buffers: int = 64
    # Texts of addresses known by number, per direction and session.
    names_max: int = 16_384
    # Asks of one peer that wait for their answers here, and its watches. More are refused.
    served_asks_max: int = 100_000
    served_watches_max: int = 1_000_000
    # Peers, and first words of nodes that have said no second one.
    links_max: int = 4_096
    openings_max: int = 256

    def __post_init__(self) -> None:
        if not self.heartbeat_s > 0:
            raise ConfigError(f"LinkSettings(heartbeat_s={self.heartbeat_s}): more than 0")
        if not 0.5 < self.silence_beats < 2:
            raise ConfigError(f"silence_beats={self.silence_beats}: between 0.5 and 2")
        for name, value in vars(self).items():
            if name.endswith(("_max", "_bytes", "_messages", "_packets")) and value < 1:
                raise ConfigError(f"LinkSettings({name}={value}): at least 1")

    @property
    def opening_s(self) -> float:
        """How long a peer may take to answer the first word."""
        return max(1.0, 2 * self.heartbeat_s) if self.connect_s is None else self.connect_s


def settled(links: LinkSettings | None, heartbeat_s: float) -> LinkSettings:
    """The settings of a system that was given these, and a heartbeat. Raises `ConfigError` if they
    contradict each other.
    """
    if links is None:
        return LinkSettings(heartbeat_s=heartbeat_s)
    if heartbeat_s not in (HEARTBEAT_S, links.heartbeat_s):
        raise ConfigError(
            f"heartbeat={heartbeat_s}, and links with heartbeat_s={links.heartbeat_s}: give one"
        )
    return links
