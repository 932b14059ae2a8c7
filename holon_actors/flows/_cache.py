"""What `memoize` remembers: least recently used goes first, old entries expire. Plain code."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Mapping
from typing import Any, Final

from holon_actors.flows.inputs import Call


class Missing:
    """Stands for "not remembered", which no cached value can be."""


MISSING: Final = Missing()


class Cache:
    """Values by key, each with the moment it was stored. Not thread-safe by itself."""

    __slots__ = ("_entries", "_size_max", "_ttl_s")

    def __init__(self, size_max: int | None, ttl_s: float | None) -> None:
        self._entries: OrderedDict[Hashable, tuple[Any, float]] = OrderedDict()
        self._size_max = size_max
        self._ttl_s = ttl_s

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable, now: float) -> Any:
        """The value stored under `key`, or MISSING."""
        entry = self._entries.get(key)
        if entry is None:
            return MISSING
        value, stored = entry
        if self._ttl_s is not None and now - stored >= self._ttl_s:
            del self._entries[key]
            return MISSING
        self._entries.move_to_end(key)
        return value

    def put(self, key: Hashable, value: Any, now: float) -> None:
        """Store `value`; makes room by forgetting what was used longest ago."""
        self._entries[key] = (value, now)
        self._entries.move_to_end(key)
        # Invariant: there are never more entries than size_max.
        if self._size_max is not None and len(self._entries) > self._size_max:
            self._entries.popitem(last=False)


# The commonest inputs, which need no closer look.
_SCALARS = frozenset({int, str, bool, float, bytes, type(None)})


def key_of(value: Any) -> Hashable:
    """A hashable stand-in for `value`: equal inputs, of equal types, give equal keys.

    Raises:
        TypeError: something inside is neither hashable nor a plain container.
    """
    kind = type(value)
    if kind in _SCALARS:
        return (kind, value)
    if kind is Call:
        return (kind, key_of(value.args), key_of(value.kwargs))
    if isinstance(value, Mapping):
        return (kind, frozenset((key_of(k), key_of(v)) for k, v in value.items()))
    if isinstance(value, list | tuple):
        return (kind, tuple(key_of(item) for item in value))
    if isinstance(value, set | frozenset):
        return (kind, frozenset(key_of(item) for item in value))
    hash(value)
    return (kind, value)
