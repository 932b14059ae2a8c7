"""Answers to queries, or `NotYet`. Pure, and changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from holon_transports.codec import loads

from holon_actors.distributed.consensus.errors import NotYet
from holon_actors.distributed.consensus.machines.errors import InvalidCommand
from holon_actors.distributed.consensus.machines.key_value.history import Past
from holon_actors.distributed.consensus.machines.key_value.items import Stored
from holon_actors.distributed.consensus.machines.key_value.queries import (
    Event,
    EventPage,
    Get,
    GetEvents,
    GetLease,
    GetLock,
    GetRevision,
    GetTicket,
    Item,
    LeaseInfo,
    LockInfo,
    Page,
    Range,
)
from holon_actors.distributed.consensus.machines.key_value.state import State
from holon_actors.distributed.consensus.machines.key_value.validation import (
    LIMIT_MAX,
    checked_count,
    checked_flag,
    checked_key,
    checked_text,
)

__all__ = ["answer"]

# A page ends when its values have so many bytes together, so that it can travel.
_PAGE_BYTES = 1 << 20

# Whoever waits for changes of some keys is told of the revision after so many changes of others:
# they are looked through each time, and their history is forgotten in the end.
_OTHERS_MAX = 100


def answer(state: State, request: Any) -> Any:
    """What the state says to a request. Raises `InvalidCommand`, and `NotYet` for one that is to
    wait.
    """
    reader = _READERS.get(type(request))
    if reader is None:
        raise InvalidCommand(type(request).__name__, "not a query of the key-value store")
    return reader(state, request)


def _get(state: State, request: Get) -> Item | None:
    key = checked_key(request, request.key)
    stored = state.items.get(key)
    return None if stored is None else _item(key, stored)


def _range(state: State, request: Range) -> Page:
    prefix = checked_text(request, request.prefix, "prefix")
    after = checked_text(request, request.after, "after")
    limit = checked_count(request, request.limit, "limit", 1, LIMIT_MAX)
    items: list[Item] = []
    size = 0
    for key in state.items.matching(prefix, after):
        if len(items) == limit or size >= _PAGE_BYTES:
            return Page(items, True, state.revision)
        stored = state.items.get(key)
        assert stored is not None
        items.append(_item(key, stored))
        size += len(stored.value)
    return Page(items, False, state.revision)


def _revision(state: State, request: GetRevision) -> int:
    return state.revision


def _lease(state: State, request: GetLease) -> LeaseInfo | None:
    number = checked_count(request, request.lease, "lease")
    lease = state.leases.find(number)
    if lease is None:
        return None
    return LeaseInfo(
        number,
        lease.ttl,
        state.leases.remaining(lease),
        sorted(lease.keys),
        state.locks.of_lease(number),
    )


def _lock(state: State, request: GetLock) -> LockInfo | None:
    name = checked_key(request, request.name, "name")
    lock = state.locks.get(name)
    return None if lock is None else LockInfo(name, lock.lease, lock.token, list(lock.waiting))


def _ticket(state: State, request: GetTicket) -> int | None:
    name = checked_key(request, request.name, "name")
    ticket = state.locks.ticket(name, checked_count(request, request.lease, "lease"))
    if ticket == 0 and checked_flag(request, request.wait, "wait"):
        raise NotYet
    return ticket


def _events(state: State, request: GetEvents) -> EventPage:
    prefix = checked_text(request, request.prefix, "prefix")
    after = checked_count(request, request.after, "after")
    limit = checked_count(request, request.limit, "limit", 1, LIMIT_MAX)
    wait = checked_flag(request, request.wait, "wait")
    forgotten = state.history.forgotten
    if after < forgotten:
        return EventPage([], state.revision, forgotten)
    events: list[Event] = []
    size = 0
    for past in state.history.after(after):
        full = len(events) >= limit or size >= _PAGE_BYTES
        if full and past.revision != events[-1].revision:
            return EventPage(events, events[-1].revision, forgotten)
        if past.key.startswith(prefix):
            events.append(_event(past))
            size += len(past.value or b"")
    if not events and wait and state.revision - after < _OTHERS_MAX:
        raise NotYet
    return EventPage(events, max(after, state.revision), forgotten)


def _item(key: str, stored: Stored) -> Item:
    return Item(key, loads(stored.value), stored.revision, stored.created, stored.lease)


def _event(past: Past) -> Event:
    value = None if past.value is None else loads(past.value)
    return Event(past.revision, past.kind, past.key, value)


_READERS: Mapping[type, Callable[[State, Any], Any]] = MappingProxyType(
    {
        Get: _get,
        Range: _range,
        GetRevision: _revision,
        GetLease: _lease,
        GetLock: _lock,
        GetTicket: _ticket,
        GetEvents: _events,
    }
)
