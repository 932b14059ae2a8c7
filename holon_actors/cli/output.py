"""Where data goes: stdout, or a file that appears whole or not at all.

Stdout is for data only. While a user's code may run, `data_only_stdout` sends whatever it prints,
from this process or a child, to stderr.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import click

from holon_actors.cli.errors import OutputRejected
from holon_actors.cli.jsonable import plain
from holon_actors.cli.rows import is_table, rows_of

__all__ = [
    "Format",
    "check_writable",
    "data_only_stdout",
    "emit",
    "render",
    "terminal_width",
    "write_file",
]

Format = Literal["auto", "json", "table"]

STDOUT_FD = 1
STDERR_FD = 2


def render(
    value: Any, form: Format, *, compact: bool = False, terminal_width: int | None = None
) -> str:
    """`value` as text. `auto` makes a table of a list of objects when a person is watching, which
    is when there is a `terminal_width`.

    Raises ResultNotJson.
    """
    content = plain(value)
    if form == "table" or (form == "auto" and terminal_width and is_table(content)):
        from holon_actors.cli.table import table_text  # noqa: PLC0415 - rich takes a while

        return table_text(rows_of(content), width=terminal_width)
    return _json(content, None if compact else 2)


def _json(content: Any, indent: int | None) -> str:
    text = json.dumps(content, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half a surrogate pair, or a stdout that is not UTF-8
        return json.dumps(content, indent=indent)
    return text


def terminal_width() -> int | None:
    """How wide the terminal on stdout is, in cells; None when stdout is not a terminal."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def emit(text: str, output: str | None) -> None:
    """Write `text` to the file `output`, or to stdout. Raises OutputRejected."""
    if output is None:
        click.echo(text)
        sys.stdout.flush()
    else:
        write_file(output, text + "\n")


def check_writable(output: str | None, option: str = "--output") -> None:
    """Refuse a hopeless place for output before the work, not after it. Raises OutputRejected."""
    if output is None:
        return
    path = Path(output)
    if path.is_dir():
        raise OutputRejected(option, output, "is a directory")
    if not path.parent.is_dir():
        raise OutputRejected(option, output, "its folder does not exist")
    if not os.access(path.parent, os.W_OK):
        raise OutputRejected(option, output, "its folder is not writable")


def write_file(output: str, text: str, option: str = "--output") -> None:
    """Write a file that appears whole or not at all. Raises OutputRejected."""
    path = Path(output)
    if path.exists() and not path.is_file():  # /dev/stdout, a named pipe: nothing to replace
        _write_through(path, text, option)
        return
    try:
        _replace(path.resolve(), text)  # a link stays one
    except OSError as error:
        raise OutputRejected(option, output, (error.strerror or str(error)).lower()) from error


def _write_through(path: Path, text: str, option: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise OutputRejected(option, str(path), (error.strerror or str(error)).lower()) from error


def _replace(path: Path, text: str) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).chmod(_mode_for(path))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _mode_for(path: Path) -> int:
    """The mode the file has, or the one `open` would have given it."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


@contextlib.contextmanager
def data_only_stdout() -> Iterator[None]:
    """While active, what anything prints to stdout comes out on stderr."""
    sys.stdout.flush()
    with contextlib.redirect_stdout(sys.stderr), _redirected_descriptor():
        yield


@contextlib.contextmanager
def _redirected_descriptor() -> Iterator[None]:
    """The same for child processes and C code, which write to the descriptor."""
    try:
        saved = os.dup(STDOUT_FD)
    except OSError:  # stdout was closed by the caller: nothing to protect
        yield
        return

    try:
        os.dup2(STDERR_FD, STDOUT_FD)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, STDOUT_FD)
        os.close(saved)
