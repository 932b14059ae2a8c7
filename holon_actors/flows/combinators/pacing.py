"""Async flows that decide when calls run: `debounce`, `throttle` and `batch`.

Calls made in different event loops do not see each other. What a flow made here keeps is its
own: two flows made alike are paced apart.
"""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, overload

from holon_actors.flows._body import AsyncCall, Body, Part, Wiring
from holon_actors.flows.combinators import _checks
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, FunctionOf
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.errors import FlowOutputError
from holon_actors.flows.flow import AsyncFlow, Flow, build
from holon_actors.flows.inputs import single

if TYPE_CHECKING:
    from asyncio import Event, Lock

    from holon_actors.flows._shared import PerLoop, SharedRun, Slot


@dataclass(frozen=True, eq=False, repr=False)
class PacedBody(Body):
    """Base: one flow, always awaitable, with one state for each event loop.

    The state is the body's, as a traced run and a plain one are paced together.
    """

    flow: Flow[Any, Any]
    _states: PerLoop[Any] = field(init=False)

    def __post_init__(self) -> None:
        from holon_actors.flows._shared import PerLoop  # noqa: PLC0415

        object.__setattr__(self, "_states", PerLoop(self.new_state))

    def new_state(self) -> Any:
        """The state in an event loop that has not seen this flow yet."""
        from holon_actors.flows._shared import Slot  # noqa: PLC0415

        return Slot()

    @property
    def is_async(self) -> bool:
        """Waiting is what it is for."""
        return True

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow that is paced."""
        return (Part("", self.flow),)


class _Burst:
    """Calls that came close together, to be answered by one run."""

    __slots__ = ("due", "run", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.due = 0.0
        self.run: SharedRun | None = None


@dataclass(frozen=True, eq=False, repr=False)
class DebounceBody(PacedBody):
    """Runs once calls have paused."""

    kind: ClassVar[str] = "debounce"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    quiet_s: float

    def details(self) -> dict[str, Any]:
        return {"seconds": self.quiet_s}

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        from asyncio import get_running_loop, sleep  # noqa: PLC0415

        from holon_actors.flows._shared import SharedRun  # noqa: PLC0415

        (call,) = wiring.calls
        states: PerLoop[Slot[_Burst]] = self._states

        async def answer(bursts: Slot[_Burst], burst: _Burst) -> Any:
            while (left := burst.due - get_running_loop().time()) > 0:  # noqa: ASYNC110
                await sleep(left)
            bursts.close(burst)
            return await call(burst.value)

        async def run(value: Any) -> Any:
            bursts = states.current()
            burst = bursts.open or _Burst()
            burst.value, burst.due = value, get_running_loop().time() + self.quiet_s
            if burst.run is None:
                bursts.open = burst
                burst.run = SharedRun(answer(bursts, burst), lambda: bursts.close(burst))
            return await burst.run.wait()

        return run


@overload
def debounce(f: Flow[A, B], seconds: float) -> AsyncFlow[A, B]: ...
@overload
def debounce(f: AsyncFunctionOf[A, B], seconds: float) -> AsyncFlow[A, B]: ...
@overload
def debounce(f: FunctionOf[A, B], seconds: float) -> AsyncFlow[A, B]: ...
def debounce(f: Callable[..., Any], seconds: float) -> Any:
    """Run `f` once calls have paused for `seconds`, on the latest input.

    Calls that come less than `seconds` after the one before form a burst. A burst runs `f`
    once, and every call of it gets that result, or that error. Calls that come while `f` runs
    form the next burst. When all callers of a burst are cancelled, so is its run. Always async.

    Raises:
        ConfigError: `seconds` is not more than zero.
    """
    return build(DebounceBody(to_flow(f), _checks.seconds("debounce(seconds=...)", seconds)))


class _Turns:
    """The state of a throttled flow in one loop. The lock is there only while it is used."""

    __slots__ = ("free_at", "lock", "users")

    def __init__(self) -> None:
        self.free_at = float("-inf")
        self.lock: Lock | None = None
        self.users = 0


@dataclass(frozen=True, eq=False, repr=False)
class ThrottleBody(PacedBody):
    """Keeps a distance between starts."""

    kind: ClassVar[str] = "throttle"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    distance_s: float

    def new_state(self) -> _Turns:
        """Nobody waits and the next may start."""
        return _Turns()

    def details(self) -> dict[str, Any]:
        return {"seconds": self.distance_s}

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        from asyncio import Lock, get_running_loop, sleep  # noqa: PLC0415

        (call,) = wiring.calls
        states: PerLoop[_Turns] = self._states

        async def take_turn(turns: _Turns) -> None:
            turns.lock = lock = turns.lock or Lock()
            turns.users += 1
            try:
                async with lock:
                    while (left := turns.free_at - get_running_loop().time()) > 0:  # noqa: ASYNC110
                        await sleep(left)
                    turns.free_at = get_running_loop().time() + self.distance_s
            finally:
                turns.users -= 1
                if turns.users == 0:
                    turns.lock = None

        async def run(value: Any) -> Any:
            await take_turn(states.current())
            return await call(value)

        return run


@overload
def throttle(f: Flow[A, B], seconds: float) -> AsyncFlow[A, B]: ...
@overload
def throttle(f: AsyncFunctionOf[A, B], seconds: float) -> AsyncFlow[A, B]: ...
@overload
def throttle(f: FunctionOf[A, B], seconds: float) -> AsyncFlow[A, B]: ...
def throttle(f: Callable[..., Any], seconds: float) -> Any:
    """Start `f` at most once every `seconds`; no call is dropped.

    A call that comes too early waits its turn, in order of arrival. One that is cancelled while
    it waits gives its turn to the next. Runs that take long may overlap: what is limited is how
    often `f` starts. Always async.

    Raises:
        ConfigError: `seconds` is not more than zero.
    """
    return build(ThrottleBody(to_flow(f), _checks.seconds("throttle(seconds=...)", seconds)))


class _Gathering:
    """Inputs that will run together."""

    __slots__ = ("full", "inputs", "run")

    def __init__(self, full: Event) -> None:
        self.inputs: dict[object, Any] = {}
        self.full = full
        self.run: SharedRun | None = None


@dataclass(frozen=True, eq=False, repr=False)
class BatchBody(PacedBody):
    """Gathers the inputs of many calls into one list."""

    kind: ClassVar[str] = "batch"
    size: int
    delay_s: float

    def details(self) -> dict[str, Any]:
        return {"size": self.size, "delay": self.delay_s}

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        import asyncio  # noqa: PLC0415

        from holon_actors.flows._shared import SharedRun  # noqa: PLC0415

        (call,) = wiring.calls
        label = wiring.label
        states: PerLoop[Slot[_Gathering]] = self._states

        async def answer(gatherings: Slot[_Gathering], batch: _Gathering) -> dict[object, Any]:
            try:
                async with asyncio.timeout(self.delay_s):
                    await batch.full.wait()
            except TimeoutError:
                gatherings.close(batch)
            tickets, inputs = list(batch.inputs), list(batch.inputs.values())
            outputs = _list_of(label, await call(inputs), len(inputs))
            return dict(zip(tickets, outputs, strict=True))

        def open_batch(gatherings: Slot[_Gathering]) -> _Gathering:
            batch = gatherings.open = _Gathering(asyncio.Event())
            batch.run = SharedRun(answer(gatherings, batch), lambda: gatherings.close(batch))
            return batch

        async def run(value: Any) -> Any:
            gatherings = states.current()
            batch = gatherings.open
            if batch is None:
                batch = open_batch(gatherings)
            ticket = object()
            batch.inputs[ticket] = single(value, label)
            if len(batch.inputs) == self.size:
                gatherings.close(batch)
                batch.full.set()
            assert batch.run is not None
            try:
                return (await batch.run.wait())[ticket]
            finally:
                # A caller cancelled before the batch runs takes its input along.
                batch.inputs.pop(ticket, None)

        return run


def _list_of(label: str, outputs: Any, count: int) -> list[Any]:
    if not isinstance(outputs, list | tuple):
        raise FlowOutputError(label, f"a batch returns a list, got {type(outputs).__name__}")
    if len(outputs) != count:
        raise FlowOutputError(label, f"a batch of {count} inputs returned {len(outputs)} results")
    return list(outputs)


@overload
def batch(f: Flow[list[A], list[B]], size: int, delay: float) -> AsyncFlow[A, B]: ...
@overload
def batch(f: AsyncFunctionOf[list[A], list[B]], size: int, delay: float) -> AsyncFlow[A, B]: ...
@overload
def batch(f: FunctionOf[list[A], list[B]], size: int, delay: float) -> AsyncFlow[A, B]: ...
def batch(f: Callable[..., Any], size: int, delay: float) -> Any:
    """Gather the inputs of separate calls and run `f` on the list of them.

    `f` runs when `size` inputs are there, or `delay` seconds after the first of them. It takes a
    list and returns a list of as many results, in order; each caller gets its own. If `f`
    raises, they all get the error. The input of a caller that is cancelled before the run is
    left out. Batches may overlap. Always async.

    Raises:
        ConfigError: `size` is less than 1 or `delay` less than zero.
    """
    _checks.whole("batch(size=...)", size, 1)
    return build(BatchBody(to_flow(f), size, _checks.seconds("batch(delay=...)", delay, zero=True)))
