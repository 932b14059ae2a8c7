"""Several flows side by side: `parallel`, `race` and `split`."""

# A coroutine function also fits the overload for plain ones; mypy takes the first that fits.
# mypy: disable-error-code="overload-overlap"

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, overload

from holon_actors.errors import ConfigError
from holon_actors.flows._body import AsyncCall, Body, Part, SyncCall, Wiring
from holon_actors.flows.combinators._group import first_of, first_success, gather_all
from holon_actors.flows.combinators._types import A, B, C, D, FunctionOf
from holon_actors.flows.decorator import to_flow
from holon_actors.flows.errors import FlowOutputError
from holon_actors.flows.flow import AsyncFlow, Flow, SyncFlow, build
from holon_actors.flows.results import Ok

Names = tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class ParallelBody(Body):
    """Every branch on the same input; a list of results, or a dict when branches are named."""

    kind: ClassVar[str] = "parallel"
    branches: tuple[Flow[Any, Any], ...]
    names: Names | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        """The branches, selected by number or name."""
        if self.names is None:
            return tuple(Part(f"[{at}]", branch) for at, branch in enumerate(self.branches))
        named = zip(self.names, self.branches, strict=True)
        return tuple(Part(f".{name}", branch) for name, branch in named)

    def _collect(self, results: list[Any]) -> Any:
        return results if self.names is None else dict(zip(self.names, results, strict=True))

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        calls = wiring.calls
        collect = self._collect

        def run(value: Any) -> Any:
            return collect([call(value) for call in calls])

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        calls = wiring.calls
        collect = self._collect

        async def run(value: Any) -> Any:
            return collect(await gather_all([call(value) for call in calls]))

        return run


@overload
def parallel(flows: tuple[SyncFlow[A, B], SyncFlow[A, C]], /) -> SyncFlow[A, list[B | C]]: ...
@overload
def parallel(
    flows: tuple[SyncFlow[A, B], SyncFlow[A, C], SyncFlow[A, D]], /
) -> SyncFlow[A, list[B | C | D]]: ...
@overload
def parallel(flows: Iterable[SyncFlow[A, B]], /) -> SyncFlow[A, list[B]]: ...
@overload
def parallel(**named: SyncFlow[A, B]) -> SyncFlow[A, dict[str, B]]: ...
@overload
def parallel(flows: tuple[AsyncFlow[A, B], AsyncFlow[A, C]], /) -> AsyncFlow[A, list[B | C]]: ...
@overload
def parallel(
    flows: tuple[AsyncFlow[A, B], AsyncFlow[A, C], AsyncFlow[A, D]], /
) -> AsyncFlow[A, list[B | C | D]]: ...
@overload
def parallel(flows: Iterable[AsyncFlow[A, B]], /) -> AsyncFlow[A, list[B]]: ...
@overload
def parallel(**named: AsyncFlow[A, B]) -> AsyncFlow[A, dict[str, B]]: ...
@overload
def parallel(flows: tuple[Flow[A, B], Flow[A, C]], /) -> Flow[A, list[B | C]]: ...
@overload
def parallel(flows: tuple[Flow[A, B], Flow[A, C], Flow[A, D]], /) -> Flow[A, list[B | C | D]]: ...
@overload
def parallel(flows: Iterable[Flow[A, B]], /) -> Flow[A, list[B]]: ...
@overload
def parallel(**named: Flow[A, B]) -> Flow[A, dict[str, B]]: ...
@overload
def parallel(flows: Iterable[Flow[A, B] | FunctionOf[A, B]], /) -> Flow[A, list[B]]: ...
@overload
def parallel(**named: Flow[A, B] | FunctionOf[A, B]) -> Flow[A, dict[str, B]]: ...
def parallel(flows: Iterable[Callable[..., Any]] | None = None, /, **named: Any) -> Any:
    """Run every flow on the same input: a list gives a list, keywords give a dict.

    Async flows run together; the failure of one cancels the others, and its error is raised.
    Sync flows run in order.

    Raises:
        ConfigError: both a list and keywords are given.
        NotAFlow: a branch is not callable.
    """
    if flows is not None and named:
        raise ConfigError("parallel(...): give a list of flows or keywords, not both")
    if flows is None:
        branches = tuple(to_flow(branch) for branch in named.values())
        return build(ParallelBody(branches, tuple(named)))
    return build(ParallelBody(_branches("parallel", flows)))


def _branches(where: str, flows: Any) -> tuple[Flow[Any, Any], ...]:
    if callable(flows) or not isinstance(flows, Iterable):
        raise ConfigError(f"{where}(...): expected a list of flows, got {flows!r}")
    return tuple(to_flow(branch) for branch in flows)


