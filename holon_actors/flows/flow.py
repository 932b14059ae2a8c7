"""`Flow`: an immutable, typed, composable function.

A flow is a body (what it does), facts about it, and nothing else: it may be shared between
threads, sent to other processes and called any number of times. There are two ways in. Called
directly it is plain Python. `apply` gives it one input by the input rule (see `inputs`), as
engines, the command line and the stages of a pipe do.

Sync or async shows in the type: `SyncFlow` returns its result, `AsyncFlow` an awaitable of
it. The `...Function` types besides know the exact parameters of a direct call.
"""

# The typed faces below say more than a common supertype can: which class a composition is, and
# that a coroutine function is not also a plain one. mypy takes the first overload that fits.
# mypy: disable-error-code="overload-overlap, no-overload-impl, override"

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, ParamSpec, Self, TypeVar, overload

from holon_actors.flows import _fluent, _run
from holon_actors.flows._body import Body
from holon_actors.flows._function import FunctionBody
from holon_actors.flows._naming import find_importable, importable
from holon_actors.flows.inputs import Call
from holon_actors.flows.meta import FlowMeta
from holon_actors.flows.probe import active_probe

if TYPE_CHECKING:
    from inspect import Signature

    from holon_actors.flows.graph import FlowGraph
    from holon_actors.flows.results import Err, Ok

In = TypeVar("In", contravariant=True)  # noqa: PLC0105  the names of the docs
Out = TypeVar("Out", covariant=True)  # noqa: PLC0105
P = ParamSpec("P")
Next = TypeVar("Next")
Awaited = Coroutine[Any, Any, Next]


class Flow(_fluent.Fluent, Generic[In, Out]):
    """A function from `In` to `Out` that composes with `|` and the combinators.

    Made by `flow(...)` and by the combinators, not by its constructor.
    """

    body: Body
    is_async: bool  # whether calling gives an awaitable; decided by structure, never by running
    _direct: Callable[..., Any] | None  # the function of a leaf
    label: str  # what it is called in paths and graphs
    given_meta: FlowMeta | None  # None when its facts are those of its parts

    def __init__(self, body: Body, meta: FlowMeta | None = None) -> None:
        facts = self.__dict__
        facts["body"] = body
        facts["given_meta"] = meta
        facts["is_async"] = body.is_async
        facts["label"] = (meta.name if meta is not None else body.kind).replace("/", "_")
        facts["_direct"] = body.function if isinstance(body, FunctionBody) else None
        if body.looks_like is not None:
            facts.update(_looks_of(body.looks_like))

    @cached_property
    def meta(self) -> FlowMeta:
        """Name, description, tags and the like."""
        return self.given_meta or _inherited_meta(self.body)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call it as plain Python: the arguments are those of the first stage.

        A composition called with exactly one positional argument takes it as its input.
        """
        direct = self._direct
        if direct is not None:
            if active_probe.get() is None:
                return direct(*args, **kwargs)
            return self.apply(Call(args, kwargs))
        if len(args) == 1 and not kwargs:
            return self.apply(args[0])
        return self.apply(Call(args, kwargs))

    def apply(self, value: Any) -> Any:
        """Run on one input, by the input rule; an awaitable when the flow is async.

        Raises:
            FlowInputError: the input does not fit.
        """
        if active_probe.get() is None:
            return self._root(value)
        return self._traced_root(value)

    @cached_property
    def compiled(self) -> Callable[[Any], Any]:
        """`apply` without the root's bookkeeping, for the bodies that contain this flow."""
        return _run.compile_plain(self)

    @cached_property
    def _root(self) -> Callable[[Any], Any]:
        root: Callable[[Any], Any] = _run.rooted(self.compiled, self)
        return root

    @cached_property
    def _traced_root(self) -> Callable[[Any], Any]:
        root: Callable[[Any], Any] = _run.rooted(_run.compile_traced(self, self.label), self)
        return root

    @cached_property
    def signature(self) -> Signature:
        """Parameters as the first stage has them, and what the last one returns."""
        from holon_actors.flows.shape import signature_of  # noqa: PLC0415

        return signature_of(self)

    def input_schema(self) -> dict[str, Any]:
        """JSON Schema of the input, from the type hints."""
        from holon_actors.flows.schema import input_schema  # noqa: PLC0415

        return input_schema(self)

    def output_schema(self) -> dict[str, Any]:
        """JSON Schema of the result, from the type hints."""
        from holon_actors.flows.schema import output_schema  # noqa: PLC0415

        return output_schema(self)

    def graph(self) -> FlowGraph:
        """The structure as data. Runs no user code."""
        from holon_actors.flows.graph import graph_of  # noqa: PLC0415

        return graph_of(self)

    def with_meta(self, **changes: Any) -> Self:
        """The same flow with other facts, such as `name=` or `isolation=`.

        Raises:
            ConfigError: an unknown fact, or a value that does not fit.
        """
        from holon_actors.flows.decorator import changed_meta  # noqa: PLC0415

        return type(self)(self.body, changed_meta(self.meta, changes))

    if TYPE_CHECKING:

        @overload
        def __or__(self, other: AsyncFlow[Out, Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: Flow[Out, Next], /) -> Flow[In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Next], /) -> Flow[In, Next]: ...

        @overload
        def pipe(self, other: AsyncFlow[Out, Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Flow[Out, Next], /) -> Flow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Next], /) -> Flow[In, Next]: ...
        @overload
        def pipe(self, other: Any, second: Any, /, *rest: Any) -> Any: ...

    if not TYPE_CHECKING:
        # Unseen by mypy, which would prefer it to the more exact `__or__` of the left operand.
        def __ror__(self, other: Any) -> Any:
            return _fluent.pipe(other, self) if callable(other) else NotImplemented

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"flow {self.label!r} is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"flow {self.label!r} is immutable: cannot delete {name!r}")

    def __repr__(self) -> str:
        from holon_actors.flows.shape import describe  # noqa: PLC0415

        return f"<flow {describe(self)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        where = _importable_name(self)
        if where is not None:
            return importable, where
        return type(self), (self.body, self.given_meta)


