"""`holon bench`: how fast this installation is, next to plain limits."""

from __future__ import annotations

from dataclasses import asdict

import click

from holon_actors.cli.deadline import time_limit
from holon_actors.cli.interrupts import run_interruptible
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.logs import readable_logs
from holon_actors.cli.measurements import WORKS, Measurement, measure
from holon_actors.cli.params import debug_option, json_option, timeout_option
from holon_actors.cli.progress import progress_bar
from holon_actors.cli.reporting import note
from holon_actors.cli.table import table_text

__all__ = ["command"]


@click.command(name="bench")
@click.option(
    "--quick", is_flag=True, help="A tenth of the work: seconds, and less steady numbers."
)
@timeout_option
@json_option
@debug_option
def command(quick: bool, timeout: float | None, as_json: bool) -> None:
    """Measure this installation: tell, ask, spawn, engine.

    Each is held against the plainest thing in Python that does the same, in the same run. For the
    comparison with other libraries, run `make bench` in Holon's repository.
    """
    with readable_logs():
        found = run_interruptible(_run(quick, timeout))
    if as_json:
        click.echo(dump_json([asdict(each) | {"ratio": each.ratio} for each in found]))
        return
    click.echo(table_text([_row(each) for each in found]))
    note("ratios of one run on one machine; `make bench` in the repository runs the peers too")


async def _run(quick: bool, timeout_s: float | None) -> list[Measurement]:
    async with time_limit("the benchmark", timeout_s):
        with progress_bar("bench", len(WORKS)) as bar:
            found = []
            for work in WORKS:
                found.append(await measure(work, quick=quick))
                bar.advance()
            return found


def _row(found: Measurement) -> dict[str, str | float]:
    return {
        "work": found.name,
        "per second": f"{found.per_second:,.0f}",
        "limit": found.limit_name,
        "limit per second": f"{found.limit_per_second:,.0f}",
        "ratio": f"{found.ratio:.2f}",
    }
