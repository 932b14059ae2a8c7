"""`holon ask`: ask an actor of a running system, and print its answer."""

from __future__ import annotations

import click

from holon_actors.cli.attach.connection import Access
from holon_actors.cli.attach.delivery import deliver
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.output import render, terminal_width

__all__ = ["command"]


@click.command(name="ask")
@words_argument("[ENDPOINT] PATH MESSAGE")
@access_options
def command(
    words: tuple[str, ...],
    access: Access,
    as_json: bool,
) -> None:
    """Ask an actor of a running system, and print its answer.

    MESSAGE is JSON, or - for JSON on stdin: {"type": "Balance"} is a Balance, JSON without a type
    the value itself.
    """
    _, answer = deliver(words, access, ask=True)
    width = None if as_json else terminal_width()
    form = "json" if as_json else "auto"
    click.echo(render(answer, form, compact=as_json, terminal_width=width))  # type: ignore[arg-type]
