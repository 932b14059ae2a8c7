"""The one place that says which exit code an error means.

The codes are part of the contract: scripts compare them. An error that no row names is exit 1: what
was asked for did not happen.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import IntEnum

import click

from holon_actors.cli import errors
from holon_actors.cli.attach import errors as attach_errors
from holon_actors.errors import ConfigError

__all__ = ["ExitCode", "exit_code_of"]


class ExitCode(IntEnum):
    """What the shell sees."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    UNREACHABLE = 4
    TIMEOUT = 124
    INTERRUPTED = 130


SIGNAL_BASE = 128

# By the kinds of `Refused`, as far as they are more than a failure.
_DECLINED = {
    "not-found": ExitCode.NOT_FOUND,
    "rejected": ExitCode.USAGE,
    "timeout": ExitCode.TIMEOUT,
}


def exit_code_of(error: BaseException) -> int:
    """The exit code for `error`, which ended a command."""
    match error:
        case errors.Interrupted(signal_number=signal_number):
            return SIGNAL_BASE + signal_number
        case errors.FlowFailed(error=cause):
            return _code_of_cause(cause)
        case attach_errors.Declined(kind=kind):
            return _DECLINED.get(kind, ExitCode.FAILED)
        case _:
            return _code_by_class(error)


def _code_of_cause(cause: BaseException) -> ExitCode:
    """A flow may raise anything; only what the user asked of it can be a usage error."""
    from holon_actors.flows import FlowInputError  # noqa: PLC0415 - --help does not pay for it
    from holon_actors.runtime import WrongIsolation  # noqa: PLC0415 - as above

    misused = isinstance(cause, (FlowInputError, WrongIsolation))
    return ExitCode.USAGE if misused else ExitCode.FAILED


def _code_by_class(error: BaseException) -> ExitCode:
    for classes, code in _table():
        if isinstance(error, classes):
            return code

    return ExitCode.FAILED


def _table() -> Iterator[tuple[tuple[type[BaseException], ...], ExitCode]]:
    """The rows, the ones that need no further imports first."""
    yield (KeyboardInterrupt, click.Abort), ExitCode.INTERRUPTED
    yield (errors.FlowTimedOut, attach_errors.NodeNotAnswering), ExitCode.TIMEOUT
    yield (attach_errors.NodeNotReached, attach_errors.NoSystem), ExitCode.UNREACHABLE
    yield (attach_errors.SystemsAmbiguous,), ExitCode.NOT_FOUND
    yield (errors.InputMissing, errors.OutputRejected, click.FileError), ExitCode.NOT_FOUND
    yield (click.UsageError, ConfigError, errors.InputRejected), ExitCode.USAGE

    from holon_actors.flows import FlowInputError, FlowLoadError  # noqa: PLC0415 - as above

    yield (FlowLoadError,), ExitCode.NOT_FOUND
    yield (FlowInputError,), ExitCode.USAGE
