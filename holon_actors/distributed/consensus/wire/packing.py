"""Entries as bytes: the same in a message, in a record of the log and in both at once.

A blob is one msgpack array: the first index, then for each run of entries with equal term and kind
these two and the list of their data. Most blobs are one run, so neither way costs much per entry.
Blobs come from other nodes too: reading one checks all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby, repeat
from operator import itemgetter
from typing import Any

import msgpack

from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.errors import RaftError

__all__ = ["MalformedEntries", "pack_entries", "unpack_entries"]

_RUN = 3  # term, kind, data
_LARGEST = 2**63 - 1
_KINDS = frozenset(map(int, EntryKind))
_term = itemgetter(1)
_kind = itemgetter(2)
_data = itemgetter(3)
_run = itemgetter(1, 2)
# Half the time that calling the class takes.
_entry = partial(tuple.__new__, Entry)


class MalformedEntries(RaftError, ValueError):
    """Bytes that are no entries: drop what they came with, and distrust who sent them."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"these bytes are no entries: {reason}")
        self.reason = reason


def pack_entries(entries: Sequence[Entry]) -> bytes:
    """Entries whose indexes follow on each other, as one blob."""
    if not entries:
        return msgpack.packb([])  # type: ignore[no-any-return]
    first, last = entries[0], entries[-1]
    assert last[0] - first[0] == len(entries) - 1, f"a gap in {first[0]}..{last[0]}"
    blob: list[Any] = [first[0]]
    if first[1] == last[1] and not any(map(_kind, entries)):
        blob += (first[1], 0, list(map(_data, entries)))
    else:
        for (term, kind), run in groupby(entries, _run):
            blob += (term, int(kind), list(map(_data, run)))
    return msgpack.packb(blob)  # type: ignore[no-any-return]


def unpack_entries(blob: bytes | memoryview) -> tuple[Entry, ...]:
    """What was packed. Raises `MalformedEntries`; the entries are then not to be used in part."""
    try:
        values = msgpack.unpackb(blob)
    except (ValueError, msgpack.UnpackException) as error:
        raise MalformedEntries(str(error) or type(error).__name__) from error
    if type(values) is not list or (values and (len(values) == 1 or len(values) % _RUN != 1)):
        raise MalformedEntries("not an index and runs")
    return tuple(_unpacked(values)) if values else ()


def _unpacked(values: list[Any]) -> list[Entry]:
    entries: list[Entry] = []
    index, term_before = values[0], 0
    _check_number(index, "index", 1)
    for at in range(1, len(values), _RUN):
        term, kind, data = values[at : at + _RUN]
        _check_number(term, "term", term_before)
        _check_run(kind, data)
        if len(data) == 1:  # very many are: whoever asks one thing at a time writes them
            entries.append(_entry((index, term, kind, data[0])))
        else:
            run = zip(range(index, index + len(data)), repeat(term), repeat(kind), data)
            entries += map(_entry, run)
        index, term_before = index + len(data), term
    return entries


def _check_number(value: object, name: str, least: int) -> None:
    if type(value) is not int or not least <= value <= _LARGEST:
        raise MalformedEntries(f"{name} {value!r} is no number from {least} on")


def _check_run(kind: object, data: object) -> None:
    if type(kind) is not int or kind not in _KINDS:
        raise MalformedEntries(f"there is no kind {kind!r}")
    if type(data) is not list or not data or [*map(type, data)].count(bytes) != len(data):
        raise MalformedEntries("data that is not a list of bytes")
