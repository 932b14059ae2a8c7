"""`timeout`: an upper bound on how long a flow takes."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows.clock import current_clock
from holon_actors.flows.combinators import _checks
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, F, FunctionOf
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.errors import FlowTimeout
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, build


@dataclass(frozen=True, eq=False, repr=False)
class TimeoutBody(Body):
    """A flow that fails when it takes too long."""

    kind: ClassVar[str] = "timeout"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    limit_s: float

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow that is limited."""
        return (Part("", self.flow),)

    def details(self) -> dict[str, Any]:
        return {"seconds": self.limit_s}

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        (call,) = wiring.calls
        name, limit_s = self.flow.label, self.limit_s

        def run(value: Any) -> Any:
            clock = current_clock()
            started = clock.monotonic()
            result = call(value)
            if clock.monotonic() - started > limit_s:
                raise FlowTimeout(name, limit_s)
            return result

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        import asyncio  # noqa: PLC0415

        (call,) = wiring.calls
        name, limit_s = self.flow.label, self.limit_s

        async def run(value: Any) -> Any:
            limit = asyncio.timeout(limit_s)
            try:
                async with limit:
                    return await call(value)
            except TimeoutError as error:
                # A TimeoutError of the flow's own is the user's and passes as it is.
                if limit.expired() and isinstance(error.__cause__, asyncio.CancelledError):
                    raise FlowTimeout(name, limit_s) from error
                raise

        return run


@overload
def timeout(f: F, seconds: float) -> F: ...
@overload
def timeout(f: AsyncFunctionOf[A, B], seconds: float) -> AsyncFlow[A, B]: ...
@overload
def timeout(f: FunctionOf[A, B], seconds: float) -> SyncFlow[A, B]: ...
def timeout(f: Callable[..., Any], seconds: float) -> Any:
    """Fail with `FlowTimeout` when `f` takes longer than `seconds`.

    An async `f` is cancelled at its next await. A sync `f` cannot be interrupted: it runs to
    its end and the time is checked after; an engine's thread or process isolation can do more.

    Raises:
        ConfigError: `seconds` is not more than zero.
    """
    limit_s = _checks.seconds("timeout(seconds=...)", seconds)
    return build(TimeoutBody(to_flow(f), limit_s))
