"""`holon top`: the actors of a running system, live."""

from __future__ import annotations

import asyncio
import sys

import click

from holon_actors.actors.admin import ActorPage, ListActors
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.options import access_options, sort_option, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.attach.views import as_data, row_cells
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.params import DURATION
from holon_actors.cli.table import table_text
from holon_actors.errors import MissingExtra

__all__ = ["command"]

SORTS = ("depth", "age", "busy", "processed", "restarts", "path")
ROWS = 40


@click.command(name="top")
@words_argument("[ENDPOINT] [PATH]")
@sort_option(SORTS, default="depth")
@click.option(
    "--interval",
    type=DURATION,
    default="1s",
    show_default=True,
    metavar="DURATION",
    help="Look again this often.",
)
@click.option(
    "--count",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print N looks instead of the screen.  [default: 1, without a terminal]",
)
@access_options
def command(
    words: tuple[str, ...],
    sort: str,
    interval: float,
    count: int | None,
    access: Access,
    as_json: bool,
) -> None:
    """Watch the actors of a running system, the busiest first.

    A screen that refreshes: d, a, b, p, r, n sort, Enter shows an actor with its stack, q leaves.
    Without a terminal, or with --json or --count, looks are printed one after the other.
    """
    given = split_words(words)
    no_more(given)
    path = given.path or "/"
    screen = count is None and not as_json and sys.stdout.isatty() and sys.stdin.isatty()
    if screen:
        _need_textual()

    async def watch(system: Attached) -> None:
        if not screen:
            await _print_looks(system, path, sort, interval, count or 1, as_json)
            return
        from holon_actors.cli.attach.top_app import TopApp  # noqa: PLC0415  # an extra

        app = TopApp(system.ask, system.label, path=path, sort=sort, interval_s=interval)
        await app.run_async()

    run_attached(given, access, watch)


def _need_textual() -> None:
    try:
        import textual  # noqa: F401, PLC0415  # an extra
    except ImportError as error:
        raise MissingExtra("viz", "holon top") from error


async def _print_looks(
    system: Attached, path: str, sort: str, interval_s: float, count: int, as_json: bool
) -> None:
    for left in range(count, 0, -1):
        page: ActorPage = await system.ask(ListActors(path, sort, 0, ROWS))
        if as_json:
            click.echo(dump_json([as_data(row) for row in page.rows]))
        else:
            click.echo(table_text([row_cells(row) for row in page.rows], of="actors"))
        sys.stdout.flush()
        if left > 1:
            await asyncio.sleep(interval_s)
