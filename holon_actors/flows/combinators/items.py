"""Flows over the items of an iterable: `map`, `filter` and `reduce`."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

# `map` and `filter` are what everybody calls them.
# ruff: noqa: A001

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows._run import extend_path
from holon_actors.flows.combinators._checks import whole
from holon_actors.flows.combinators._group import gather_all
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, FunctionOf
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.errors import FlowInputError
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, build
from holon_actors.flows.inputs import single


def items_of(value: Any, label: str) -> Iterable[Any]:
    """`value`, if it can be iterated over; else FlowInputError."""
    if not isinstance(value, Iterable):
        single(value, label)
        raise FlowInputError(label, None, f"takes an iterable, got {type(value).__name__}")
    return value


@dataclass(frozen=True, eq=False, repr=False)
class MapBody(Body):
    """A flow on every item, in order; at most `concurrency` at a time when async."""

    kind: ClassVar[str] = "map"
    locates: ClassVar[bool] = True
    flow: Flow[Any, Any]
    concurrency: int | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow run on each item."""
        return (Part("", self.flow),)

    def details(self) -> dict[str, Any]:
        return {} if self.concurrency is None else {"concurrency": self.concurrency}

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        (call,) = wiring.calls

        def run(value: Any) -> Any:
            results: list[Any] = []
            items = iter(items_of(value, label))
            for item in items:
                try:
                    results.append(call(item))
                except Exception as error:
                    extend_path(error, f"{label}[{len(results)}]/", self.flow)
                    raise
            return results

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        label, limit = wiring.label, self.concurrency
        each = _each_async(wiring, self.flow)

        async def run(value: Any) -> Any:
            items = list(items_of(value, label))
            if limit is None or limit >= len(items):
                return await gather_all([each(at, item) for at, item in enumerate(items)])
            results: list[Any] = [None] * len(items)
            waiting = iter(enumerate(items))

            async def work() -> None:
                for at, item in waiting:
                    results[at] = await each(at, item)

            await gather_all([work() for _ in range(limit)])
            return results

        return run


@overload
def map(f: SyncFlow[A, B], concurrency: int | None = None) -> SyncFlow[Iterable[A], list[B]]: ...
@overload
def map(f: AsyncFlow[A, B], concurrency: int | None = None) -> AsyncFlow[Iterable[A], list[B]]: ...
@overload
def map(f: Flow[A, B], concurrency: int | None = None) -> Flow[Iterable[A], list[B]]: ...
@overload
def map(
    f: AsyncFunctionOf[A, B], concurrency: int | None = None
) -> AsyncFlow[Iterable[A], list[B]]: ...
@overload
def map(f: FunctionOf[A, B], concurrency: int | None = None) -> SyncFlow[Iterable[A], list[B]]: ...
def map(f: Callable[..., Any], concurrency: int | None = None) -> Any:
    """Run `f` on every item of an iterable; a list of the results, in order.

    An async `f` runs on all items together, or on `concurrency` of them at a time; the failure
    of one cancels the others. A sync `f` runs on one after the other.

    Raises:
        ConfigError: `concurrency` is not a whole number of at least 1.
    """
    if concurrency is not None:
        whole("map(concurrency=...)", concurrency, 1)
    return build(MapBody(to_flow(f), concurrency))


@dataclass(frozen=True, eq=False, repr=False)
class FilterBody(Body):
    """The items for which a predicate holds."""

    kind: ClassVar[str] = "filter"
    locates: ClassVar[bool] = True
    predicate: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The predicate."""
        return (Part("", self.predicate),)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        test = _each_sync(wiring, self.predicate)

        def run(value: Any) -> Any:
            items = items_of(value, label)
            return [item for at, item in enumerate(items) if test(at, item)]

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        test = _each_async(wiring, self.predicate)

        async def run(value: Any) -> Any:
            items = list(items_of(value, label))
            kept = await gather_all([test(at, item) for at, item in enumerate(items)])
            return [item for item, keep in zip(items, kept, strict=True) if keep]

        return run


@overload
def filter(predicate: AsyncFunctionOf[A, object]) -> AsyncFlow[Iterable[A], list[A]]: ...
@overload
def filter(
    predicate: SyncFlow[A, object] | FunctionOf[A, object],
) -> SyncFlow[Iterable[A], list[A]]: ...
@overload
def filter(predicate: Flow[A, Any]) -> Flow[Iterable[A], list[A]]: ...
def filter(predicate: Callable[..., Any]) -> Any:
    """The items of an iterable for which `predicate` holds, as a list, in order.

    An async predicate runs on all items together.
    """
    return build(FilterBody(to_flow(predicate)))


@dataclass(frozen=True, eq=False, repr=False)
class ReduceBody(Body):
    """One value from many, left to right."""

    kind: ClassVar[str] = "reduce"
    locates: ClassVar[bool] = True
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    initial: Any

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow of accumulator and item."""
        return (Part("", self.flow),)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        step = _each_sync(wiring, self.flow)

        def run(value: Any) -> Any:
            total = self.initial
            for at, item in enumerate(items_of(value, label)):
                total = step(at, (total, item))
            return total

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        step = _each_async(wiring, self.flow)

        async def run(value: Any) -> Any:
            total = self.initial
            for at, item in enumerate(items_of(value, label)):
                total = await step(at, (total, item))
            return total

        return run


@overload
def reduce(
    f: Callable[[B, A], Coroutine[Any, Any, B]], initial: B
) -> AsyncFlow[Iterable[A], B]: ...
@overload
def reduce(f: Callable[[B, A], B], initial: B) -> SyncFlow[Iterable[A], B]: ...
@overload
def reduce(f: Flow[Any, B], initial: B) -> Flow[Iterable[Any], B]: ...
def reduce(f: Callable[..., Any], initial: Any) -> Any:
    """Fold an iterable into one value: `f(accumulator, item)` for every item, in order.

    `initial` is the first accumulator, and the result when there are no items; `f` should not
    change it in place, as every run starts from the same one.
    """
    return build(ReduceBody(to_flow(f), initial))


def _each_sync(wiring: Wiring[SyncCall], part: Flow[Any, Any]) -> Callable[[int, Any], Any]:
    """The part's callable, recording the number of the item on failure."""
    (call,) = wiring.calls
    label = wiring.label

    def each(at: int, item: Any) -> Any:
        try:
            return call(item)
        except Exception as error:
            extend_path(error, f"{label}[{at}]/", part)
            raise

    return each


def _each_async(
    wiring: Wiring[AsyncCall], part: Flow[Any, Any]
) -> Callable[[int, Any], Coroutine[Any, Any, Any]]:
    """The part's callable, recording the number of the item on failure."""
    (call,) = wiring.calls
    label = wiring.label

    async def each(at: int, item: Any) -> Any:
        try:
            return await call(item)
        except Exception as error:
            extend_path(error, f"{label}[{at}]/", part)
            raise

    return each
