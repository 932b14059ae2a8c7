"""Reads JSON that the user points at: a file, stdin (`-`) or the argument itself.

Everything is bounded: a file or stream over the limit is refused before it is parsed. What the
value means to a flow is not decided here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, NoReturn

from holon_actors.cli.errors import InputMissing, InputRejected

__all__ = ["parse_json", "read_bytes", "read_input"]

INLINE_STARTS = frozenset('{["-0123456789')
INLINE_WORDS = frozenset({"true", "false", "null"})


def read_input(source: str, limit: int) -> Any:
    """The value that `source` stands for: `-`, a path, or JSON as it is.

    Raises InputMissing when a file is not there, InputRejected when it is too large or not JSON.
    """
    if not source:
        raise InputRejected("inline input", "empty: give a JSON file, - for stdin, or JSON itself")
    if source == "-":
        return parse_json(_read_stdin(limit), "input on stdin")
    if not _exists(source) and _looks_inline(source):
        return parse_json(_within(source.encode(), limit, "inline input"), "inline input")
    return parse_json(read_bytes(source, limit, "input file"), f"input file {source!r}")


def read_bytes(path: str, limit: int, what: str) -> bytes:
    """The content of the file at `path`, at most `limit` bytes.

    Raises InputMissing when it cannot be read, InputRejected when it is larger.
    """
    try:
        with Path(path).open("rb") as file:
            return _within(file.read(limit + 1), limit, f"{what} {path!r}")
    except (OSError, ValueError) as error:
        if isinstance(error, InputRejected):
            raise
        raise InputMissing(what, path, _reason(error)) from error


def parse_json(content: bytes, where: str) -> Any:
    """The JSON value in `content`. Raises InputRejected that names `where`, line and column."""
    try:
        return json.loads(content.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        raise InputRejected(where, f"not JSON: {error.msg} at {place}") from error
    except UnicodeDecodeError as error:
        raise InputRejected(where, f"not UTF-8 at byte {error.start}") from error
    except RecursionError:
        raise InputRejected(where, "nested too deeply") from None
    except ValueError as error:
        raise InputRejected(where, f"not JSON: {error}") from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _read_stdin(limit: int) -> bytes:
    if sys.stdin is None:
        raise InputMissing("input", "-", "stdin is closed")
    return _within(sys.stdin.buffer.read(limit + 1), limit, "input on stdin")


def _within(content: bytes, limit: int, where: str) -> bytes:
    if len(content) > limit:
        raise InputRejected(where, f"larger than {limit} bytes; raise --max-input to allow it")
    return content


def _exists(source: str) -> bool:
    try:
        return Path(source).exists()
    except (OSError, ValueError):  # too long, or not a possible name at all
        return False


def _looks_inline(source: str) -> bool:
    text = source.strip()
    return text in INLINE_WORDS or (text[:1] in INLINE_STARTS and not _looks_like_path(text))


def _looks_like_path(text: str) -> bool:
    """`2024.json` and `-data.json` start like numbers, and are names all the same."""
    return (
        text[0] not in '{["'
        and not text.lstrip("-").replace(".", "", 1).isdigit()
        and ("/" in text or text.endswith((".json", ".txt")))
    )


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return str(error)
