"""Which exit code an error means."""

import signal

import click
import pytest

from holon_actors.cli import errors
from holon_actors.cli.attach.errors import (
    Declined,
    NodeNotAnswering,
    NodeNotReached,
    NoSystem,
    SystemsAmbiguous,
)
from holon_actors.cli.exits import exit_code_of
from holon_actors.errors import ConfigError, HolonError, MissingExtra
from holon_actors.flows import FlowInputError, FlowLoadError
from holon_actors.runtime import ExecutionTimeout, MemoryLimitExceeded, WrongIsolation

MISFIT = FlowInputError("add", "x", "not a number")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.FlowFailed("f", ValueError("x"), ""), 1),
        (errors.FlowFailed("f", MemoryLimitExceeded("f", 1), ""), 1),
        (errors.FlowFailed("f", FlowLoadError("x.py", "no"), ""), 1),
        (errors.FlowFailed("f", ConfigError("no"), ""), 1),
        (errors.FlowFailed("f", ExecutionTimeout("g", 1.0, "running"), ""), 1),
        (errors.FlowFailed("f", click.UsageError("no"), ""), 1),
        (errors.FlowFailed("f", KeyboardInterrupt(), ""), 1),
        (errors.ResultNotJson("$", "no"), 1),
        (MissingExtra("viz", "x"), 1),
        (HolonError("x"), 1),
        (RuntimeError("x"), 1),
        (errors.FlowFailed("f", MISFIT, ""), 2),
        (errors.FlowFailed("f", WrongIsolation("f", "inline", "no"), ""), 2),
        (errors.InputRejected("x", "no"), 2),
        (errors.CaseFileError("x", "no"), 2),
        (ConfigError("x"), 2),
        (MISFIT, 2),
        (click.UsageError("x"), 2),
        (click.BadParameter("x"), 2),
        (errors.InputMissing("input file", "x", "no"), 3),
        (errors.OutputRejected("--output", "x", "no"), 3),
        (FlowLoadError("x.py", "no"), 3),
        (SystemsAmbiguous(("bank (pid 1)", "shop (pid 2)")), 3),
        (Declined("not-found", "ActorNotFound", "no actor"), 3),
        (Declined("rejected", "MessageRejected", "no"), 2),
        (Declined("timeout", "AskTimeout", "late"), 124),
        (Declined("failed", "ValueError", "no"), 1),
        (Declined("busy", "MailboxFull", "no"), 1),
        (NoSystem("none"), 4),
        (NodeNotReached("tcp://h:1", "no answer"), 4),
        (NodeNotAnswering("bank", "ListActors", 5.0, "blocked"), 124),
        (errors.FlowTimedOut("f", 1.0), 124),
        (errors.Interrupted(signal.SIGINT), 130),
        (errors.Interrupted(signal.SIGTERM), 143),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
    ],
)
def test_each_error_has_its_documented_code(error, code):
    assert exit_code_of(error) == code
