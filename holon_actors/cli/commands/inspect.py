"""`holon inspect`: what a file's flows are, without running any."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from holon_actors.cli.inspection import Inspection, inspect_flow
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.loading import load_all
from holon_actors.cli.params import debug_option, flow_argument, json_option
from holon_actors.cli.reporting import printable

__all__ = ["command"]


@click.command(name="inspect")
@flow_argument
@json_option
@debug_option
def command(target: str, as_json: bool) -> None:
    """Show the flows of a file: signature, schemas, graph.

    The file is imported; its flows are not run.
    """
    found = [inspect_flow(name, flow) for name, flow in load_all(target).items()]
    if as_json:
        click.echo(dump_json({"target": target, "flows": found}))
        return
    for number, inspection in enumerate(found):
        if number:
            click.echo()
        for line in _lines(inspection):
            click.echo(line)


def _lines(found: Inspection) -> Iterator[str]:
    yield printable(f"{found.name}{found.signature}")
    if found.description:
        yield f"    {printable(found.description)}"
    for title, text in _facts(found):
        yield f"    {title:<8} {printable(text)}"


def _facts(found: Inspection) -> Iterator[tuple[str, str]]:
    if found.flow_name != found.name:
        yield "name", found.flow_name
    if found.tags:
        yield "tags", ", ".join(found.tags)
    if found.version:
        yield "version", found.version
    yield "runs", _runs(found)
    yield "input", _schema(found.input_schema)
    yield "output", _schema(found.output_schema)
    yield "graph", _graph(found)


def _runs(found: Inspection) -> str:
    marks = {"async": found.is_async, "pure": found.pure, "idempotent": found.idempotent}
    named = [name for name, holds in marks.items() if holds]
    return ", ".join([f"isolation {found.isolation}", *named])


def _schema(schema: dict[str, Any] | None) -> str:
    if schema is None:
        return "no JSON Schema"
    return dump_json(schema) if schema else "anything"


def _graph(found: Inspection) -> str:
    kinds = ", ".join(f"{count} {kind}" for kind, count in found.graph.kinds.items())
    return f"{found.graph.nodes} nodes ({kinds}), {found.graph.depth} deep"
