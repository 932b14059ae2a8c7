"""Spans of a trace as OpenTelemetry spans. The only place that knows the optional library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.errors import MissingExtra

if TYPE_CHECKING:
    from holon_actors.runtime.trace import Trace


def export(trace: Trace, tracer: Any) -> None:
    """Replay `trace` into `tracer`. Raises `MissingExtra` without the OpenTelemetry API."""
    try:
        from opentelemetry.trace import (  # noqa: PLC0415  # optional
            Status,
            StatusCode,
            set_span_in_context,
        )
    except ImportError as error:
        raise MissingExtra("viz", "exporting a trace to OpenTelemetry") from error

    origin_ns = trace.submitted_ns
    spans = sorted(trace.spans, key=lambda span: span.id)
    end_s = max((span.start + span.duration for span in spans), default=0.0)
    root = tracer.start_span(f"holon {trace.flow}", start_time=origin_ns)
    made: dict[int | None, Any] = {None: root}
    for span in spans:  # a parent's id is lower than its children's
        made[span.id] = one = tracer.start_span(
            span.name,
            context=set_span_in_context(made.get(span.parent, root)),
            start_time=origin_ns + int(span.start * 1e9),
            attributes={"holon.path": span.path, "holon.attempt": span.attempt},
        )
        if span.error is not None:
            one.set_status(Status(StatusCode.ERROR, span.error))
    for span in reversed(spans):
        made[span.id].end(end_time=origin_ns + int((span.start + span.duration) * 1e9))
    root.end(end_time=origin_ns + int(end_s * 1e9))
