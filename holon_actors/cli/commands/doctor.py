"""`holon doctor`: what is installed, and what works on this machine."""

from __future__ import annotations

from dataclasses import asdict

import click

from holon_actors.cli.checks import Check, run_checks
from holon_actors.cli.exits import ExitCode
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.output import data_only_stdout
from holon_actors.cli.params import debug_option, json_option
from holon_actors.cli.reporting import printable

__all__ = ["command"]

MARKS = {"ok": "ok", "absent": "-", "broken": "BROKEN"}


@click.command(name="doctor")
@json_option
@debug_option
@click.pass_context
def command(ctx: click.Context, /, as_json: bool) -> None:
    """Check what is installed and what works here.

    Imports every optional package that is installed, starts one worker process, and leaves with 1
    when something that Holon cannot do without is broken.
    """
    with data_only_stdout():
        checks = list(run_checks())

    healthy = not any(check.fatal for check in checks)
    if as_json:
        click.echo(dump_json({"ok": healthy, "checks": [asdict(check) for check in checks]}))
    else:
        _print(checks)
    ctx.exit(ExitCode.OK if healthy else ExitCode.FAILED)


def _print(checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        click.echo(f"{MARKS[check.status]:<6} {check.name:<{width}}  {printable(check.detail)}")

    broken = [check.name for check in checks if check.fatal]
    if broken:
        click.echo(f"error: Holon does not work here: {', '.join(broken)} broken", err=True)
