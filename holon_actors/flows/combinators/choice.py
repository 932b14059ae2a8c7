"""Flows that choose what runs and how often: `when`, `repeat` and `loop`."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows.combinators._checks import whole
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, C, F, FunctionOf
from holon_actors.flows.combinators.basic import identity
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, build
from holon_actors.flows.inputs import single


@dataclass(frozen=True, eq=False, repr=False)
class WhenBody(Body):
    """One of two flows, as a predicate says."""

    kind: ClassVar[str] = "when"
    entry: ClassVar[int | None] = 1
    predicate: Flow[Any, Any]
    then: Flow[Any, Any]
    otherwise: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The predicate and both flows."""
        return (
            Part(".predicate", self.predicate),
            Part(".then", self.then),
            Part(".otherwise", self.otherwise),
        )

    @property
    def links(self) -> Iterable[tuple[int, int]]:
        """The predicate leads to either flow."""
        return ((0, 1), (0, 2))

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        holds, then, otherwise = wiring.calls
        return lambda value: then(value) if holds(value) else otherwise(value)

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        holds, then, otherwise = wiring.calls

        async def run(value: Any) -> Any:
            return await (then(value) if await holds(value) else otherwise(value))

        return run


@overload
def when(predicate: AsyncFunctionOf[A, object], then: Flow[A, B]) -> AsyncFlow[A, A | B]: ...
@overload
def when(
    predicate: AsyncFunctionOf[A, object], then: Flow[A, B], otherwise: Flow[A, C]
) -> AsyncFlow[A, B | C]: ...
@overload
def when(predicate: FunctionOf[A, object], then: AsyncFlow[A, B]) -> AsyncFlow[A, A | B]: ...
@overload
def when(
    predicate: FunctionOf[A, object], then: AsyncFlow[A, B], otherwise: Flow[A, C]
) -> AsyncFlow[A, B | C]: ...
@overload
def when(
    predicate: FunctionOf[A, object], then: Flow[A, B], otherwise: AsyncFlow[A, C]
) -> AsyncFlow[A, B | C]: ...
@overload
def when(predicate: FunctionOf[A, object], then: SyncFlow[A, B]) -> SyncFlow[A, A | B]: ...
@overload
def when(
    predicate: FunctionOf[A, object], then: SyncFlow[A, B], otherwise: SyncFlow[A, C]
) -> SyncFlow[A, B | C]: ...
@overload
def when(
    predicate: FunctionOf[A, object],
    then: Flow[A, B] | FunctionOf[A, B],
    otherwise: Flow[A, C] | FunctionOf[A, C] = ...,
) -> Flow[A, B | C]: ...
def when(
    predicate: Callable[..., Any],
    then: Callable[..., Any],
    otherwise: Callable[..., Any] = identity,
) -> Any:
    """Run `then` if `predicate(input)` is true, else `otherwise`, on the input."""
    return build(WhenBody(to_flow(predicate), to_flow(then), to_flow(otherwise)))


@dataclass(frozen=True, eq=False, repr=False)
class RepeatBody(Body):
    """A flow a fixed number of times, each on the result of the one before."""

    kind: ClassVar[str] = "repeat"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    times: int

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow that is repeated."""
        return (Part("", self.flow),)

    def details(self) -> dict[str, Any]:
        return {"times": self.times}

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        (call,) = wiring.calls

        def run(value: Any) -> Any:
            for _ in range(self.times):
                value = call(value)
            return value

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        (call,) = wiring.calls

        async def run(value: Any) -> Any:
            for _ in range(self.times):
                value = await call(value)
            return value

        return run


@overload
def repeat(f: F, times: int) -> F: ...
@overload
def repeat(f: AsyncFunctionOf[A, B], times: int) -> AsyncFlow[A, B]: ...
@overload
def repeat(f: FunctionOf[A, B], times: int) -> SyncFlow[A, B]: ...
def repeat(f: Callable[..., Any], times: int) -> Any:
    """Run `f` `times` times, each on the result of the one before; 0 times is `identity`.

    Raises:
        ConfigError: `times` is not a whole number of at least 0.
    """
    whole("repeat(times=...)", times, 0)
    return build(RepeatBody(to_flow(f), times)) if times else identity


@dataclass(frozen=True, eq=False, repr=False)
class LoopBody(Body):
    """A flow as long as a predicate holds, each time on the result of the one before."""

    kind: ClassVar[str] = "loop"
    entry: ClassVar[int | None] = 1
    outcome: ClassVar[int | None] = 1
    while_: Flow[Any, Any]
    flow: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The predicate and the flow."""
        return (Part(".while", self.while_), Part(".body", self.flow))

    @property
    def links(self) -> Iterable[tuple[int, int]]:
        """Round and round."""
        return ((0, 1), (1, 0))

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        holds, call = wiring.calls
        label = wiring.label

        def run(value: Any) -> Any:
            value = single(value, label)
            while holds(value):
                value = call(value)
            return value

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        holds, call = wiring.calls
        label = wiring.label

        async def run(value: Any) -> Any:
            value = single(value, label)
            while await holds(value):
                value = await call(value)
            return value

        return run


@overload
def loop(f: AsyncFlow[A, A], while_: Flow[A, Any] | FunctionOf[A, object]) -> AsyncFlow[A, A]: ...
@overload
def loop(f: Flow[A, A], while_: AsyncFunctionOf[A, object]) -> AsyncFlow[A, A]: ...
@overload
def loop(f: SyncFlow[A, A], while_: FunctionOf[A, object]) -> SyncFlow[A, A]: ...
@overload
def loop(
    f: AsyncFunctionOf[A, A], while_: Flow[A, Any] | FunctionOf[A, object]
) -> AsyncFlow[A, A]: ...
@overload
def loop(f: FunctionOf[A, A], while_: AsyncFunctionOf[A, object]) -> AsyncFlow[A, A]: ...
@overload
def loop(f: FunctionOf[A, A], while_: FunctionOf[A, object]) -> SyncFlow[A, A]: ...
def loop(f: Callable[..., Any], while_: Callable[..., Any]) -> Any:
    """Run `f` as long as `while_` holds, each time on the result of the one before.

    `while_` is asked before every run, so `f` may not run at all.
    """
    return build(LoopBody(to_flow(while_), to_flow(f)))
