"""What a log consists of, and what stands for the part of it that is gone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from holon_actors.distributed.consensus.core.configuration import Configuration

__all__ = ["Entry", "EntryKind", "SnapshotMeta"]


class EntryKind(IntEnum):
    """What an entry is for."""

    COMMAND = 0  # for the state machine
    NOOP = 1  # the first of a leader: what earlier terms left is committed with it
    CONFIGURATION = 2  # `Configuration.decode(data)` counts from here on


class Entry(NamedTuple):
    """One place in the log. `index` counts from 1."""

    index: int  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    term: int
    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class SnapshotMeta:
    """A snapshot: all that the entries up to `index` came to, and who it is for.

    The snapshot of index 0 is that of a group without history: its configuration is the first.
    `size` (bytes) and `checksum` are those of its file; the core only carries them.
    """

    index: int
    term: int
    configuration: Configuration
    size: int = 0
    checksum: int = 0