@dataclass(frozen=True, eq=False, repr=False)
class RaceBody(Body):
    """The first branch to succeed wins."""

    kind: ClassVar[str] = "race"
    entry: ClassVar[int | None] = 0
    branches: tuple[Flow[Any, Any], ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The branches, selected by number."""
        return tuple(Part(f"[{at}]", branch) for at, branch in enumerate(self.branches))

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        calls = wiring.calls

        def run(value: Any) -> Any:
            errors: list[Exception] = []
            for call in calls:
                try:
                    return call(value)
                except Exception as error:  # noqa: BLE001  the next branch may succeed
                    errors.append(error)
            raise first_of(errors)

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        calls = wiring.calls

        async def run(value: Any) -> Any:
            outcome = await first_success([call(value) for call in calls])
            if isinstance(outcome, Ok):
                return outcome.value
            raise first_of(outcome)

        return run


@overload
def race(flows: Iterable[SyncFlow[A, B]]) -> SyncFlow[A, B]: ...
@overload
def race(flows: Iterable[AsyncFlow[A, B]]) -> AsyncFlow[A, B]: ...
@overload
def race(flows: Iterable[Flow[A, B]]) -> Flow[A, B]: ...
@overload
def race(flows: Iterable[Flow[A, B] | FunctionOf[A, B]]) -> Flow[A, B]: ...
def race(flows: Iterable[Callable[..., Any]]) -> Any:
    """Run the branches on the same input; the first to succeed gives the result.

    Async branches run together and the losers are cancelled, and have ended before the result
    is returned. Sync branches are tried in order; those after the first to succeed do not run.
    A branch that fails is out; if all do, the error of the first branch is raised, with the
    others noted on it.

    Raises:
        ConfigError: there are no branches.
        NotAFlow: a branch is not callable.
    """
    branches = _branches("race", flows)
    if not branches:
        raise ConfigError("race(...): needs at least one flow")
    return build(RaceBody(branches))


@dataclass(frozen=True, eq=False, repr=False)
class SplitBody(Body):
    """A splitter makes an input for every branch."""

    kind: ClassVar[str] = "split"
    entry: ClassVar[int | None] = 0
    splitter: Flow[Any, Any]
    branches: tuple[Flow[Any, Any], ...]

    @property
    def parts(self) -> tuple[Part, ...]:
        """The splitter and the branches, these by number."""
        numbered = (Part(f"[{at}]", branch) for at, branch in enumerate(self.branches))
        return (Part(".splitter", self.splitter), *numbered)

    @property
    def links(self) -> Iterable[tuple[int, int]]:
        """From the splitter to every branch."""
        return ((0, at + 1) for at in range(len(self.branches)))

    def _inputs(self, pieces: Any) -> Sequence[Any]:
        wanted, name = len(self.branches), self.splitter.label
        if not isinstance(pieces, list | tuple):
            kind = type(pieces).__name__
            raise FlowOutputError(name, f"a splitter returns a list or tuple, got {kind}")
        if len(pieces) != wanted:
            raise FlowOutputError(name, f"split {wanted} ways, it returned {len(pieces)} inputs")
        return pieces

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        divide, *calls = wiring.calls

        def run(value: Any) -> Any:
            pieces = self._inputs(divide(value))
            return [call(piece) for call, piece in zip(calls, pieces, strict=True)]

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        divide, *calls = wiring.calls

        async def run(value: Any) -> Any:
            pieces = self._inputs(await divide(value))
            return await gather_all([call(p) for call, p in zip(calls, pieces, strict=True)])

        return run


@overload
def split(
    splitter: SyncFlow[A, Any], flows: Iterable[SyncFlow[Any, B]]
) -> SyncFlow[A, list[B]]: ...
@overload
def split(splitter: AsyncFlow[A, Any], flows: Iterable[Flow[Any, B]]) -> AsyncFlow[A, list[B]]: ...
@overload
def split(
    splitter: Flow[A, Any] | FunctionOf[A, Any], flows: Iterable[Flow[Any, B] | FunctionOf[Any, B]]
) -> Flow[A, list[B]]: ...
def split(splitter: Callable[..., Any], flows: Iterable[Callable[..., Any]]) -> Any:
    """Let `splitter` make one input for each flow, and run each on its own; a list of results.

    Async flows run together as in `parallel`.

    Raises:
        NotAFlow: something is not callable.
        FlowOutputError: when run, if the splitter returns another number of inputs.
    """
    return build(SplitBody(to_flow(splitter), _branches("split", flows)))
