"""`flow`: a function becomes a flow."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap, overload-cannot-match"

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import fields, replace
from inspect import cleandoc
from typing import Any, Protocol, TypedDict, TypeVar, Unpack, overload

from holon_actors.errors import ConfigError
from holon_actors.flows._function import FunctionBody
from holon_actors.flows.errors import NotAFlow
from holon_actors.flows.flow import AsyncFunction, Flow, P, SyncFunction, build
from holon_actors.flows.meta import FlowMeta, Isolation

A = TypeVar("A")
R = TypeVar("R")
A_contra = TypeVar("A_contra", contravariant=True)
R_co = TypeVar("R_co", covariant=True)
F = TypeVar("F", bound=Flow[Any, Any])

# What the input rule makes of the input of a function with several parameters.
Several = tuple[Any, ...] | list[Any] | dict[str, Any]


class FlowOptions(TypedDict, total=False):
    """The options of `flow`, which documents them."""

    name: str | None
    description: str | None
    tags: Sequence[str]
    version: str | None
    pure: bool
    isolation: Isolation
    idempotent: bool
    on_error: Callable[..., Any] | None


class TakesOne(Protocol[P, A_contra, R_co]):
    """A function that can be called with one positional value.

    The two signatures describe the same function: the first captures its exact parameters for
    direct calls, the second the type of the one value for composition.
    """

    @overload
    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R_co: ...
    @overload
    def __call__(self, value: A_contra, /) -> R_co: ...


class _Decorator(Protocol):
    """What `flow(name=...)` returns: overloads as those of `flow(function)`."""

    @overload
    def __call__(self, fn: F, /) -> F: ...
    @overload
    def __call__(self, fn: TakesOne[P, A, Coroutine[Any, Any, R]], /) -> AsyncFunction[P, A, R]: ...
    @overload
    def __call__(
        self, fn: Callable[[], Coroutine[Any, Any, R]], /
    ) -> AsyncFunction[[], object, R]: ...
    @overload
    def __call__(
        self, fn: Callable[P, Coroutine[Any, Any, R]], /
    ) -> AsyncFunction[P, Several, R]: ...
    @overload
    def __call__(self, fn: TakesOne[P, A, R], /) -> SyncFunction[P, A, R]: ...
    @overload
    def __call__(self, fn: Callable[[], R], /) -> SyncFunction[[], object, R]: ...
    @overload
    def __call__(self, fn: Callable[P, R], /) -> SyncFunction[P, Several, R]: ...


@overload
def flow(fn: None = None, **options: Unpack[FlowOptions]) -> _Decorator: ...
@overload
def flow(fn: F, **options: Unpack[FlowOptions]) -> F: ...
@overload
def flow(
    fn: TakesOne[P, A, Coroutine[Any, Any, R]], **options: Unpack[FlowOptions]
) -> AsyncFunction[P, A, R]: ...
@overload
def flow(
    fn: Callable[[], Coroutine[Any, Any, R]], **options: Unpack[FlowOptions]
) -> AsyncFunction[[], object, R]: ...
@overload
def flow(
    fn: Callable[P, Coroutine[Any, Any, R]], **options: Unpack[FlowOptions]
) -> AsyncFunction[P, Several, R]: ...
@overload
def flow(fn: TakesOne[P, A, R], **options: Unpack[FlowOptions]) -> SyncFunction[P, A, R]: ...
@overload
def flow(fn: Callable[[], R], **options: Unpack[FlowOptions]) -> SyncFunction[[], object, R]: ...
@overload
def flow(fn: Callable[P, R], **options: Unpack[FlowOptions]) -> SyncFunction[P, Several, R]: ...
def flow(fn: Any = None, **options: Any) -> Any:
    """Make a flow of a function, plain or `async`; also a decorator, with or without options.

    A flow is a value and not a method: in a class body it does not bind `self`.

    Args:
        fn: any callable; a flow gives a copy with other facts.
        name: what it is called; the function's name by default.
        description: for people; the function's docstring by default.
        tags, version: free for your own use.
        pure: same input, same output, no side effects.
        isolation: where an engine runs it: "inline", "loop", "thread", "process" or "auto".
        idempotent: running it twice does no harm.
        on_error: a flow or callable that gets an error the function raised, and whose result
            is used instead. Wrong input (`FlowInputError`) is not passed to it.

    Raises:
        ConfigError: an option is unknown or has a value that does not fit.
        NotAFlow: `fn` is not callable.
    """
    _check_options(options)
    if fn is None:
        return lambda function: _make(function, options)
    return _make(fn, options)


def to_flow(value: Any) -> Any:
    """`value` as a flow: itself, or its wrapping when it is any other callable.

    Raises:
        NotAFlow: it is neither.
    """
    return value if isinstance(value, Flow) else _make(value, {})


def changed_meta(meta: FlowMeta, changes: dict[str, Any]) -> FlowMeta:
    """`meta` with `changes` made.

    Raises:
        ConfigError: an unknown fact, or a value that does not fit.
    """
    _check_options(changes)
    return replace(meta, **changes)


_FACTS = tuple(field.name for field in fields(FlowMeta))


def _check_options(options: dict[str, Any]) -> None:
    known = (*_FACTS, "on_error")
    for name in options:
        if name not in known:
            raise ConfigError(f"flow({name}=...): no such option; there are: {', '.join(known)}")


def _make(function: Any, options: dict[str, Any]) -> Any:
    facts = {name: value for name, value in options.items() if value is not None}
    on_error = facts.pop("on_error", None)
    if isinstance(function, Flow):
        made = function.with_meta(**facts) if facts else function
    elif callable(function):
        made = build(FunctionBody(function), _meta_of(function, facts))
    else:
        kind = type(function).__name__
        raise NotAFlow(f"expected a flow, a function or another callable; got {kind} {function!r}")
    if on_error is None:
        return made
    from holon_actors.flows.combinators.failure import handled  # noqa: PLC0415

    return handled(made, to_flow(on_error))


def _meta_of(function: Callable[..., Any], facts: dict[str, Any]) -> FlowMeta:
    own = getattr(function, "__name__", None) or type(function).__name__
    doc = getattr(function, "__doc__", None) if hasattr(function, "__name__") else None
    defaults = {"name": own, "description": cleandoc(doc).split("\n\n")[0] if doc else ""}
    return FlowMeta(**{**defaults, **facts})
