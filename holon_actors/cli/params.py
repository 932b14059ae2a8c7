"""The arguments and options that commands share, and the types that read them.

Sizes and durations are read by the runtime's own parsers, so the command line, files and Python
agree on what "512MB" means; the import waits until such an option is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from holon_actors.cli.settings import Settings
from holon_actors.errors import ConfigError

__all__ = [
    "DURATION",
    "SIZE",
    "debug_option",
    "flow_argument",
    "json_option",
    "plan_options",
    "timeout_option",
]

if TYPE_CHECKING:
    IntType = click.ParamType[int]
    FloatType = click.ParamType[float]
else:  # in older versions of click the class is not generic
    IntType = FloatType = click.ParamType

ISOLATIONS = ("auto", "inline", "loop", "thread", "process")

F = TypeVar("F", bound=Callable[..., Any])


class SizeType(IntType):
    """Bytes, from "512MB", "1GiB" or a plain number."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        from holon_actors.runtime.units import parse_size  # noqa: PLC0415

        try:
            return parse_size(value)
        except ConfigError as error:
            self.fail(str(error), param, ctx)


class DurationType(FloatType):
    """Seconds, from "5s", "250ms" or a plain number; more than none."""

    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        from holon_actors.runtime.units import parse_duration  # noqa: PLC0415

        try:
            seconds = parse_duration(value)
        except ConfigError as error:
            self.fail(str(error), param, ctx)

        if seconds <= 0:
            self.fail(f"{value!r} is not longer than zero", param, ctx)
        return seconds


SIZE = SizeType()
DURATION = DurationType()


def _note_debug(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    ctx.ensure_object(Settings).debug |= wanted


def _note_json(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> bool:
    ctx.ensure_object(Settings).json |= wanted
    return wanted


def debug_option(function: F) -> F:
    """`--debug`: tracebacks on stderr, for any error."""
    return click.option(
        "--debug",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_note_debug,
        help="Show tracebacks.",
    )(function)


def json_option(function: F) -> F:
    """`--json`: output and errors for machines, passed on as `as_json`."""
    return click.option(
        "--json",
        "as_json",
        is_flag=True,
        is_eager=True,
        callback=_note_json,
        help="Output for machines: JSON on stdout, errors as JSON on stderr.",
    )(function)


def timeout_option(function: F) -> F:
    """`--timeout`: seconds or None, passed on as `timeout`."""
    return click.option(
        "--timeout",
        type=DURATION,
        metavar="DURATION",
        help='Give up after this long ("5s", "250ms") and leave with 124. Loading a file counts by '
        "itself.",
    )(function)


def flow_argument(function: F) -> F:
    """`FILE[:FLOW]`, passed on as `target`."""
    return click.argument("target", metavar="FILE[:FLOW]")(function)


def plan_options(function: F) -> F:
    """How the engine is to run flows: the fields of a `Plan`, by name."""
    options = (
        click.option(
            "--isolation",
            type=click.Choice(ISOLATIONS),
            help="Where the flow runs. Default: what the flow says.",
        ),
        click.option(
            "--max-concurrency",
            type=click.IntRange(min=1),
            metavar="N",
            help="How many executions run at once.",
        ),
        click.option(
            "--memory",
            type=SIZE,
            metavar="SIZE",
            help='The memory limit ("512MB", "1GiB"), enforced with --isolation process.',
        ),
        click.option(
            "--cpu",
            type=click.FloatRange(min=0, max=1, min_open=True),
            metavar="SHARE",
            help="Start nothing new while the processors are busier than this (0.8).",
        ),
        click.option(
            "--retries",
            type=click.IntRange(min=0),
            default=0,
            show_default=True,
            metavar="N",
            help="Run a failed flow again, up to N times.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function
