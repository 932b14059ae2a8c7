"""`holon ps`: the actors of a running system, and what they are at."""

from __future__ import annotations

from typing import Any

import click

from holon_actors.actors.admin import ActorDetail, ActorPage, Inspect, ListActors, LoopBlocked
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.options import access_options, sort_option, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.attach.views import as_data, blocked_text, detail_text, row_cells, stack_text
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.output import terminal_width
from holon_actors.cli.reporting import note, visible
from holon_actors.cli.table import table_text

__all__ = ["command"]

SORTS = ("path", "depth", "age", "busy", "processed", "restarts")
STACKS_MAX = 50


@click.command(name="ps")
@words_argument("[ENDPOINT] [PATH]")
@sort_option(SORTS, default="path")
@click.option(
    "--limit",
    type=click.IntRange(min=1, max=20_000),
    default=1_000,
    show_default=True,
    metavar="N",
    help="Show at most N actors.",
)
@click.option("--stack", "stacks", is_flag=True, help="Show where each busy actor is.")
@access_options
def command(
    words: tuple[str, ...],
    sort: str,
    limit: int,
    stacks: bool,
    access: Access,
    as_json: bool,
) -> None:
    """Show the actors of a running system: mailboxes, ages, what each is at.

    With PATH, one actor in full, with the stack of the handler that it is at, and the actors below
    it. ENDPOINT is tcp://host:port, ipc://path or the name of a local system; without it, the only
    local one.
    """
    given = split_words(words)
    no_more(given)

    async def look(system: Attached) -> None:
        page: ActorPage = await system.ask(ListActors(given.path or "/", sort, 0, limit))
        blocked = system.blocked
        details = await _details(system, page, given.path, stacks)
        _show(system.label, page, details, blocked, given.path, as_json)

    run_attached(given, access, look)


async def _details(
    system: Attached, page: ActorPage, path: str | None, stacks: bool
) -> list[ActorDetail]:
    """The actor that was asked for, or the busy ones whose stacks were."""
    wanted = [row.path for row in page.rows if stacks and row.current_message is not None]
    if path is not None and any(row.path == path.rstrip("/") for row in page.rows):
        wanted = [path.rstrip("/"), *(each for each in wanted if each != path.rstrip("/"))]
    return [await system.ask(Inspect(each)) for each in wanted[:STACKS_MAX]]


def _show(
    label: str,
    page: ActorPage,
    details: list[ActorDetail],
    blocked: LoopBlocked | None,
    path: str | None,
    as_json: bool,
) -> None:
    if as_json:
        click.echo(dump_json(_data(page, details, blocked)))
        return
    if blocked is not None:
        click.echo(blocked_text(label, blocked))
    rows = page.rows
    for detail in details:
        if detail.row.path == (path or "").rstrip("/"):
            click.echo(detail_text(detail))
            rows = [row for row in rows if row.path != detail.row.path]
        elif detail.stack is not None:
            click.echo(visible(f"{detail.row.path} handling {detail.row.current_message}"))
            click.echo(stack_text(detail.stack))
    if rows or not details:
        cells = [row_cells(row) for row in rows]
        click.echo(table_text(cells, of="actors", width=terminal_width()))
    if page.total > len(page.rows):
        note(f"{len(page.rows)} of {page.total} actors; --limit shows more")


def _data(
    page: ActorPage, details: list[ActorDetail], blocked: LoopBlocked | None
) -> list[dict[str, Any]]:
    """A list of actors; what is known of some in full, and who blocks the loop, is added there."""
    full = {detail.row.path: as_data(detail) for detail in details}
    data = []
    for row in page.rows:
        entry = as_data(row)
        extra = full.get(row.path)
        if extra is not None:
            entry |= {name: value for name, value in extra.items() if name != "row"}
        if blocked is not None and blocked.path == row.path:
            entry |= {"blocks_loop_s": blocked.seconds, "stack": as_data(blocked.stack)}
        data.append(entry)
    return data
