"""What can be asked of the store, and what it answers."""

from __future__ import annotations

from typing import Any, TypeAlias

from holon_actors.actors import message

__all__ = [
    "Event",
    "EventPage",
    "Get",
    "GetEvents",
    "GetLease",
    "GetLock",
    "GetRevision",
    "GetTicket",
    "Item",
    "LeaseInfo",
    "LockInfo",
    "Page",
    "Query",
    "Range",
]


@message(name="holon.kv.Get")
class Get:
    """Answered with `Item`, or None."""

    key: str


@message(name="holon.kv.Item")
class Item:
    """A key and its value. `revision` is that of its last change, `created` that of its first since
    it was last not there; `lease` 0 is none.
    """

    key: str
    value: Any
    revision: int
    created: int
    lease: int = 0


@message(name="holon.kv.Range")
class Range:
    """The keys that begin with `prefix` and come after the key `after`, in order; answered with
    `Page`: at most `limit` of them (to 10,000), fewer where values are large.
    """

    prefix: str = ""
    after: str = ""
    limit: int = 1_000


@message(name="holon.kv.Page")
class Page:
    """Some items; with `more` there are others after the last. `revision` is the store's."""

    items: list[Item]
    more: bool
    revision: int


@message(name="holon.kv.GetRevision")
class GetRevision:
    """How many times keys have been changed; answered with an int."""


@message(name="holon.kv.GetLease")
class GetLease:
    """Answered with `LeaseInfo`, or None."""

    lease: int


@message(name="holon.kv.LeaseInfo")
class LeaseInfo:
    """A lease: `ttl` and `remaining` in seconds, its keys and locks (held or in line) in order."""

    lease: int
    ttl: float
    remaining: float
    keys: list[str]
    locks: list[str]


@message(name="holon.kv.GetLock")
class GetLock:
    """Answered with `LockInfo`, or None when nobody has the lock."""

    name: str


@message(name="holon.kv.LockInfo")
class LockInfo:
    """Who has a lock, under which fencing token, and the leases in line for it, the next first."""

    name: str
    lease: int
    token: int
    waiting: list[int]


@message(name="holon.kv.GetTicket")
class GetTicket:
    """Where a lease stands: answered with its fencing token, 0 in line, None if it is neither. With
    `wait` there is no answer while it is in line: `read` waits.
    """

    name: str
    lease: int
    wait: bool = False


@message(name="holon.kv.GetEvents")
class GetEvents:
    """The changes after a revision of keys that begin with `prefix`; answered with `EventPage`.

    About `limit` of them (to 10,000), fewer where values are large. What has one revision stays
    together. With `wait` there is no answer, and `read` waits, until there is such a change, or so
    many others that it is time to go on from a later revision.
    """

    prefix: str = ""
    after: int = 0
    limit: int = 1_000
    wait: bool = False


@message(name="holon.kv.Event")
class Event:
    """A change. `kind` is "put", "delete" or "expire" (its lease ended); `value` None if deleted.

    All changes of one command have the same revision.
    """

    revision: int
    kind: str
    key: str
    value: Any


@message(name="holon.kv.EventPage")
class EventPage:
    """Changes in order: all there are up to `revision`, from which to go on. Those up to the
    revision `forgotten` are no longer kept: who asks for one of them gets none.
    """

    events: list[Event]
    revision: int
    forgotten: int


Query: TypeAlias = Get | Range | GetRevision | GetLease | GetLock | GetTicket | GetEvents
