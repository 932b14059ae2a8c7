"""Bugs to be planted: bytes that make no sense."""

from __future__ import annotations

from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.wire import packing
from tests.distributed.consensus.cluster.planting import Replace, mutant

__all__: list[str] = []


@mutant(
    32,
    "bytes that are no entries raise what nobody expects",
    test="wire/test_packing.py::test_bytes_are_entries_or_refused",
)
def _raises_anything_for_bad_bytes(replace: Replace) -> None:
    right = packing.unpack_entries

    def unpack_entries(blob: bytes | memoryview) -> tuple[Entry, ...]:
        try:
            return right(blob)
        except packing.MalformedEntries as error:
            raise KeyError(str(error)) from error

    replace(packing, "unpack_entries", unpack_entries)
