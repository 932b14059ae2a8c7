"""Models of common objects, ready for `check_linearizable`.

A call is a tuple of its name and arguments; each class lists those it knows and what they answer.
Any other raises `UnknownCall`. States are immutable. Models of your own need no base class:
`linearizability.Model` says what they must have.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any

from holon_actors.testing.errors import UnknownCall

__all__ = ["Counter", "FifoQueue", "KeyValue", "Lock", "Register"]


class Register:
    """One value: `("read",)` -> value, `("write", value)` -> None,
    `("cas", expected, new)` -> whether the value was the expected one and is now the new.
    """

    def __init__(self, value: Any = None) -> None:
        self._value = value

    def initial(self) -> Any:
        """The value it was made with."""
        return self._value

    def apply(self, state: Any, call: Any) -> tuple[Any, Any]:
        """The value after `call`, and its answer. Raises `UnknownCall`."""
        match call:
            case ("read",):
                return state, state
            case ("write", value):
                return value, None
            case ("cas", expected, new):
                return (new, True) if state == expected else (state, False)
        raise UnknownCall("Register", call, "('read',), ('write', value), ('cas', expected, new)")


class KeyValue:
    """A map, checked key by key. A key that is absent reads as None.

    `("get", key)` -> value, `("put", key, value)` -> None, `("delete", key)` -> None,
    `("cas", key, expected, new)` -> whether the value was the expected one and is now the new.
    """

    def __init__(self, items: Mapping[Any, Any] | None = None) -> None:
        self._items = tuple((items or {}).items())

    def initial(self) -> tuple[tuple[Any, Any], ...]:
        """The items it was made with."""
        return self._items

    def partition(self, call: Any) -> Hashable:
        """The key. Raises `UnknownCall` when there is none."""
        match call:
            case (_, key, *_):
                return key  # type: ignore[no-any-return]
        raise self._unknown(call)

    def apply(self, state: tuple[tuple[Any, Any], ...], call: Any) -> tuple[Any, Any]:
        """The items after `call`, and its answer. Raises `UnknownCall`."""
        match call:
            case ("get", key):
                return state, _value(state, key)
            case ("put", key, value):
                return _changed(state, key, value), None
            case ("delete", key):
                return _changed(state, key, None), None
            case ("cas", key, expected, new):
                if _value(state, key) == expected:
                    return _changed(state, key, new), True
                return state, False
        raise self._unknown(call)

    @staticmethod
    def _unknown(call: Any) -> UnknownCall:
        known = "('get', key), ('put', key, value), ('delete', key), ('cas', key, expected, new)"
        return UnknownCall("KeyValue", call, known)


def _value(items: tuple[tuple[Any, Any], ...], wanted: Any) -> Any:
    return next((value for key, value in items if key == wanted), None)


def _changed(items: tuple[tuple[Any, Any], ...], changed: Any, value: Any) -> tuple[Any, ...]:
    kept = tuple(item for item in items if item[0] != changed)
    return kept if value is None else (*kept, (changed, value))


class Counter:
    """A number: `("add", amount)` -> the number after it, `("read",)` -> the number."""

    def __init__(self, value: float = 0) -> None:
        self._value = value

    def initial(self) -> float:
        """The number it was made with."""
        return self._value

    def apply(self, state: float, call: Any) -> tuple[float, Any]:
        """The number after `call`, and its answer. Raises `UnknownCall`."""
        match call:
            case ("read",):
                return state, state
            case ("add", amount):
                return state + amount, state + amount
        raise UnknownCall("Counter", call, "('read',), ('add', amount)")


class Lock:
    """A mutex that is not reentrant: `("acquire", owner)` -> whether it was free and is now the
    owner's, `("release", owner)` -> whether it was the owner's and is now free.

    An `acquire` that waits until the lock is free is one that answers True.
    """

    def initial(self) -> tuple[Any, ...]:
        """Free: the empty tuple; the state of a held one is its owner in a tuple."""
        return ()

    def apply(self, state: tuple[Any, ...], call: Any) -> tuple[tuple[Any, ...], Any]:
        """The state after `call`, and its answer. Raises `UnknownCall`."""
        match call:
            case ("acquire", owner):
                return (state, False) if state else ((owner,), True)
            case ("release", owner):
                return ((), True) if state == (owner,) else (state, False)
        raise UnknownCall("Lock", call, "('acquire', owner), ('release', owner)")


class FifoQueue:
    """An unbounded queue: `("put", item)` -> None, `("get",)` -> the oldest item, which is gone
    then, or None when it is empty.

    The order of puts that overlap shows only when their items are taken, and until then every one
    is possible: keep the histories short, or the clients few.
    """

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self._items = tuple(items)

    def initial(self) -> tuple[Any, ...]:
        """The items it was made with, oldest first."""
        return self._items

    def apply(self, state: tuple[Any, ...], call: Any) -> tuple[tuple[Any, ...], Any]:
        """The items after `call`, and its answer. Raises `UnknownCall`."""
        match call:
            case ("put", item):
                return (*state, item), None
            case ("get",):
                return (state[1:], state[0]) if state else (state, None)
        raise UnknownCall("FifoQueue", call, "('put', item), ('get',)")
