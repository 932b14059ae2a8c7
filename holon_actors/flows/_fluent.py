"""The combinators as methods of a flow: `add.retry(3)` is `flows.retry(add, 3)`.

Each method hands over to the combinator of the same name, which holds the documentation and
the checks. Combinators build flows, so they are imported when first used. Methods whose
result has another type than the flow are typed in `flow`, where the types are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any, Self


def _combinators() -> ModuleType:
    from holon_actors.flows import combinators  # noqa: PLC0415

    return combinators


def pipe(*flows: Any) -> Any:
    """See `flows.pipe`."""
    return _combinators().pipe(*flows)


class Fluent:
    """Methods named like the combinators whose first argument is the flow."""

    __slots__ = ()

    def pipe(self, *flows: Any) -> Any:
        """This flow, then `flows`, each on the result of the one before."""
        return _combinators().pipe(self, *flows)

    def __or__(self, other: Any) -> Any:
        return _combinators().pipe(self, other) if callable(other) else NotImplemented

    def compose(self, *flows: Any) -> Any:
        """The same as `pipe`: left to right."""
        return _combinators().pipe(self, *flows)

    def map(self, concurrency: int | None = None) -> Any:
        """See `flows.map`."""
        return _combinators().map(self, concurrency)

    def reduce(self, initial: Any) -> Any:
        """See `flows.reduce`: this flow takes the accumulator and an item."""
        return _combinators().reduce(self, initial)

    def filter(self, predicate: Callable[[Any], Any]) -> Any:
        """This flow, then `flows.filter(predicate)` on its result."""
        return _combinators().pipe(self, _combinators().filter(predicate))

    def validate(self, predicate: Callable[[Any], Any], message: str) -> Any:
        """This flow, then `flows.validate(predicate, message)` on its result."""
        return _combinators().pipe(self, _combinators().validate(predicate, message))

    def tap(self, f: Callable[[Any], Any] | None = None) -> Any:
        """Without argument `flows.tap(self)`; with one, this flow and then `flows.tap(f)`."""
        ops = _combinators()
        return ops.tap(self) if f is None else ops.pipe(self, ops.tap(f))

    def result(self) -> Any:
        """See `flows.result`."""
        return _combinators().result(self)

    def maybe(self) -> Any:
        """See `flows.maybe`."""
        return _combinators().maybe(self)

    def merge(self) -> Any:
        """See `flows.merge`."""
        return _combinators().merge(self)

    def split(self, flows: Iterable[Callable[..., Any]]) -> Any:
        """See `flows.split`: this flow is the splitter."""
        return _combinators().split(self, flows)

    def debounce(self, seconds: float) -> Any:
        """See `flows.debounce`."""
        return _combinators().debounce(self, seconds)

    def throttle(self, seconds: float) -> Any:
        """See `flows.throttle`."""
        return _combinators().throttle(self, seconds)

    def batch(self, size: int, delay: float) -> Any:
        """See `flows.batch`."""
        return _combinators().batch(self, size, delay)

    def fallback(self, other: Callable[..., Any]) -> Any:
        """See `flows.fallback`."""
        return _combinators().fallback(self, other)

    def retry(self, max_retries: int = 3, **options: Any) -> Self:
        """See `flows.retry`, whose options it takes."""
        retried: Self = _combinators().retry(self, max_retries, **options)
        return retried

    def memoize(self, **options: Any) -> Self:
        """See `flows.memoize`, whose options it takes."""
        memoized: Self = _combinators().memoize(self, **options)
        return memoized

    def timeout(self, seconds: float) -> Self:
        """See `flows.timeout`."""
        limited: Self = _combinators().timeout(self, seconds)
        return limited

    def repeat(self, times: int) -> Self:
        """See `flows.repeat`."""
        repeated: Self = _combinators().repeat(self, times)
        return repeated

    def loop(self, while_: Callable[[Any], Any]) -> Self:
        """See `flows.loop`."""
        looped: Self = _combinators().loop(self, while_)
        return looped
