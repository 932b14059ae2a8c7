"""`holon visualize`: a flow's graph as text or picture."""

from __future__ import annotations

from typing import get_args

import click

from holon_actors.cli.loading import load_one
from holon_actors.cli.output import check_writable, emit
from holon_actors.cli.params import debug_option, flow_argument, json_option
from holon_actors.viz.graph import Format, visualize

__all__ = ["command"]


@click.command(name="visualize")
@flow_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Format)),
    help="What to write; svg needs Graphviz.  [default: dot]",
)
@click.option("--output", metavar="FILE", help="Write to FILE instead of stdout.")
@json_option
@debug_option
def command(target: str, form: Format | None, output: str | None, as_json: bool) -> None:
    """Draw a flow's graph as DOT, Mermaid, JSON or SVG.

    The file is imported; its flows are not run.
    """
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json and --format {form} exclude each other")
    check_writable(output)
    flow = load_one(target)
    emit(visualize(flow, "json" if as_json else form or "dot"), output)
