"""`memoize`: results kept for inputs seen before, computed once however many ask at a time."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable, Hashable
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, partial
from threading import Event, Lock, get_ident
from typing import TYPE_CHECKING, Any, ClassVar, overload

from holon_actors.errors import ConfigError
from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows._cache import MISSING, Cache, key_of
from holon_actors.flows.clock import current_clock
from holon_actors.flows.combinators._checks import seconds, whole
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, F, FunctionOf
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.errors import FlowInputError
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, build
from holon_actors.flows.inputs import Parameters, bind_input, read_parameters

if TYPE_CHECKING:
    from holon_actors.flows._shared import PerLoop, SharedRun, Slot

# What the running task is computing: each the id of a body and a key.
_computing: ContextVar[frozenset[tuple[int, Hashable]]] = ContextVar(
    "holon_memoize_computing", default=frozenset()
)


class _Flight:
    """A value being computed in one thread while others wait for it."""

    __slots__ = ("done", "error", "owner", "value")

    def __init__(self) -> None:
        self.done = Event()
        self.owner = get_ident()
        self.value: Any = None
        self.error: BaseException | None = None


@dataclass(frozen=True, eq=False, repr=False)
class MemoizeBody(Body):
    """A flow whose results are remembered. The memory belongs to this very flow value."""

    kind: ClassVar[str] = "memoize"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]
    key: Callable[..., Hashable] | None
    ttl_s: float | None
    size_max: int | None
    _cache: Cache = field(init=False)
    _lock: Lock = field(init=False, default_factory=Lock)
    _flights: dict[Hashable, _Flight] = field(init=False, default_factory=dict)
    _runs: PerLoop[dict[Hashable, Slot[SharedRun]]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_cache", Cache(self.size_max, self.ttl_s))
        if self.is_async:
            from holon_actors.flows._shared import PerLoop  # noqa: PLC0415

            object.__setattr__(self, "_runs", PerLoop(dict))

    @cached_property
    def _key_parameters(self) -> Parameters:
        assert self.key is not None
        return read_parameters(self.key)

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow whose results are remembered."""
        return (Part("", self.flow),)

    def details(self) -> dict[str, Any]:
        return {"ttl": self.ttl_s, "max_size": self.size_max}

    def _key(self, value: Any, label: str) -> Hashable:
        if self.key is not None:
            call = bind_input(f"{label}(key=...)", self._key_parameters, value)
            return self.key(*call.args, **call.kwargs)
        try:
            return key_of(value)
        except TypeError as error:
            raise FlowInputError(label, None, f"no cache key ({error}): give key=") from error

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        (call,) = wiring.calls
        label = wiring.label

        def run(value: Any) -> Any:
            key = self._key(value, label)
            with self._lock:
                known = self._cache.get(key, current_clock().monotonic())
                if known is not MISSING:
                    return known
                flight = self._flights.get(key)
                leads = flight is None
                if flight is None:
                    flight = self._flights[key] = _Flight()
            if leads:
                return self._compute(key, flight, call, value)
            if flight.owner == get_ident():
                # The computation asks for its own result: let it recurse as it would uncached.
                return call(value)
            return _outcome(flight)

        return run

    def _compute(self, key: Hashable, flight: _Flight, call: SyncCall, value: Any) -> Any:
        try:
            flight.value = call(value)
        except BaseException as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                if flight.error is None:
                    self._cache.put(key, flight.value, current_clock().monotonic())
                del self._flights[key]
            flight.done.set()
        return flight.value

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        from asyncio import get_running_loop  # noqa: PLC0415

        from holon_actors.flows._shared import SharedRun, Slot  # noqa: PLC0415

        (call,) = wiring.calls
        label = wiring.label

        async def compute(key: Hashable, value: Any, slot: Slot[SharedRun]) -> Any:
            # The task has a context of its own: what it calls sees this, its caller does not.
            _computing.set(_computing.get() | {(id(self), key)})
            try:
                result = await call(value)
            finally:
                forget(key, slot)
            with self._lock:
                self._cache.put(key, result, get_running_loop().time())
            return result

        def forget(key: Hashable, slot: Slot[SharedRun]) -> None:
            here = self._runs.current()
            if here.get(key) is slot:
                del here[key]

        async def run(value: Any) -> Any:
            key = self._key(value, label)
            with self._lock:
                known = self._cache.get(key, get_running_loop().time())
            if known is not MISSING:
                return known
            here = self._runs.current()
            slot = here.get(key)
            if slot is not None and (id(self), key) in _computing.get():
                return await call(value)  # its own result: recurse as it would uncached
            if slot is None:
                slot = here[key] = Slot()
                slot.open = SharedRun(compute(key, value, slot), partial(forget, key, slot))
            assert slot.open is not None
            return await slot.open.wait()

        return run


def _outcome(flight: _Flight) -> Any:
    flight.done.wait()
    if flight.error is not None:
        raise flight.error
    return flight.value


@overload
def memoize(
    f: F,
    key: Callable[..., Hashable] | None = None,
    ttl: float | None = None,
    max_size: int | None = 1024,
) -> F: ...
@overload
def memoize(
    f: AsyncFunctionOf[A, B],
    key: Callable[..., Hashable] | None = None,
    ttl: float | None = None,
    max_size: int | None = 1024,
) -> AsyncFlow[A, B]: ...
@overload
def memoize(
    f: FunctionOf[A, B],
    key: Callable[..., Hashable] | None = None,
    ttl: float | None = None,
    max_size: int | None = 1024,
) -> SyncFlow[A, B]: ...
def memoize(
    f: Callable[..., Any],
    key: Callable[..., Hashable] | None = None,
    ttl: float | None = None,
    max_size: int | None = 1024,
) -> Any:
    """Remember the results of `f` by input.

    However many threads or tasks ask for the same input at a time, `f` runs once, and they all
    get its result or its error. Errors are not remembered. A caller that is cancelled does not
    disturb the others; when all are, so is the run.

    Args:
        f: the flow; best a pure one.
        key: from the input, what to remember it by; the input becomes its arguments by the input
            rule. By default the input itself, with its type; lists, dicts and sets are fine.
        ttl: seconds until a result is forgotten; None keeps it.
        max_size: how many results are kept, the least recently used going first; None keeps
            all.

    Raises:
        ConfigError: a setting is out of range; the message names it.
    """
    if key is not None and not callable(key):
        raise ConfigError(f"memoize(key=...): expected a callable, got {key!r}")
    if ttl is not None:
        seconds("memoize(ttl=...)", ttl)
    if max_size is not None:
        whole("memoize(max_size=...)", max_size, 1)
    return build(MemoizeBody(to_flow(f), key, ttl, max_size))
