"""What a flow does: the seam between the `Flow` value and the combinators.

A body is an immutable description with parts (its child flows). It knows two ways to run:
`sync` and `asynchronous` each take the callables of its parts and give the
callable of the whole; they run once per flow, not once per call. A body is asynchronous when
one of its parts is, so a caller knows from the structure, without running anything, whether
to await. In an asynchronous body every part is awaitable.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NamedTuple, TypeVar

if TYPE_CHECKING:
    from holon_actors.flows.flow import Flow

SyncCall = Callable[[Any], Any]
AsyncCall = Callable[[Any], Coroutine[Any, Any, Any]]


class Part(NamedTuple):
    """A child flow and how a path selects it: `[1]`, `.a`, or nothing for an only child."""

    selector: str
    flow: Flow[Any, Any]


C_co = TypeVar("C_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Wiring(Generic[C_co]):
    """What a body is given to run with."""

    label: str  # what the flow is called in errors and paths
    calls: Sequence[C_co]  # the callables of the parts, in order


@dataclass(frozen=True, eq=False)
class Body:
    """Base of every body. Subclasses are frozen dataclasses; their fields are their arguments."""

    kind: ClassVar[str] = ""
    # The body says itself which part failed (it knows the item or stage number).
    locates: ClassVar[bool] = False
    # Index of the part that gets the whole input as it came, if there is one.
    entry: ClassVar[int | None] = None
    # Index of the part whose result is the result of the whole, if there is one.
    outcome: ClassVar[int | None] = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """Child flows, in order."""
        return ()

    @property
    def is_async(self) -> bool:
        """Whether calling gives an awaitable."""
        return any(part.flow.is_async for part in self.parts)

    @property
    def looks_like(self) -> Callable[..., Any] | None:
        """The user's function that a flow with this body stands for under the same name."""
        return None

    @property
    def links(self) -> Iterable[tuple[int, int]]:
        """Which part hands on to which, by index: the edges of the graph."""
        return ()

    def details(self) -> dict[str, Any]:
        """Settings worth showing in a graph; plain values only."""
        return {}

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        """The callable of the whole, when every part is synchronous."""
        raise NotImplementedError

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        """The callable of the whole, when it is awaitable."""
        raise NotImplementedError

    def __reduce__(self) -> tuple[Any, ...]:
        # Only the arguments travel: caches, locks and other running state start empty.
        return type(self), tuple(getattr(self, f.name) for f in fields(self) if f.init)


def lift(call: SyncCall) -> AsyncCall:
    """A synchronous callable as an awaitable one."""

    async def lifted(value: Any) -> Any:
        return call(value)

    return lifted
