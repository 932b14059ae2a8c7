"""The context: named values that travel with an execution, beside its input.

Use it for what every step may want and no signature should carry: a user, a tenant, a trace
id. A context is an immutable mapping. Values should be picklable, as they follow the work
into threads, processes and other hosts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any


class Context(Mapping[str, Any]):
    """Immutable named values; make one with `context(...)`."""

    __slots__ = ("_values",)
    _values: dict[str, Any]

    def __init__(self, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_values", dict(values))

    def __getitem__(self, name: str) -> Any:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self._values.items())
        return f"context({inside})"

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a context is immutable: use with_values({name}=...)")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a context is immutable: {name!r} cannot be removed")

    def __reduce__(self) -> tuple[type[Context], tuple[dict[str, Any]]]:
        return type(self), (self._values,)

    def with_values(self, /, **values: Any) -> Context:
        """A new context with these values added or replaced."""
        return Context({**self._values, **values})

    @contextmanager
    def active(self) -> Iterator[Context]:
        """Make this the current context within the block.

        Nested contexts merge: what the outer one holds stays visible unless this one replaces
        it. Yields the merged context.
        """
        merged = Context({**_current.get(), **self._values})
        token = _current.set(merged)
        try:
            yield merged
        finally:
            _current.reset(token)


_current: ContextVar[Context] = ContextVar("holon_context", default=Context({}))  # noqa: B039


def context(**values: Any) -> Context:
    """A context holding `values`."""
    return Context(values)


def current_context() -> Context:
    """The context of the running code; empty when none is active."""
    return _current.get()
