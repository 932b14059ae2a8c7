"""The limits of a ZeroMQ transport, all in one place."""

from __future__ import annotations

from dataclasses import dataclass, fields

from holon_actors.errors import ConfigError

__all__ = ["ZmqSettings"]


@dataclass(frozen=True, kw_only=True)
class ZmqSettings:
    """Limits and patience. All times are seconds, all numbers above zero. Raises `ConfigError`."""

    # Sends that wait in one direction of a connection, at each end. More: more memory for a slow
    # peer, and more time until its slowness is felt.
    sends_queued_max: int = 1_000

    # Bytes of one frame. libzmq makes room for what a peer announces, so more lets a peer take
    # more; must exceed the largest message or buffer.
    frame_bytes_max: int = 256 * 1024 * 1024

    # Frames in one send. libzmq collects all of them before it delivers any.
    frames_max: int = 1_025

    # Accepted connections. Beyond it nobody new is accepted until some have gone. Each takes a file
    # descriptor, of which a process often has 1,024.
    connections_max: int = 500

    # How long an accepted peer may say nothing and still be known. Longer: more memory for peers
    # that come and go; must exceed the link layer's patience.
    accepted_idle_s: float = 60.0

    # How long a connection may take to become one. Longer: half-open ones cost more.
    connect_s: float = 2.0
    handshake_s: float = 5.0

    # Pauses between attempts to connect: the first is up to twice this, by chance, and they double.
    reconnect_first_s: float = 0.05
    reconnect_max_s: float = 1.0

    # A connection that has carried nothing for a while is probed, and given up without an answer.
    probe_s: float = 5.0
    probe_patience_s: float = 10.0

    # How long what was handed over may take to leave after a close. Longer: slower exits when
    # peers do not read.
    linger_s: float = 0.5

    # Connections the operating system holds until they are accepted.
    backlog: int = 256

    # From this size on a buffer is sent without a copy, which takes a lock and a thread's help.
    zero_copy_bytes: int = 64 * 1024

    # How often idle peers and changed keys are looked for.
    housekeeping_s: float = 1.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value > 0:
                raise ConfigError(f"{field.name}={value!r}: must be above zero")
        if self.probe_patience_s <= self.probe_s:
            raise ConfigError("probe_patience_s must exceed probe_s")
        if self.reconnect_max_s < 2 * self.reconnect_first_s:
            raise ConfigError("reconnect_max_s must be at least twice reconnect_first_s")
