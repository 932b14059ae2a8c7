"""`holon stop`: end an actor of a running system."""

from __future__ import annotations

import click

from holon_actors.actors.admin import StopActor
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.jsonable import dump_json

__all__ = ["command"]

WAY_S = 2.0


@click.command(name="stop")
@words_argument("[ENDPOINT] PATH")
@click.option("--kill", is_flag=True, help="Cancel the message that it is at.")
@access_options
def command(
    words: tuple[str, ...],
    kill: bool,
    access: Access,
    as_json: bool,
) -> None:
    """End an actor of a running system, and wait until it has ended.

    It finishes the message that it is at first; the others become dead letters.
    """
    given = split_words(words)
    path = given.path
    if path is None:
        raise click.UsageError("give the PATH of an actor, such as /user/ada")
    no_more(given)

    async def end(system: Attached) -> None:
        await system.ask(StopActor(path, kill, access.timeout_s), access.timeout_s + WAY_S)

    run_attached(given, access, end)
    if as_json:
        click.echo(dump_json({"stopped": path}))
