"""`holon run`: one flow, one input, one result."""

from __future__ import annotations

from typing import Any, get_args

import click

from holon_actors.cli.deadline import load_limit
from holon_actors.cli.errors import FlowFailed, FlowTimedOut
from holon_actors.cli.execution import Plan, Run, make_engine, run_flow
from holon_actors.cli.inputs import read_input
from holon_actors.cli.interrupts import run_interruptible
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.loading import input_when_none_given, load_one
from holon_actors.cli.logs import readable_logs
from holon_actors.cli.output import (
    Format,
    check_writable,
    data_only_stdout,
    emit,
    render,
    terminal_width,
)
from holon_actors.cli.params import (
    SIZE,
    debug_option,
    flow_argument,
    json_option,
    plan_options,
    timeout_option,
)
from holon_actors.cli.progress import progress_bar
from holon_actors.cli.reporting import note
from holon_actors.flows import Flow
from holon_actors.runtime import Span

__all__ = ["command"]


@click.command(name="run")
@flow_argument
@click.option(
    "--input",
    "source",
    metavar="FILE|-|JSON",
    help="The input: a JSON file, - for stdin, or JSON itself. Without it, parameters keep their "
    "defaults.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Format)),
    default="auto",
    help="auto: a list of objects is a table on a terminal, all else is JSON.",
)
@click.option("--output", metavar="FILE", help="Write the result to FILE instead of stdout.")
@plan_options
@click.option("--trace", is_flag=True, help="Show where the time went, per node, on stderr.")
@click.option(
    "--max-input",
    type=SIZE,
    default="64MB",
    show_default=True,
    metavar="SIZE",
    help="Refuse a larger input.",
)
@timeout_option
@json_option
@debug_option
def command(
    target: str,
    source: str | None,
    form: Format,
    output: str | None,
    trace: bool,
    max_input: int,
    timeout: float | None,
    as_json: bool,
    **limits: Any,
) -> None:
    """Run a flow on the actor engine and print its result.

    A flow with one parameter takes the input as it is; one with several takes a list as
    positionals or an object as keywords.
    """
    if as_json and form == "table":
        raise click.UsageError("--json and --format table exclude each other")
    check_writable(output)
    with load_limit(f"loading {target!r}", timeout):
        flow = load_one(target)
    value = input_when_none_given(flow) if source is None else read_input(source, max_input)
    plan = Plan(trace=trace, timeout_s=timeout, **limits)

    try:
        with data_only_stdout(), readable_logs():
            run = run_interruptible(_run(flow, value, plan))
    except (FlowFailed, FlowTimedOut) as error:
        _show_times(error.spans, as_json)
        raise

    width = None if output else terminal_width()
    chosen: Format = "json" if as_json else form
    emit(render(run.result, chosen, compact=as_json, terminal_width=width), output)
    _show_times(run.spans, as_json)
    if not as_json:
        attempts = "" if run.attempts == 1 else f", {run.attempts} attempts"
        note(f"{flow.meta.name} finished in {run.duration_s:.3f}s{attempts}")


async def _run(flow: Flow[Any, Any], value: Any, plan: Plan) -> Run:
    async with make_engine(plan) as engine:
        with progress_bar(flow.meta.name):
            return await run_flow(engine, flow, value, plan)


def _show_times(spans: tuple[Span, ...], as_json: bool) -> None:
    """Where the time went, on stderr: stdout is for the result."""
    if not spans:
        return
    from holon_actors.cli.timing import timing_data, timing_table  # noqa: PLC0415 - rich is slow

    click.echo(
        dump_json({"trace": timing_data(spans)}) if as_json else timing_table(spans), err=True
    )
