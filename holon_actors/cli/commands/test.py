"""`holon test`: a flow against a file of cases."""

from __future__ import annotations

from typing import Any

import click

from holon_actors.cli.cases import Case, parse_cases, select
from holon_actors.cli.deadline import load_limit, time_limit
from holon_actors.cli.errors import CaseFileError
from holon_actors.cli.execution import Plan
from holon_actors.cli.exits import ExitCode
from holon_actors.cli.inputs import parse_json, read_bytes
from holon_actors.cli.interrupts import run_interruptible
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.loading import load_for
from holon_actors.cli.logs import readable_logs
from holon_actors.cli.outcomes import Outcome, as_data, as_junit, as_lines, counts
from holon_actors.cli.output import check_writable, data_only_stdout, write_file
from holon_actors.cli.params import (
    DURATION,
    SIZE,
    debug_option,
    flow_argument,
    json_option,
    plan_options,
    timeout_option,
)
from holon_actors.cli.progress import progress_bar
from holon_actors.cli.suite import Suite, run_suite

__all__ = ["command"]


@click.command(name="test")
@flow_argument
@click.option("--test-cases", "cases_file", metavar="FILE", required=True, help="The cases.")
@click.option("--filter", "pattern", metavar="TEXT", help="Only cases with TEXT in their name.")
@click.option("--fail-fast", is_flag=True, help="Skip the rest after the first failure.")
@click.option("--junit", metavar="FILE", help="Write a JUnit XML report to FILE.")
@click.option(
    "--case-timeout",
    type=DURATION,
    metavar="DURATION",
    help='Fail a case that takes longer ("5s") and does not say its own "timeout".',
)
@plan_options
@click.option(
    "--max-input",
    type=SIZE,
    default="64MB",
    show_default=True,
    metavar="SIZE",
    help="Refuse a larger file of cases.",
)
@timeout_option
@json_option
@debug_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    target: str,
    cases_file: str,
    pattern: str | None,
    fail_fast: bool,
    junit: str | None,
    case_timeout: float | None,
    max_input: int,
    timeout: float | None,
    as_json: bool,
    **limits: Any,
) -> None:
    """Run a flow against a file of test cases.

    The file is a JSON list of {"name", "input", "expected" or "error", "approx"?, "flow"?,
    "timeout"?}. "error" is a type name, a part of the message, or true; "approx" is an absolute
    tolerance, or true for six digits; "flow" names another flow of the file.
    """
    check_writable(junit, "--junit")
    cases = _read_cases(cases_file, max_input, pattern)
    with load_limit(f"loading {target!r}", timeout):
        flows = load_for(target, [case.flow for case in cases])
    suite = Suite(
        trials=list(zip(flows, cases, strict=True)),
        plan=Plan(timeout_s=case_timeout, **limits),
        fail_fast=fail_fast,
    )

    with data_only_stdout(), readable_logs():
        outcomes = run_interruptible(_run(suite, timeout))

    if junit is not None:
        write_file(junit, as_junit(outcomes, cases_file) + "\n", "--junit")
    if as_json:
        click.echo(dump_json(as_data(outcomes)))
    else:
        click.echo("\n".join(as_lines(outcomes)))
    ctx.exit(ExitCode.FAILED if counts(outcomes)["failed"] else ExitCode.OK)


def _read_cases(path: str, limit: int, pattern: str | None) -> list[Case]:
    where = f"test cases {path!r}"
    cases = parse_cases(parse_json(read_bytes(path, limit, "test cases"), where), where)
    chosen = select(cases, pattern)
    if not chosen:
        raise CaseFileError(where, f"no case has {pattern!r} in its name")
    return chosen


async def _run(suite: Suite, timeout_s: float | None) -> list[Outcome]:
    async with time_limit("the test run", timeout_s):
        with progress_bar("test", len(suite.trials)) as bar:
            return await run_suite(suite, bar.advance)
