"""Flows that deal with failure: `retry`, `fallback`, `result`, `maybe` and error handlers.

Only `Exception`s count as failure: cancellation, Ctrl-C and the like pass through.
"""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from holon_actors.errors import ConfigError
from holon_actors.flows._backoff import BACKOFFS, Backoff, RetryPolicy
from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows.clock import current_clock
from holon_actors.flows.combinators._checks import seconds, whole
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, C, F, FunctionOf
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.errors import FlowInputError
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, build
from holon_actors.flows.results import Err, Ok

ErrorTypes = type[Exception] | tuple[type[Exception], ...]


@dataclass(frozen=True, eq=False, repr=False)
class RetryBody(Body):
    """Runs a flow again when it fails."""

    kind: ClassVar[str] = "retry"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    policy: RetryPolicy
    retry_on: ErrorTypes = Exception

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow that is run again."""
        return (Part("", self.flow),)

    def details(self) -> dict[str, Any]:
        return {"max_retries": self.policy.max_retries, "backoff": self.policy.backoff}

    def _again(self, failed: int, error: Exception) -> bool:
        """Whether to run once more after `failed` failures. Wrong input stays wrong."""
        if failed > self.policy.max_retries or not isinstance(error, self.retry_on):
            return False
        return not isinstance(error, FlowInputError)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        (call,) = wiring.calls

        def run(value: Any) -> Any:
            failed = 0
            while True:
                try:
                    return call(value)
                except Exception as error:
                    failed += 1
                    if not self._again(failed, error):
                        raise
                clock = current_clock()
                wait = self.policy.wait_s(failed, clock.random)
                if wait > 0:
                    clock.sleep(wait)

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        from asyncio import sleep  # noqa: PLC0415

        (call,) = wiring.calls

        async def run(value: Any) -> Any:
            failed = 0
            while True:
                try:
                    return await call(value)
                except Exception as error:
                    failed += 1
                    if not self._again(failed, error):
                        raise
                await sleep(self.policy.wait_s(failed, current_clock().random))

        return run


@overload
def retry(
    f: F,
    max_retries: int = 3,
    delay: float = 0.1,
    backoff: Backoff = "exponential",
    jitter: bool = True,
    retry_on: ErrorTypes = Exception,
    *,
    max_delay: float = 60.0,
) -> F: ...
@overload
def retry(
    f: AsyncFunctionOf[A, B],
    max_retries: int = 3,
    delay: float = 0.1,
    backoff: Backoff = "exponential",
    jitter: bool = True,
    retry_on: ErrorTypes = Exception,
    *,
    max_delay: float = 60.0,
) -> AsyncFlow[A, B]: ...
@overload
def retry(
    f: FunctionOf[A, B],
    max_retries: int = 3,
    delay: float = 0.1,
    backoff: Backoff = "exponential",
    jitter: bool = True,
    retry_on: ErrorTypes = Exception,
    *,
    max_delay: float = 60.0,
) -> SyncFlow[A, B]: ...
def retry(
    f: Callable[..., Any],
    max_retries: int = 3,
    delay: float = 0.1,
    backoff: Backoff = "exponential",
    jitter: bool = True,
    retry_on: ErrorTypes = Exception,
    *,
    max_delay: float = 60.0,
) -> Any:
    """Run `f` again when it fails: at most `1 + max_retries` times in all.

    Args:
        f: the flow.
        max_retries: how many times more, after the first.
        delay: seconds before the first retry; 0 retries at once.
        backoff: how the wait grows: "constant", "linear" or "exponential" (doubling).
        jitter: wait a random part of it (full jitter), so that many callers spread out.
        retry_on: the error type, or tuple of types, worth another try. `FlowInputError` never
            is, nor cancellation.
        max_delay: no single wait is longer, in seconds.

    The last error is raised as it is.

    Raises:
        ConfigError: a setting is out of range; the message names it.
    """
    whole("retry(max_retries=...)", max_retries, 0)
    seconds("retry(delay=...)", delay, zero=True)
    seconds("retry(max_delay=...)", max_delay, zero=True)
    if backoff not in BACKOFFS:
        raise ConfigError(f"retry(backoff=...): one of {', '.join(BACKOFFS)}; got {backoff!r}")
    kinds = retry_on if isinstance(retry_on, tuple) else (retry_on,)
    if not kinds or not all(_is_error_type(kind) for kind in kinds):
        raise ConfigError(f"retry(retry_on=...): expected exception types, got {retry_on!r}")
    policy = RetryPolicy(max_retries, delay, backoff, bool(jitter), max_delay)
    return build(RetryBody(to_flow(f), policy, retry_on))


def _is_error_type(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Exception)


@dataclass(frozen=True, eq=False, repr=False)
class FallbackBody(Body):
    """Another flow on the same input when the first one fails."""

    kind: ClassVar[str] = "fallback"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    other: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow, and the one to fall back on."""
        return (Part(".first", self.flow), Part(".other", self.other))

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        first, other = wiring.calls

        def run(value: Any) -> Any:
            try:
                return first(value)
            except Exception:  # noqa: BLE001  any failure is what it is for
                return other(value)

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        first, other = wiring.calls

        async def run(value: Any) -> Any:
            try:
                return await first(value)
            except Exception:  # noqa: BLE001  any failure is what it is for
                return await other(value)

        return run


