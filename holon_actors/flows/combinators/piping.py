"""`pipe` and `compose`: one flow after the other."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, TypeVar, overload

from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows._run import extend_path
from holon_actors.flows.combinators.basic import identity
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.flow import Flow, P, SyncFlow, SyncFunction, build

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")
E = TypeVar("E")
G = TypeVar("G")
H = TypeVar("H")
F = TypeVar("F", bound=Flow[Any, Any])

# A stage of a pipe: a flow, or a plain function of one parameter.
Stage = Flow[A, B] | Callable[[A], B]


@dataclass(frozen=True, eq=False, repr=False)
class PipeBody(Body):
    """Stages, each on the result of the one before. Two at least; none is an unnamed pipe."""

    kind: ClassVar[str] = "pipe"
    locates: ClassVar[bool] = True
    entry: ClassVar[int | None] = 0
    outcome: ClassVar[int | None] = -1
    stages: tuple[Flow[Any, Any], ...]

    def __post_init__(self) -> None:
        found = any(stage.is_async for stage in self.stages)
        self.__dict__["_is_async"] = found

    @property
    def is_async(self) -> bool:
        """Whether a stage is awaitable."""
        return bool(self.__dict__["_is_async"])

    @property
    def parts(self) -> tuple[Part, ...]:
        """The stages, selected by number."""
        return tuple(Part(f"[{at}]", stage) for at, stage in enumerate(self.stages))

    @property
    def links(self) -> Iterable[tuple[int, int]]:
        """Each stage hands on to the next."""
        return pairwise(range(len(self.stages)))

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        calls = wiring.calls
        stages = tuple(enumerate(calls))

        def run(value: Any) -> Any:
            at = 0
            try:
                for at, call in stages:  # noqa: B007  read by the handler
                    value = call(value)
            except Exception as error:
                extend_path(error, f"{label}[{at}]/", self.stages[at])
                raise
            return value

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        calls = wiring.calls
        stages = tuple(enumerate(calls))

        async def run(value: Any) -> Any:
            at = 0
            try:
                for at, call in stages:  # noqa: B007  read by the handler
                    value = await call(value)
            except Exception as error:
                extend_path(error, f"{label}[{at}]/", self.stages[at])
                raise
            return value

        return run


@overload
def pipe() -> SyncFlow[Any, Any]: ...
@overload
def pipe(a: F, /) -> F: ...
@overload
def pipe(a: SyncFunction[P, A, B], b: SyncFlow[B, C], /) -> SyncFunction[P, A, C]: ...
@overload
def pipe(a: SyncFlow[A, B], b: SyncFlow[B, C], /) -> SyncFlow[A, C]: ...
@overload
def pipe(a: Flow[A, B], b: Flow[B, C], /) -> Flow[A, C]: ...
@overload
def pipe(a: Stage[A, B], b: Stage[B, C], /) -> Flow[A, C]: ...
@overload
def pipe(
    a: SyncFunction[P, A, B], b: SyncFlow[B, C], c: SyncFlow[C, D], /
) -> SyncFunction[P, A, D]: ...
@overload
def pipe(a: SyncFlow[A, B], b: SyncFlow[B, C], c: SyncFlow[C, D], /) -> SyncFlow[A, D]: ...
@overload
def pipe(a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], /) -> Flow[A, D]: ...
@overload
def pipe(a: Stage[A, B], b: Stage[B, C], c: Stage[C, D], /) -> Flow[A, D]: ...
@overload
def pipe(
    a: SyncFunction[P, A, B], b: SyncFlow[B, C], c: SyncFlow[C, D], d: SyncFlow[D, E], /
) -> SyncFunction[P, A, E]: ...
@overload
def pipe(
    a: SyncFlow[A, B], b: SyncFlow[B, C], c: SyncFlow[C, D], d: SyncFlow[D, E], /
) -> SyncFlow[A, E]: ...
@overload
def pipe(a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], d: Flow[D, E], /) -> Flow[A, E]: ...
@overload
def pipe(a: Stage[A, B], b: Stage[B, C], c: Stage[C, D], d: Stage[D, E], /) -> Flow[A, E]: ...
@overload
def pipe(
    a: SyncFunction[P, A, B],
    b: SyncFlow[B, C],
    c: SyncFlow[C, D],
    d: SyncFlow[D, E],
    e: SyncFlow[E, G],
    /,
) -> SyncFunction[P, A, G]: ...
@overload
def pipe(
    a: SyncFlow[A, B], b: SyncFlow[B, C], c: SyncFlow[C, D], d: SyncFlow[D, E], e: SyncFlow[E, G], /
) -> SyncFlow[A, G]: ...
@overload
def pipe(
    a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], d: Flow[D, E], e: Flow[E, G], /
) -> Flow[A, G]: ...
@overload
def pipe(
    a: Stage[A, B], b: Stage[B, C], c: Stage[C, D], d: Stage[D, E], e: Stage[E, G], /
) -> Flow[A, G]: ...
@overload
def pipe(
    a: SyncFunction[P, A, B],
    b: SyncFlow[B, C],
    c: SyncFlow[C, D],
    d: SyncFlow[D, E],
    e: SyncFlow[E, G],
    f: SyncFlow[G, H],
    /,
) -> SyncFunction[P, A, H]: ...
@overload
def pipe(
    a: SyncFlow[A, B],
    b: SyncFlow[B, C],
    c: SyncFlow[C, D],
    d: SyncFlow[D, E],
    e: SyncFlow[E, G],
    f: SyncFlow[G, H],
    /,
) -> SyncFlow[A, H]: ...
@overload
def pipe(
    a: Flow[A, B], b: Flow[B, C], c: Flow[C, D], d: Flow[D, E], e: Flow[E, G], f: Flow[G, H], /
) -> Flow[A, H]: ...
@overload
def pipe(
    a: Stage[A, B],
    b: Stage[B, C],
    c: Stage[C, D],
    d: Stage[D, E],
    e: Stage[E, G],
    f: Stage[G, H],
    /,
) -> Flow[A, H]: ...
@overload
def pipe(a: Any, b: Any, c: Any, d: Any, e: Any, f: Any, g: Any, /, *rest: Any) -> Any: ...
def pipe(*flows: Any) -> Any:
    """Run `flows` left to right, each on the result of the one before.

    Results enter the next stage by the input rule. Pipes within are flattened unless they
    carry a name of their own, so grouping never matters. Without flows it is `identity`.

    Raises:
        NotAFlow: something not callable among them.
    """
    if len(flows) == 1:
        return to_flow(flows[0])
    stages: list[Flow[Any, Any]] = []
    for stage in flows:
        made = to_flow(stage)
        if isinstance(made.body, PipeBody) and made.given_meta is None:
            stages.extend(made.body.stages)
        else:
            stages.append(made)
    return build(PipeBody(tuple(stages))) if stages else identity


compose = pipe
