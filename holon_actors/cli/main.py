"""The entry point: finds the command, runs it, and turns any end into an exit code.

Rules: only click and this package's light modules are imported at the top; a command's module is
imported when its name is on the command line; every error, wherever it comes from, ends in
`HolonGroup.main`, which reports it once and leaves.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn, cast

import click

from holon_actors.cli.exits import ExitCode
from holon_actors.cli.settings import Settings

__all__ = ["cli", "main"]

COMMANDS = {
    "run": "Run a flow on the actor engine and print its result.",
    "inspect": "Show the flows of a file: signature, schemas, graph. Runs none of them.",
    "visualize": "Draw a flow's graph as DOT, Mermaid, JSON or SVG.",
    "test": "Run a flow against a file of test cases.",
    "bench": "Measure this installation: tell, ask, spawn, engine.",
    "attach": "Open a prompt at a running system, or run one COMMAND there.",
    "ls": "List the actors below PATH (/user) of a running system.",
    "tree": "Draw the actors of a running system as a tree.",
    "ps": "Show the actors of a running system: mailboxes, ages, what each is at.",
    "top": "Watch the actors of a running system, the busiest first.",
    "tell": "Send a message to an actor of a running system.",
    "ask": "Ask an actor of a running system, and print its answer.",
    "stop": "End an actor of a running system, and wait until it has ended.",
    "trace": "Follow the messages of the actors at and below PATH (/user), live.",
    "dump": "Write one file with all that a bug report needs.",
    "raft": "Look at the Raft groups of a running system, and change who takes part.",
    "keygen": "Make the keys of a node for encrypted links.",
    "doctor": "Check what is installed and what works here.",
}

COMPLETION_VARIABLE = "_HOLON_COMPLETE"


class HolonGroup(click.Group):
    """A group whose commands are modules, imported on use."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"holon_actors.cli.commands.{cmd_name}")
        return cast("click.Command", module.command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            raise click.UsageError(f"no command {name!r}{_suggestion(name)}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(
        self,
        ctx: click.Context,
        formatter: click.HelpFormatter,
    ) -> None:
        # The base class would import every command to ask it for its help line.
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run one command line and leave with its exit code, standalone or not."""
        name = prog_name or "holon"
        variable = complete_var or COMPLETION_VARIABLE
        if instruction := os.environ.get(variable):
            sys.exit(self._complete(name, variable, instruction))

        arguments = list(sys.argv[1:] if args is None else args)
        code = self._exit_code(arguments, name, extra)
        _flush_for_the_last_time()
        sys.exit(int(code))

    def _complete(self, name: str, variable: str, instruction: str) -> int:
        from click.shell_completion import shell_complete  # noqa: PLC0415 - rarely needed

        return shell_complete(self, {}, name, variable, instruction)

    def _exit_code(self, args: list[str], name: str, extra: dict[str, Any]) -> int:
        settings = Settings()
        try:
            with self.make_context(name, args, obj=settings, **extra) as ctx:
                self.invoke(ctx)
            sys.stdout.flush()
        except click.exceptions.Exit as exit_request:
            return exit_request.exit_code
        except BrokenPipeError:
            return ExitCode.OK  # whoever read our output has had enough of it
        except BaseException as error:  # noqa: BLE001 - the last line of defence: all are reported
            from holon_actors.cli.reporting import report  # noqa: PLC0415 - rarely needed

            return report(error, settings)

        return ExitCode.OK


def _suggestion(name: str) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed

    close = get_close_matches(name, COMMANDS, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _flush_for_the_last_time() -> None:
    """What stdout refused once it would refuse again, noisily, when the interpreter ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version  # noqa: PLC0415 - rarely needed

        click.echo(f"holon {version('holon-actors')}")
        ctx.exit()


@click.group(
    cls=HolonGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    invoke_without_command=True,
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and leave.",
)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Holon runs flows on supervised actors.

    Exit codes: 0 ok, 1 the flow or a test failed, 2 usage or input that does not fit, 3 file or
    flow not found, not loadable or ambiguous, 4 unreachable, 124 timeout, 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help(), err=True)
        ctx.exit(ExitCode.USAGE)


def main() -> NoReturn:
    """What the `holon` script calls."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # the caller closed it: what goes there goes nowhere
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as we live
    cli.main()