@overload
def fallback(f: SyncFlow[A, B], other: SyncFlow[A, C]) -> SyncFlow[A, B | C]: ...
@overload
def fallback(f: AsyncFlow[A, B], other: Flow[A, C]) -> AsyncFlow[A, B | C]: ...
@overload
def fallback(f: Flow[A, B], other: AsyncFlow[A, C]) -> AsyncFlow[A, B | C]: ...
@overload
def fallback(f: Flow[A, B], other: Flow[A, C] | FunctionOf[A, C]) -> Flow[A, B | C]: ...
@overload
def fallback(f: FunctionOf[A, B], other: Flow[A, C] | FunctionOf[A, C]) -> Flow[A, B | C]: ...
def fallback(f: Callable[..., Any], other: Callable[..., Any]) -> Any:
    """Run `f`; if it fails, run `other` on the same input and return its result."""
    return build(FallbackBody(to_flow(f), to_flow(other)))


@dataclass(frozen=True, eq=False, repr=False)
class HandledBody(Body):
    """A flow with a handler that turns its errors into results."""

    kind: ClassVar[str] = "on_error"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    handler: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow and its handler."""
        return (Part("", self.flow), Part(".on_error", self.handler))

    @property
    def looks_like(self) -> Callable[..., Any] | None:
        """What the flow looks like without the handler."""
        return self.flow.body.looks_like

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        call, handle = wiring.calls

        def run(value: Any) -> Any:
            try:
                return call(value)
            except FlowInputError:
                raise
            except Exception as error:  # noqa: BLE001  any failure is what it is for
                return handle(error)

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        call, handle = wiring.calls

        async def run(value: Any) -> Any:
            try:
                return await call(value)
            except FlowInputError:
                raise
            except Exception as error:  # noqa: BLE001  any failure is what it is for
                return await handle(error)

        return run


def handled(f: Flow[Any, Any], handler: Flow[Any, Any]) -> Any:
    """`f` under its own name, with `handler` for its errors: `flow(on_error=...)`."""
    return build(HandledBody(f, handler), f.meta)


@dataclass(frozen=True, eq=False, repr=False)
class ResultBody(Body):
    """A flow whose errors are values."""

    kind: ClassVar[str] = "result"
    entry: ClassVar[int | None] = 0
    flow: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow whose outcome is wrapped."""
        return (Part("", self.flow),)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        (call,) = wiring.calls

        def run(value: Any) -> Any:
            try:
                return Ok(call(value))
            except Exception as error:  # noqa: BLE001  any failure is what it is for
                return Err(error)

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        (call,) = wiring.calls

        async def run(value: Any) -> Any:
            try:
                return Ok(await call(value))
            except Exception as error:  # noqa: BLE001  any failure is what it is for
                return Err(error)

        return run


@overload
def result(f: SyncFlow[A, B]) -> SyncFlow[A, Ok[B] | Err]: ...
@overload
def result(f: AsyncFlow[A, B]) -> AsyncFlow[A, Ok[B] | Err]: ...
@overload
def result(f: Flow[A, B]) -> Flow[A, Ok[B] | Err]: ...
@overload
def result(f: AsyncFunctionOf[A, B]) -> AsyncFlow[A, Ok[B] | Err]: ...
@overload
def result(f: FunctionOf[A, B]) -> SyncFlow[A, Ok[B] | Err]: ...
def result(f: Callable[..., Any]) -> Any:
    """Run `f`; `Ok(value)`, or `Err(error)` when it raised."""
    return build(ResultBody(to_flow(f)))


@dataclass(frozen=True, eq=False, repr=False)
class MaybeBody(Body):
    """A flow that None goes past."""

    kind: ClassVar[str] = "maybe"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow that runs on anything but None."""
        return (Part("", self.flow),)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        (call,) = wiring.calls
        return lambda value: None if value is None else call(value)

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        (call,) = wiring.calls

        async def run(value: Any) -> Any:
            return None if value is None else await call(value)

        return run


@overload
def maybe(f: SyncFlow[A, B]) -> SyncFlow[A | None, B | None]: ...
@overload
def maybe(f: AsyncFlow[A, B]) -> AsyncFlow[A | None, B | None]: ...
@overload
def maybe(f: Flow[A, B]) -> Flow[A | None, B | None]: ...
@overload
def maybe(f: AsyncFunctionOf[A, B]) -> AsyncFlow[A | None, B | None]: ...
@overload
def maybe(f: FunctionOf[A, B]) -> SyncFlow[A | None, B | None]: ...
def maybe(f: Callable[..., Any]) -> Any:
    """Run `f` unless the input is None, which passes through."""
    return build(MaybeBody(to_flow(f)))
