"""`holon tree`: the actors of a running system as a tree."""

from __future__ import annotations

import click

from holon_actors.actors.admin import ActorPage, ListActors
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.attach.views import as_data, tree_text
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.reporting import note

__all__ = ["command"]


@click.command(name="tree")
@words_argument("[ENDPOINT] [PATH]")
@click.option("--levels", type=click.IntRange(min=0), metavar="N", help="Go N levels down.")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=20_000),
    default=1_000,
    show_default=True,
    metavar="N",
    help="Show at most N actors.",
)
@access_options
def command(
    words: tuple[str, ...],
    levels: int | None,
    limit: int,
    access: Access,
    as_json: bool,
) -> None:
    """Draw the actors of a running system as a tree.

    ENDPOINT is tcp://host:port, ipc://path or the name of a local system; without it, the only
    local one. PATH is where the tree begins.
    """
    given = split_words(words)
    no_more(given)

    async def look(system: Attached) -> None:
        page: ActorPage = await system.ask(ListActors(given.path or "/", "path", 0, limit, levels))
        if as_json:
            click.echo(dump_json([as_data(row) for row in page.rows]))
            return
        click.echo(tree_text(page.rows))
        if page.total > len(page.rows):
            note(f"{len(page.rows)} of {page.total} actors; --limit shows more")

    run_attached(given, access, look)
