"""`holon trace`: follow the messages of a running system's actors."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta

import click

from holon_actors.actors.admin import (
    ReadTrace,
    StartTrace,
    StopTrace,
    TraceBatch,
    TraceRecord,
    TraceStarted,
)
from holon_actors.cli.attach.connection import Attached
from holon_actors.cli.attach.options import access_of, node_options, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import no_more, split_words
from holon_actors.cli.attach.views import actors_text, as_data, record_text
from holon_actors.cli.deadline import time_limit
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.params import DURATION
from holon_actors.cli.reporting import note
from holon_actors.errors import HolonError

__all__ = ["command"]

READ_EVERY_S = 0.1
END_S = 1.0
TOP = "/user"


@click.command(name="trace")
@words_argument("[ENDPOINT] [PATH]")
@click.option("--count", type=click.IntRange(min=1), metavar="N", help="End after N messages.")
@click.option("--for", "period", type=DURATION, metavar="DURATION", help="End after this long.")
@node_options
def command(
    words: tuple[str, ...],
    count: int | None,
    period: float | None,
    timeout: float | None,
    key: str | None,
    authorized: str | None,
    insecure: bool,
    as_json: bool,
) -> None:
    """Follow the messages of the actors at and below PATH (/user), live.

    One line each: when, from whom, to whom, the message, and what became of it. Ctrl-C ends it, and
    so do --for and --count; --timeout does too, and leaves with 124.
    """
    given = split_words(words)
    no_more(given)
    follower = _Follower(given.path or TOP, count, as_json)

    async def follow(system: Attached) -> None:
        async with time_limit("the trace", timeout):
            try:
                async with asyncio.timeout(period) as limit:
                    await follower.follow(system)
            except TimeoutError:
                if not limit.expired():
                    raise

    run_attached(given, access_of(None, key, authorized, insecure), follow)


class _Follower:
    """Prints the records of one trace as they come."""

    def __init__(self, path: str, count: int | None, as_json: bool) -> None:
        self._path = path
        self._left = count
        self._as_json = as_json

    async def follow(self, system: Attached) -> None:
        """Until enough have come, or somebody ends it."""
        begun: TraceStarted = await system.ask(StartTrace(self._path))
        note(f"following {actors_text(begun.actors)} at and below {self._path} of {system.label}")
        try:
            while self._left is None or self._left > 0:
                batch: TraceBatch = await system.ask(ReadTrace(begun.trace))
                self._show(batch)
                await asyncio.sleep(READ_EVERY_S)
        finally:
            await _end(system, begun.trace)

    def _show(self, batch: TraceBatch) -> None:
        records = batch.records[: self._left]
        now = datetime.now(UTC).astimezone()
        for record in records:
            at = now - timedelta(seconds=record.age_s)
            click.echo(_line(record, at, self._as_json))
        sys.stdout.flush()
        if self._left is not None:
            self._left -= len(records)
        if batch.dropped:
            note(f"{batch.dropped} messages came too fast to show")


async def _end(system: Attached, trace: int) -> None:
    """End it there too; if that cannot be said, it ends by itself soon."""
    try:
        await system.ask(StopTrace(trace), END_S)
    except HolonError:
        pass


def _line(record: TraceRecord, at: datetime, as_json: bool) -> str:
    if not as_json:
        return record_text(record, at.strftime("%H:%M:%S.%f")[:-3])
    data = as_data(record)
    del data["age_s"]
    return dump_json({"time": at.isoformat(timespec="milliseconds"), **data})
