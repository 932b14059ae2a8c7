"""Commands that only the prompt of `holon attach` has: what a look at one actor does not show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from holon_actors.actors.admin import EventPage, GetEvents, GetFacts
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.attach.views import as_data, event_text
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.reporting import note
from holon_actors.cli.rows import rows_of
from holon_actors.cli.table import table_text

__all__ = ["MORE"]


def _facts_command(name: str, help_text: str) -> click.Command:
    """A command that shows one part of the node's facts."""

    @click.command(name=name, help=help_text)
    @words_argument("[ENDPOINT]")
    @access_options
    def command(
        words: tuple[str, ...],
        access: Access,
        as_json: bool,
    ) -> None:
        given = split_words(words)
        no_more(given)

        async def look(system: Attached) -> None:
            facts: dict[str, Any] = await system.ask(GetFacts())
            part = facts[name]
            click.echo(dump_json(part) if as_json else table_text(rows_of(part), of=name))

        run_attached(given, access, look)

    return command


@click.command(name="events")
@words_argument("[ENDPOINT]")
@access_options
def _events(
    words: tuple[str, ...],
    access: Access,
    as_json: bool,
) -> None:
    """Show the latest failures, restarts, dead letters and the like."""
    given = split_words(words)
    no_more(given)

    async def look(system: Attached) -> None:
        page: EventPage = await system.ask(GetEvents())
        if as_json:
            click.echo(dump_json([as_data(event) for event in page.events]))
            return
        now = datetime.now(UTC).astimezone()
        for event in page.events:
            at = now - timedelta(seconds=event.age_s)
            click.echo(event_text(event, at.strftime("%H:%M:%S")))
        if page.dropped:
            note(f"{page.dropped} more came too fast to keep")

    run_attached(given, access, look)


MORE: dict[str, Callable[[], click.Command]] = {
    "events": lambda: _events,
    "links": lambda: _facts_command("links", "Show the links to other nodes."),
    "members": lambda: _facts_command("members", "Show the members of the cluster."),
    "settings": lambda: _facts_command("settings", "Show the settings of the system."),
    "statistics": lambda: _facts_command("statistics", "Show what the system has counted."),
}
