"""The smallest flows: `identity`, `constant`, and the ones that look but do not change."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows._function import FunctionBody
from holon_actors.flows.combinators import _checks
from holon_actors.flows.combinators._types import A, AsyncFunctionOf, B, FunctionOf
from holon_actors.flows.decorator import Several, to_flow
from holon_actors.flows.errors import FlowInputError
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, SyncFunction, build
from holon_actors.flows.inputs import single
from holon_actors.flows.meta import FlowMeta


def _same(value: Any) -> Any:
    return value


identity: SyncFunction[[Any], Any, Any] = build(
    FunctionBody(_same), FlowMeta(name="identity", pure=True, idempotent=True)
)


@dataclass(frozen=True, eq=False, repr=False)
class ConstantBody(Body):
    """Always the same value."""

    kind: ClassVar[str] = "constant"
    value: Any

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        fixed, _ = self.value, wiring
        return lambda _: fixed


def constant(value: A) -> SyncFlow[object, A]:
    """A flow that ignores its input and returns `value`."""
    made: SyncFlow[object, A] = build(ConstantBody(value))
    return made


@dataclass(frozen=True, eq=False, repr=False)
class TapBody(Body):
    """Runs a flow for its effect and hands the input on."""

    kind: ClassVar[str] = "tap"
    entry: ClassVar[int | None] = 0
    flow: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow run for its effect."""
        return (Part("", self.flow),)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        (call,) = wiring.calls

        def run(value: Any) -> Any:
            call(single(value, label))
            return value

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        (call,) = wiring.calls

        async def run(value: Any) -> Any:
            await call(single(value, label))
            return value

        return run


@overload
def tap(f: AsyncFunctionOf[A, object]) -> AsyncFlow[A, A]: ...
@overload
def tap(f: SyncFlow[A, object] | FunctionOf[A, object]) -> SyncFlow[A, A]: ...
@overload
def tap(f: Flow[A, Any]) -> Flow[A, A]: ...
def tap(f: Callable[..., Any]) -> Any:
    """Run `f` for its effect and hand the input on unchanged. An error of `f` surfaces."""
    return build(TapBody(to_flow(f)))


@dataclass(frozen=True, eq=False, repr=False)
class ValidateBody(Body):
    """Hands the input on if a predicate holds."""

    kind: ClassVar[str] = "validate"
    entry: ClassVar[int | None] = 0
    predicate: Flow[Any, Any]
    message: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """The predicate."""
        return (Part("", self.predicate),)

    def details(self) -> dict[str, Any]:
        return {"message": self.message}

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        (holds,) = wiring.calls

        def run(value: Any) -> Any:
            if not holds(single(value, label)):
                raise FlowInputError(label, None, self.message)
            return value

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        (holds,) = wiring.calls

        async def run(value: Any) -> Any:
            if not await holds(single(value, label)):
                raise FlowInputError(label, None, self.message)
            return value

        return run


@overload
def validate(predicate: AsyncFunctionOf[A, object], message: str) -> AsyncFlow[A, A]: ...
@overload
def validate(
    predicate: SyncFlow[A, object] | FunctionOf[A, object], message: str
) -> SyncFlow[A, A]: ...
@overload
def validate(predicate: Flow[A, Any], message: str) -> Flow[A, A]: ...
def validate(predicate: Callable[..., Any], message: str) -> Any:
    """Hand the input on if `predicate(input)` is true.

    Raises:
        ConfigError: `message` is not a text.
        FlowInputError: when run on an input for which it is not; its reason is `message`.
    """
    _checks.text("validate(message=...)", message)
    return build(ValidateBody(to_flow(predicate), message))


@dataclass(frozen=True, eq=False, repr=False)
class MergeBody(Body):
    """Takes several results as the parameters of one flow."""

    kind: ClassVar[str] = "merge"
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = 0
    flow: Flow[Any, Any]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The flow that gets the results."""
        return (Part("", self.flow),)

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        return wiring.calls[0]

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        return wiring.calls[0]


@overload
def merge(f: SyncFlow[A, B]) -> SyncFlow[Several, B]: ...
@overload
def merge(f: AsyncFlow[A, B]) -> AsyncFlow[Several, B]: ...
@overload
def merge(f: Flow[A, B]) -> Flow[Several, B]: ...
@overload
def merge(f: Callable[..., Coroutine[Any, Any, B]]) -> AsyncFlow[Several, B]: ...
@overload
def merge(f: Callable[..., B]) -> SyncFlow[Several, B]: ...
def merge(f: Callable[..., Any]) -> Any:
    """Pass the results of branches, a list or dict, to the parameters of `f`.

    `parallel(x=f, y=g) | merge(add)` calls `add(x=..., y=...)`. A flow of one parameter gets
    the list or dict as it is: this is the input rule, under a name that says what is meant.
    """
    return build(MergeBody(to_flow(f)))
