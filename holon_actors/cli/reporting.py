"""How an error looks to the user: one line on stderr that names what and where.

With `--json` the line is a JSON object, with `--debug` the traceback comes first. Text from outside
(exception messages, file names) is made printable, so that it cannot drive the terminal.
"""

from __future__ import annotations

import json
import sys
import traceback

import click

from holon_actors.cli.errors import FlowFailed
from holon_actors.cli.exits import exit_code_of
from holon_actors.cli.settings import Settings
from holon_actors.errors import HolonError

__all__ = ["note", "printable", "report", "visible"]

MESSAGE_LIMIT = 2_000


def report(error: BaseException, settings: Settings) -> int:
    """Tell the user about `error` on stderr; return the exit code."""
    code = exit_code_of(error)
    if settings.debug:
        traceback.print_exception(error, file=sys.stderr)

    message, hint = _wording(error)
    if settings.json:
        _write(_as_json(error, message, code))
    else:
        _write(f"error: {message}")
        if hint:
            _write(hint)
    return code


def note(text: str) -> None:
    """One line for the person at the terminal; never data."""
    _write(printable(text))


def printable(text: str) -> str:
    """`text` on one line, without characters that a terminal would obey."""
    return visible(" ".join(text.split()))


def visible(text: str) -> str:
    """`text` with its spaces as they are, and line breaks and the like as spaces too."""
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character.isspace() else f"\\x{ord(character):02x}"


def _wording(error: BaseException) -> tuple[str, str]:
    """The message, and a line of help where there is any."""
    if isinstance(error, click.UsageError):
        ctx = error.ctx
        hint = f"try '{ctx.command_path} --help'" if ctx is not None else ""
        return _shorten(error.format_message()), hint
    if isinstance(error, click.ClickException):
        return _shorten(error.format_message()), ""
    if isinstance(error, (KeyboardInterrupt, click.Abort)):
        return "interrupted", ""
    return _shorten(_text_of(error)), ""


def _text_of(error: BaseException) -> str:
    text = str(error)
    if isinstance(error, HolonError) and text:
        return text
    name = type(error).__name__
    return f"{name}: {text}" if text else name


def _shorten(message: str) -> str:
    line = printable(message)
    if len(line) <= MESSAGE_LIMIT:
        return line
    return f"{line[:MESSAGE_LIMIT]}... (cut; --debug shows all)"


def _as_json(error: BaseException, message: str, code: int) -> str:
    cause = error.error if isinstance(error, FlowFailed) else error  # ours says only who ran it
    content = {"type": type(cause).__name__, "message": message, "exit_code": int(code)}
    return json.dumps({"error": content}, ensure_ascii=False)


def _write(line: str) -> None:
    try:
        click.echo(line, err=True)
    except (BrokenPipeError, UnicodeEncodeError):
        # Nobody reads stderr, or it cannot spell the text: the exit code still speaks.
        pass
