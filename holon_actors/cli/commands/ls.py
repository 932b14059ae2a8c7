"""`holon ls`: the actors directly below one, or the systems on this machine."""

from __future__ import annotations

from dataclasses import asdict

import click

from holon_actors.actors.admin import ActorPage, ListActors, local_systems
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.attach.views import as_data
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.reporting import note, visible
from holon_actors.cli.table import table_text

__all__ = ["command"]

TOP = "/user"
LIMIT = 10_000


@click.command(name="ls")
@words_argument("[ENDPOINT] [PATH]")
@click.option("--systems", is_flag=True, help="List the systems on this machine instead.")
@access_options
def command(
    words: tuple[str, ...],
    systems: bool,
    access: Access,
    as_json: bool,
) -> None:
    """List the actors below PATH (/user) of a running system.

    ENDPOINT is tcp://host:port, ipc://path or the name of a local system; without it, the only
    local one.
    """
    given = split_words(words)
    no_more(given)
    if systems:
        _show_systems(as_json)
        return

    async def look(system: Attached) -> None:
        path = given.path or TOP
        levels = 0 if path.strip("/") in ("", "user", "system") else 1
        page: ActorPage = await system.ask(ListActors(path, "path", 0, LIMIT, levels))
        _show(page, path, as_json)

    run_attached(given, access, look)


def _show(page: ActorPage, path: str, as_json: bool) -> None:
    rows = [row for row in page.rows if row.path != path.rstrip("/")]
    if as_json:
        click.echo(dump_json([as_data(row) for row in rows]))
        return
    for row in rows:
        click.echo(visible(f"{row.path}/" if row.children else row.path))
    if page.total > len(page.rows):
        note(f"{len(page.rows)} of {page.total} actors")


def _show_systems(as_json: bool) -> None:
    found = [asdict(system) for system in local_systems()]
    click.echo(dump_json(found) if as_json else table_text(found, of="systems"))
