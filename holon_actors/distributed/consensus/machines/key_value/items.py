"""The keys and their values. Pure; what the changes of one command are is decided elsewhere.

Values are kept as bytes: nobody who reads one can change it in place, equality needs no knowledge
of classes, and a snapshot copies nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from holon_actors.distributed.consensus.machines.key_value.key_index import KeyIndex

__all__ = ["Change", "Items", "Stored"]


class Stored(NamedTuple):
    """A value, its revisions and its lease."""

    value: bytes
    revision: int
    created: int
    lease: int


class Change(NamedTuple):
    """What is to become of a key: a value, or None to delete it."""

    key: str
    value: bytes | None
    lease: int = 0


class Items:
    """All that is stored."""

    def __init__(self) -> None:
        self._stored: dict[str, Stored] = {}
        self._index = KeyIndex(self._stored)

    def __len__(self) -> int:
        return len(self._stored)

    def get(self, key: str) -> Stored | None:
        """What is stored of a key."""
        return self._stored.get(key)

    def matching(self, prefix: str, after: str = "") -> Iterator[str]:
        """The keys that begin with `prefix` and come after `after`, in order."""
        return self._index.matching(prefix, after)

    def put(self, key: str, value: bytes, revision: int, lease: int) -> Stored | None:
        """Store a value; returns what was there."""
        before = self._stored.get(key)
        created = revision if before is None else before.created
        self._set(key, Stored(value, revision, created, lease), new=before is None)
        return before

    def delete(self, key: str) -> Stored | None:
        """Forget a key; returns what was there."""
        before = self._stored.pop(key, None)
        if before is not None:
            self._index.deleted()
        return before

    def leased(self) -> Iterator[tuple[str, int]]:
        """The keys that have leases, with those."""
        return ((key, stored.lease) for key, stored in self._stored.items() if stored.lease)

    def copy(self) -> list[tuple[str, Stored]]:
        """For a snapshot: all of it, in the order in which the keys came."""
        return list(self._stored.items())

    def load(self, items: list[Any]) -> None:
        """Take in some of what a snapshot has."""
        for key, value, revision, created, lease in items:
            self._set(key, Stored(value, revision, created, lease), new=True)

    def _set(self, key: str, stored: Stored, *, new: bool) -> None:
        self._stored[key] = stored
        if new:
            self._index.added(key)
