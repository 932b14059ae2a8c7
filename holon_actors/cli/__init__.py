"""The `holon` command: a thin shell over flows, runtime and viz.

`main.py` finds the command, `commands/` holds one file per command, and the other modules are the
habits all commands share: exit codes, input, output, interrupts. Nothing here is a library: what a
program wants to call lives in the packages below.

Rule: importing `holon_actors.cli.main` imports click and nothing heavier, so that `--help` is
quick.
"""

__all__: list[str] = []
