"""All that the store consists of, and the changes that its parts share. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from holon_actors.distributed.consensus.machines.errors import StateMismatch
from holon_actors.distributed.consensus.machines.key_value.history import History, Past
from holon_actors.distributed.consensus.machines.key_value.items import Change, Items, Stored
from holon_actors.distributed.consensus.machines.key_value.leases import Lease, Leases
from holon_actors.distributed.consensus.machines.key_value.locks import Locks

__all__ = ["State"]

_FORMAT = "holon.kv/1"
# A part of a snapshot has at most so many items or events, and ends with so many bytes of values.
_PART_MAX = 500
_PART_BYTES = 1 << 20

T = TypeVar("T")


class State:
    """Keys, leases, locks and history. Invariants: an item with a lease is among that lease's keys,
    and only there; every lease that has a lock or is in line for one lives.
    """

    def __init__(self, history_max: int, history_bytes_max: int) -> None:
        self.revision = 0  # how many commands have changed keys
        self.items = Items()
        self.leases = Leases()
        self.locks = Locks()
        self.history = History(history_max, history_bytes_max)

    def change(self, changes: Iterable[Change], *, deleted_as: str = "delete") -> int:
        """Make checked changes, all with one new revision; returns the revision after them."""
        revision = self.revision + 1
        for change in changes:
            if change.value is None:
                self._delete(change.key, revision, deleted_as)
            else:
                self._put(change.key, change.value, change.lease, revision)
        return self.revision

    def _put(self, key: str, value: bytes, lease: int, revision: int) -> None:
        before = self.items.put(key, value, revision, lease)
        previous = 0 if before is None else before.lease
        if previous != lease:
            self._detach(key, previous)
            if lease:
                self.leases.get(lease).keys[key] = None
        self._note(Past(revision, "put", key, value))

    def _delete(self, key: str, revision: int, kind: str) -> None:
        before = self.items.delete(key)
        if before is not None:
            self._detach(key, before.lease)
            self._note(Past(revision, kind, key, None))

    def _detach(self, key: str, lease: int) -> None:
        holder = self.leases.find(lease)
        if holder is not None:
            del holder.keys[key]

    def _note(self, past: Past) -> None:
        self.revision = past.revision
        self.history.append(past)

    def clear_up_after(self, lease: Lease, kind: str) -> None:
        """Delete the keys of a lease that has ended, and let go of its locks. In order of names:
        what comes of it must not depend on how this replica came to its state.
        """
        self.change([Change(key, None) for key in sorted(lease.keys)], deleted_as=kind)
        self.locks.release_all(lease.number)

    def parts(self) -> Iterator[Any]:
        """As codec values, for a snapshot. Later changes do not show in them: what there is is
        copied at the call, and told in parts.
        """
        head = {
            "format": _FORMAT,
            "revision": self.revision,
            "forgotten": self.history.forgotten,
            **self.leases.state(),
            **self.locks.state(),
        }
        return _told(head, self.items.copy(), self.history.copy())

    def load(self, parts: Iterator[Any]) -> None:
        """Fill an empty state out of a snapshot. Raises `StateMismatch`."""
        head = next(parts, None)
        form = head.get("format") if isinstance(head, dict) else type(head).__name__
        if not isinstance(head, dict) or form != _FORMAT:
            raise StateMismatch("the key-value store", f"its format is {form!r}, not {_FORMAT!r}")
        self.revision = head["revision"]
        self.leases = Leases.of_state(head)
        self.locks = Locks.of_state(head)
        self.history.forgotten = head["forgotten"]
        for part in parts:
            self.items.load(part["items"])
            self.history.load(part["events"])
        for key, lease in self.items.leased():
            self.leases.get(lease).keys[key] = None


def _told(
    head: dict[str, Any], items: list[tuple[str, Stored]], events: list[Past]
) -> Iterator[Any]:
    yield head
    for items_part in _parted(items, lambda item: len(item[1].value)):
        yield {"items": [[key, *stored] for key, stored in items_part], "events": []}
    for events_part in _parted(events, lambda past: len(past.value or b"")):
        yield {"items": [], "events": [list(past) for past in events_part]}


def _parted(whole: list[T], size_of: Callable[[T], int]) -> Iterator[list[T]]:
    """In parts that take no long time to pack."""
    part: list[T] = []
    size = 0
    for each in whole:
        part.append(each)
        size += size_of(each)
        if len(part) == _PART_MAX or size >= _PART_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part
