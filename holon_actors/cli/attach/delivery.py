"""What `holon tell` and `holon ask` share: a path, a message, and who gets it."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from holon_actors.actors.admin import Asked, Deliver
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import split_words
from holon_actors.cli.errors import InputRejected

__all__ = ["deliver"]

_STDIN_MAX = 16 * 1024 * 1024
# What the way to the actor and back may take beyond the time that the actor has.
_WAY_S = 2.0


def deliver(words: tuple[str, ...], access: Access, *, ask: bool) -> tuple[str, Any]:
    """Send the message of a command line; returns the path, and the answer of an ask.

    Raises UsageError, `InputRejected`, and what `run_attached` does.
    """
    given = split_words(words)
    if given.path is None:
        raise click.UsageError("give the PATH of an actor, such as /user/ada")
    if len(given.rest) != 1:
        raise click.UsageError(
            _extra(given.rest) if given.rest else "give a MESSAGE after the path"
        )
    text = _message(given.rest[0])
    order = Deliver(given.path, text, ask, access.timeout_s)

    async def send(system: Attached) -> Any:
        answer: Asked = await system.ask(order, access.timeout_s + _WAY_S)
        return answer.value

    return given.path, run_attached(given, access, send)


def _extra(rest: tuple[str, ...]) -> str:
    return f"unexpected argument {rest[1]!r}: quote the MESSAGE"


def _message(word: str) -> str:
    """JSON text, checked here so that a slip costs no connection."""
    text = sys.stdin.read(_STDIN_MAX + 1) if word == "-" else word
    where = "message on stdin" if word == "-" else "message"
    if len(text) > _STDIN_MAX:
        raise InputRejected(where, f"longer than {_STDIN_MAX} characters")
    try:
        json.loads(text)
    except (ValueError, RecursionError) as error:
        example = """write '{"type": "Deposit", "amount": 5}', or '"text"', or 5"""
        raise InputRejected(where, f"not JSON: {error}; {example}") from None
    return text
