"""Where the time of an execution went: one span per flow node that ran.

`Recorder` is the probe that flows report to; it takes the clock as an argument, so it works the
same on the loop, in a thread and in a worker process, whose spans travel back. Times are seconds
since the execution was submitted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from holon_actors.flows.probe import active_probe

if TYPE_CHECKING:
    from holon_actors.flows import Flow

__all__ = ["Recorder", "Span", "Trace"]


@dataclass(frozen=True, slots=True)
class Span:
    """One node of a flow, run once."""

    id: int  # unique within its trace
    parent: int | None  # the id of the span around it
    path: str  # the node's id in `Flow.graph()`
    name: str  # the node's flow
    start: float  # seconds since submission
    duration: float  # seconds
    status: Literal["succeeded", "failed"]
    error: str | None = None  # what it raised, as text
    attempt: int = 1  # which run of the flow it belongs to


class Trace:
    """The spans of one execution, in the order in which they ended."""

    __slots__ = ("_spans", "flow", "submitted_ns")

    def __init__(self, flow: str, wall_ns: Callable[[], int] = time.time_ns) -> None:
        self.flow = flow
        # Wall time only anchors exported spans; nothing is decided by it.
        self.submitted_ns = wall_ns()
        self._spans: list[Span] = []

    @property
    def spans(self) -> tuple[Span, ...]:
        """All spans so far."""
        return tuple(self._spans)

    def __iter__(self) -> Iterator[Span]:
        return iter(self.spans)

    def __len__(self) -> int:
        return len(self._spans)

    def add(self, span: Span) -> None:
        """Append a span that was recorded here. Its id must be this trace's next or later."""
        self._spans.append(span)

    def add_from(self, spans: list[Span], offset_s: float, attempt: int) -> None:
        """Append spans recorded elsewhere, whose times count from `offset_s` of this trace."""
        base = self.next_id()
        for span in spans:
            parent = None if span.parent is None else span.parent + base
            moved = replace(
                span,
                id=span.id + base,
                parent=parent,
                start=span.start + offset_s,
                attempt=attempt,
            )
            self._spans.append(moved)

    def next_id(self) -> int:
        """An id above those of all spans."""
        return max((span.id for span in self._spans), default=-1) + 1

    def to_opentelemetry(self, tracer: Any) -> None:
        """Export the spans through an OpenTelemetry tracer, under one span for the whole flow.

        Raises `MissingExtra` when OpenTelemetry is not installed.
        """
        from holon_actors.runtime._opentelemetry import export  # noqa: PLC0415  # optional

        export(self, tracer)

    def __repr__(self) -> str:
        return f"<Trace of {self.flow!r}, {len(self._spans)} spans>"


class _Open:
    """A span that has not ended."""

    __slots__ = ("around", "id", "start")

    def __init__(self, number: int, start: float, around: _Open | None) -> None:
        self.id = number
        self.start = start
        self.around = around


_innermost: ContextVar[_Open | None] = ContextVar("holon_open_span", default=None)


class Recorder:
    """A flow probe that writes one attempt into a trace. `clock` gives seconds, `origin` is its
    zero.
    """

    __slots__ = ("_attempt", "_clock", "_next_id", "_origin", "_trace")

    def __init__(
        self, trace: Trace, clock: Callable[[], float], origin: float, attempt: int = 1
    ) -> None:
        self._trace = trace
        self._clock = clock
        self._origin = origin
        self._attempt = attempt
        self._next_id = trace.next_id()

    def run(self, flow: Flow[Any, Any], value: Any) -> Any:
        """Apply a flow with this probe active. To be called in a context of its own."""
        _innermost.set(None)  # spans of an execution around this one belong to its own trace
        active_probe.set(self)
        return flow.apply(value)

    def enter(self, path: str, flow: Flow[Any, Any], value: Any) -> Any:
        """A node begins."""
        number = self._next_id
        self._next_id = number + 1
        _innermost.set(_Open(number, self._clock() - self._origin, _innermost.get()))
        return value

    def exit(self, path: str, flow: Flow[Any, Any], result: Any) -> None:
        """A node ended well."""
        self._close(path, flow, None)

    def fail(self, path: str, flow: Flow[Any, Any], error: BaseException) -> None:
        """A node raised."""
        self._close(path, flow, f"{type(error).__name__}: {error}")

    def _close(self, path: str, flow: Flow[Any, Any], error: str | None) -> None:
        span = _innermost.get()
        assert span is not None
        around = span.around
        _innermost.set(around)
        self._trace.add(
            Span(
                id=span.id,
                parent=None if around is None else around.id,
                path=path,
                name=flow.label,
                start=span.start,
                duration=self._clock() - self._origin - span.start,
                status="succeeded" if error is None else "failed",
                error=error,
                attempt=self._attempt,
            )
        )
