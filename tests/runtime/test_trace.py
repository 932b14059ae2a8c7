from __future__ import annotations

import asyncio
import sys

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from holon_actors import flows
from holon_actors.errors import MissingExtra
from holon_actors.flows import flow
from holon_actors.runtime import Engine, ErrorRecovery, Trace
from holon_actors.runtime.trace import Recorder
from tests.runtime.sample_flows import add, echo, fail, fail_until


def record(work: flows.Flow[object, object], value: object) -> Trace:
    """Trace a sync flow on a clock that advances by one with each look."""
    ticks = iter(range(1000))
    trace = Trace(work.meta.name, wall_ns=lambda: 10**18)
    recorder = Recorder(trace, lambda: float(next(ticks)), origin=0.0)
    try:
        recorder.run(work, value)
    except ValueError:
        pass  # what the failing flows of these tests raise
    return trace


def by_name(trace: Trace) -> dict[str, list[object]]:
    return {span.name: [span.start, span.duration, span.parent, span.status] for span in trace}


def test_spans_nest_as_nodes_do() -> None:
    trace = record(add | echo, (1, 2))
    assert by_name(trace) == {
        "add": [1.0, 1.0, 0, "succeeded"],
        "echo": [3.0, 1.0, 0, "succeeded"],
        "pipe": [0.0, 5.0, None, "succeeded"],
    }


def test_a_failed_node_says_what_it_raised() -> None:
    trace = record(echo | fail, "no")
    failed = {span.name: span.error for span in trace if span.status == "failed"}
    assert failed == {"fail": "ValueError: no", "pipe": "ValueError: no"}


async def test_branches_that_run_together_keep_their_own_parents() -> None:
    @flow
    async def pause(value: int) -> int:
        await asyncio.sleep(0)
        return value

    work = flows.parallel(a=pause | pause, b=pause | pause)
    async with Engine() as engine:
        execution = engine.submit(work, 1, trace=True)
        await execution
    assert execution.trace is not None
    spans = {span.id: span for span in execution.trace}
    (root,) = [span for span in spans.values() if span.parent is None]
    pipes = [span for span in spans.values() if span.parent == root.id]
    assert sorted(span.name for span in pipes) == ["pipe", "pipe"]
    for span in spans.values():
        if span.name == "pause":
            assert spans[span.parent or 0].path in span.path


async def test_each_attempt_leaves_its_own_spans(note: str) -> None:
    async with Engine(error_recovery=ErrorRecovery(delay=0.0)) as engine:
        execution = engine.submit(fail_until, (note, 3), trace=True)
        await execution
    assert execution.trace is not None
    assert [(span.attempt, span.status) for span in execution.trace] == [
        (1, "failed"),
        (2, "failed"),
        (3, "succeeded"),
    ]
    assert len({span.id for span in execution.trace}) == 3


def test_a_trace_exports_to_opentelemetry() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace = record(echo | fail, "no")
    trace.to_opentelemetry(provider.get_tracer("test"))
    spans = {span.name: span for span in exporter.get_finished_spans()}
    ids = {name: span.context.span_id for name, span in spans.items() if span.context}
    parents = {name: span.parent.span_id for name, span in spans.items() if span.parent}
    assert parents == {"pipe": ids["holon pipe"], "echo": ids["pipe"], "fail": ids["pipe"]}
    assert spans["fail"].status.status_code is StatusCode.ERROR
    assert spans["echo"].start_time == 10**18 + 10**9
    assert spans["echo"].end_time == 10**18 + 2 * 10**9
    assert str((spans["echo"].attributes or {})["holon.path"]).startswith("pipe")


def test_exporting_without_opentelemetry_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(MissingExtra, match="viz"):
        Trace("f").to_opentelemetry(None)
