"""What members of a cluster say to each other. Values only; `wire` makes them plain data.

The first of the `records` is always about the sender itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from holon_actors.actors.cluster.record import Record

__all__ = [
    "Ack",
    "Confirm",
    "Gossip",
    "Join",
    "Message",
    "Nack",
    "Ping",
    "PingRequest",
    "Poll",
    "Sync",
    "Welcome",
]

Records: TypeAlias = tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Ping:
    """Are you there?"""

    number: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Ack:
    """Yes; or, from a helper: yes, it is."""

    number: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class PingRequest:
    """Ping the target for me."""

    number: int
    target: str
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Nack:
    """A helper, in time: the target has not answered. Shows that the asker's own links work."""

    number: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Poll:
    """Do you still accuse the target, in this life of it?"""

    number: int
    target: str
    incarnation: int
    refutation: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Confirm:
    """I do."""

    number: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Gossip:
    """News; no answer expected."""

    records: Records = ()


@dataclass(frozen=True, slots=True)
class Sync:
    """Compare tables. Sent with the sender's record only; answered, if the digests differ, with all
    records, which are answered likewise if digests still differ.
    """

    digest: int
    records: Records = ()
    whole: bool = False
    final: bool = False


@dataclass(frozen=True, slots=True)
class Join:
    """Take me and those I know into your cluster."""

    number: int
    records: Records = ()


@dataclass(frozen=True, slots=True)
class Welcome:
    """You are in; this is who else is."""

    number: int
    records: Records = ()


Message: TypeAlias = (
    Ping | Ack | PingRequest | Nack | Poll | Confirm | Gossip | Sync | Join | Welcome
)
