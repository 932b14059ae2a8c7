"""The prompt of `holon attach`: the one-shot commands, line by line, against one system.

Each line is a command of its own with a connection of its own, so a system that was restarted is
simply there again. On a terminal it has history and completes verbs and paths, and an error ends
one line only; without one (a script) the first error ends all, with its exit code.
"""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module

import click

from holon_actors.cli.attach.more import MORE
from holon_actors.cli.exits import ExitCode
from holon_actors.cli.reporting import report
from holon_actors.cli.settings import Settings

__all__ = ["LEAVE", "VERBS", "Prompt", "run_verb", "split_line"]

# Verbs that are commands of `holon` too.
VERBS = ("ls", "tree", "ps", "top", "tell", "ask", "stop", "trace", "dump")
LEAVE = ("quit", "exit")
_WITH_JSON = ("tell", "ask")

Complete = Callable[[str], Sequence[str]]


def run_verb(verb: str, words: Sequence[str], fixed: Sequence[str], settings: Settings) -> None:
    """Run one verb. `fixed` is what every line of this prompt has: the system, and its options.

    Raises UsageError for an unknown verb, and whatever the command does.
    """
    command = _command(verb)
    command.main([*fixed, *words], prog_name=verb, standalone_mode=False, obj=settings)


def _command(verb: str) -> click.Command:
    if verb in VERBS:
        found: click.Command = import_module(f"holon_actors.cli.commands.{verb}").command
        return found
    if verb in MORE:
        return MORE[verb]()
    raise click.UsageError(f"no command {verb!r}; try 'help'")


def split_line(line: str) -> list[str]:
    """The words of a line, as a shell has them, but JSON needs no quotes: in `tell /user/ada {...}`
    it is one word. Raises ValueError for quotes that do not close.
    """
    head, brace, rest = line.partition("{")
    before = shlex.split(head, comments=True) if head.count("'") % 2 == 0 else []
    if not brace or not before or before[0] not in _WITH_JSON:
        return shlex.split(line, comments=True)
    try:
        _, end = json.JSONDecoder().raw_decode(brace + rest)
    except ValueError:
        return shlex.split(line, comments=True)
    return [*before, (brace + rest)[:end], *shlex.split((brace + rest)[end:], comments=True)]


class Prompt:
    """Reads lines and runs them."""

    def __init__(
        self, label: str, fixed: Sequence[str], settings: Settings, complete: Complete
    ) -> None:
        self._label = label
        self._fixed = fixed
        self._settings = settings
        self._complete = complete

    def run(self) -> int:
        """Run lines until there are no more; returns the exit code."""
        interactive = sys.stdin.isatty()
        for line in self._typed() if interactive else sys.stdin:
            code = self._line(line)
            if code is None:
                break
            if code != ExitCode.OK and not interactive:
                return code
        return ExitCode.OK

    def _line(self, line: str) -> int | None:
        """Run one line; None when it is the last one."""
        try:
            words = split_line(line)
        except ValueError as error:
            return report(click.UsageError(str(error).lower()), self._settings)
        if not words:
            return ExitCode.OK
        verb, *rest = words
        if verb in LEAVE:
            return None
        if verb == "help":
            click.echo(_help())
            return ExitCode.OK
        return self._run(verb, rest)

    def _run(self, verb: str, rest: Sequence[str]) -> int:
        try:
            run_verb(verb, rest, self._fixed, self._settings)
        except click.exceptions.Exit as ended:
            return ended.exit_code
        except BrokenPipeError:
            raise
        except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # told, as main would
            return report(error, self._settings)
        return ExitCode.OK

    # --- a person at a terminal ---

    def _typed(self) -> Iterator[str]:
        _prepare_readline(self._complete)
        click.echo("'help' lists the commands, 'quit' leaves", err=True)
        while True:
            try:
                yield input(f"{self._label}> ")
            except KeyboardInterrupt:
                click.echo(err=True)
            except EOFError:
                click.echo(err=True)
                return


def _help() -> str:
    from holon_actors.cli.main import COMMANDS  # noqa: PLC0415  # which imports this by name

    lines = [f"  {verb:<12}{COMMANDS[verb]}" for verb in VERBS]
    lines += [f"  {verb:<12}{MORE[verb]().get_short_help_str(80)}" for verb in MORE]
    return "\n".join([*lines, "  help, quit", "COMMAND --help says more"])


def _prepare_readline(complete: Complete) -> None:
    """History and completion for `input`, where Python has readline."""
    try:
        import readline  # noqa: PLC0415  # changes how input() works, and is not everywhere
    except ImportError:
        return
    found: list[str] = []

    def completer(text: str, state: int) -> str | None:
        if state == 0:
            line = readline.get_line_buffer()
            first = not line[: readline.get_begidx()].strip()
            found[:] = _verbs(text) if first else _paths(text, complete)
        return found[state] if state < len(found) else None

    readline.set_completer_delims(" ")
    readline.set_completer(completer)
    readline.parse_and_bind("tab: complete")


def _verbs(text: str) -> list[str]:
    return [f"{verb} " for verb in (*VERBS, *MORE, "help", *LEAVE) if verb.startswith(text)]


def _paths(text: str, complete: Complete) -> list[str]:
    if not text.startswith("/"):
        return []
    return [path for path in complete(text.rpartition("/")[0] or "/") if path.startswith(text)]
