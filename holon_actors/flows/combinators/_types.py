"""Type variables and aliases of the combinators' signatures.

A combinator accepts a flow or a plain function. In its overloads flows come first, so that
`Flow` types, which know whether calling gives an awaitable, win over the shape of `__call__`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from holon_actors.flows.flow import Flow

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
F = TypeVar("F", bound=Flow[Any, Any])  # a flow that comes back with the same type

AsyncFunctionOf = Callable[[A], Coroutine[Any, Any, B]]
FunctionOf = Callable[[A], B]
"""A plain function; listed after `AsyncFunctionOf`, which it would match too."""