class SyncFlow(Flow[In, Out]):
    """A flow whose call returns its result."""

    if TYPE_CHECKING:

        def __call__(self, value: In, /) -> Out: ...
        def apply(self, value: Any) -> Out: ...

        @overload
        def __or__(self, other: AsyncFlow[Out, Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: SyncFlow[Out, Next], /) -> SyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: Flow[Out, Next], /) -> Flow[In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Next], /) -> SyncFlow[In, Next]: ...

        @overload
        def pipe(self, other: AsyncFlow[Out, Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: SyncFlow[Out, Next], /) -> SyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Flow[Out, Next], /) -> Flow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Next], /) -> SyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Any, second: Any, /, *rest: Any) -> Any: ...

        def map(self, concurrency: int | None = None) -> SyncFlow[Iterable[In], list[Out]]: ...
        def result(self) -> SyncFlow[In, Ok[Out] | Err]: ...
        def maybe(self) -> SyncFlow[In | None, Out | None]: ...
        def merge(self) -> SyncFlow[Any, Out]: ...
        def debounce(self, seconds: float) -> AsyncFlow[In, Out]: ...
        def throttle(self, seconds: float) -> AsyncFlow[In, Out]: ...


class AsyncFlow(Flow[In, Out]):
    """A flow whose call returns an awaitable of its result."""

    if TYPE_CHECKING:

        def __call__(self, value: In, /) -> Coroutine[Any, Any, Out]: ...
        def apply(self, value: Any) -> Coroutine[Any, Any, Out]: ...

        @overload
        def __or__(self, other: Flow[Out, Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFlow[In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Next], /) -> AsyncFlow[In, Next]: ...

        @overload
        def pipe(self, other: Flow[Out, Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Next], /) -> AsyncFlow[In, Next]: ...
        @overload
        def pipe(self, other: Any, second: Any, /, *rest: Any) -> Any: ...

        def map(self, concurrency: int | None = None) -> AsyncFlow[Iterable[In], list[Out]]: ...
        def result(self) -> AsyncFlow[In, Ok[Out] | Err]: ...
        def maybe(self) -> AsyncFlow[In | None, Out | None]: ...
        def merge(self) -> AsyncFlow[Any, Out]: ...
        def debounce(self, seconds: float) -> AsyncFlow[In, Out]: ...
        def throttle(self, seconds: float) -> AsyncFlow[In, Out]: ...


class SyncFunction(SyncFlow[In, Out], Generic[P, In, Out]):
    """A synchronous flow with the parameters of the function it starts with."""

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Out: ...

        @overload
        def __or__(self, other: AsyncFlow[Out, Next], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def __or__(self, other: SyncFlow[Out, Next], /) -> SyncFunction[P, In, Next]: ...
        @overload
        def __or__(self, other: Flow[Out, Next], /) -> Flow[In, Next]: ...
        @overload
        def __or__(
            self, other: Callable[[Out], Awaited[Next]], /
        ) -> AsyncFunction[P, In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Next], /) -> SyncFunction[P, In, Next]: ...

        @overload
        def pipe(self, other: AsyncFlow[Out, Next], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: SyncFlow[Out, Next], /) -> SyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: Flow[Out, Next], /) -> Flow[In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Next], /) -> SyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: Any, second: Any, /, *rest: Any) -> Any: ...


