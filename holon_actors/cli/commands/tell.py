"""`holon tell`: send a message to an actor of a running system."""

from __future__ import annotations

import click

from holon_actors.cli.attach.connection import Access
from holon_actors.cli.attach.delivery import deliver
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.jsonable import dump_json

__all__ = ["command"]


@click.command(name="tell")
@words_argument("[ENDPOINT] PATH MESSAGE")
@access_options
def command(
    words: tuple[str, ...],
    access: Access,
    as_json: bool,
) -> None:
    """Send a message to an actor of a running system.

    MESSAGE is JSON, or - for JSON on stdin: {"type": "Deposit", "amount": 5} is a Deposit, JSON
    without a type the value itself. Waits only for room in a bounded mailbox.
    """
    path, _ = deliver(words, access, ask=False)
    if as_json:
        click.echo(dump_json({"told": path}))
