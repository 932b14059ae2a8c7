"""The changes of keys, as they come: `watch`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from holon_actors.distributed.consensus.errors import NotYet
from holon_actors.distributed.consensus.machines.key_value.errors import Compacted
from holon_actors.distributed.consensus.machines.key_value.held_lease import Store
from holon_actors.distributed.consensus.machines.key_value.queries import (
    Event,
    EventPage,
    GetEvents,
    GetRevision,
)

__all__ = ["watch"]


async def watch(store: Store, prefix: str, after: int | None) -> AsyncIterator[Event]:
    """The changes after a revision (None: the present one). Raises `Compacted`."""
    seen: int = await store.read(GetRevision()) if after is None else after
    while True:
        try:
            page: EventPage = await store.read(GetEvents(prefix, seen, wait=True))
        except NotYet:
            continue
        if seen < page.forgotten:
            raise Compacted(seen, page.forgotten)
        for event in page.events:
            yield event
        seen = page.revision