class AsyncFunction(AsyncFlow[In, Out], Generic[P, In, Out]):
    """An asynchronous flow with the parameters of the function it starts with."""

    if TYPE_CHECKING:

        def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Coroutine[Any, Any, Out]: ...

        @overload
        def __or__(self, other: Flow[Out, Next], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def __or__(
            self, other: Callable[[Out], Awaited[Next]], /
        ) -> AsyncFunction[P, In, Next]: ...
        @overload
        def __or__(self, other: Callable[[Out], Next], /) -> AsyncFunction[P, In, Next]: ...

        @overload
        def pipe(self, other: Flow[Out, Next], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Awaited[Next]], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: Callable[[Out], Next], /) -> AsyncFunction[P, In, Next]: ...
        @overload
        def pipe(self, other: Any, second: Any, /, *rest: Any) -> Any: ...


AnyFlow = Flow[Any, Any]


def build(body: Body, meta: FlowMeta | None = None) -> Any:
    """The flow that does what `body` says."""
    if isinstance(body, FunctionBody):
        return (AsyncFunction if body.is_async else SyncFunction)(body, meta)
    return (AsyncFlow if body.is_async else SyncFlow)(body, meta)


def _looks_of(function: Callable[..., Any]) -> dict[str, Any]:
    """What help(), doctest and inspect look for on a function."""
    # Without text of its own it has none: the class's is not about this function.
    looks: dict[str, Any] = {"__wrapped__": function, "__doc__": None}
    for name in ("__name__", "__qualname__", "__module__", "__doc__"):
        value = getattr(function, name, None)
        if isinstance(value, str):
            looks[name] = value
    return looks


def _inherited_meta(body: Body) -> FlowMeta:
    """Facts of a composition: those on which all its parts agree."""
    metas = [part.flow.meta for part in body.parts]
    isolations = {meta.isolation for meta in metas}
    return FlowMeta(
        name=body.kind,
        pure=bool(metas) and all(meta.pure for meta in metas),
        isolation=isolations.pop() if len(isolations) == 1 else "auto",
        idempotent=bool(metas) and all(meta.idempotent for meta in metas),
    )


def _importable_name(flow: AnyFlow) -> tuple[str, str] | None:
    """Module and name under which any process can import this very flow."""
    where: tuple[str, str] = (
        flow.__dict__.get("__module__", "__main__"),
        flow.__dict__.get("__qualname__", "<unnamed>"),
    )
    return where if find_importable(*where) is flow else None
