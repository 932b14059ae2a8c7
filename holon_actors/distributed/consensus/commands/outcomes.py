"""What became of a command or a read: values that travel, are kept and look the same everywhere.

Most results are simple and stand for themselves. All others are kept packed, so that nothing that
the state machine changes later can change an answer that was given.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from holon_transports.codec import dumps, loads
from holon_transports.errors import CodecError

from holon_actors.actors.message import message

__all__ = [
    "EXPIRED",
    "NOT_YET",
    "STALE",
    "UNREADABLE",
    "Failure",
    "Outcome",
    "Packed",
    "Refusal",
    "failure_of",
    "outcome_of",
    "value_of",
]

EXPIRED: Final = "session-expired"  # the group has forgotten the client
NOT_YET: Final = "not-yet"  # the state has no answer to this read yet
STALE: Final = "stale"  # the client has said that it does not wait for this command any more
UNREADABLE: Final = "unreadable"  # the member cannot read the commands, so it has not taken them

_PLAIN = frozenset({type(None), bool, float, bytes})
_INT64 = range(-(2**63), 2**63)
_TEXT_CHARS = 2_000


@message(name="holon.raft.Packed")
class Packed:
    """A result, as `dumps` packs it."""

    data: bytes


@message(name="holon.raft.Failure")
class Failure:
    """`apply` or `query` raised."""

    type_name: str
    message: str


@message(name="holon.raft.Refusal")
class Refusal:
    """It did not come to that. With `unknown` it may have, or may yet.

    `reason` is a word of `core/reasons.py`, or one of this module.
    """

    reason: str
    detail: str
    unknown: bool


Outcome: TypeAlias = "bool | int | float | str | bytes | Packed | Failure | Refusal | None"


def outcome_of(result: Any) -> Outcome:
    """What to keep of what `apply` or `query` has returned. A value that cannot travel is a
    failure.
    """
    kind = type(result)
    if kind is int:
        if result in _INT64:
            return result  # type: ignore[no-any-return]
    elif kind in _PLAIN or (kind is str and result.isascii()):
        return result  # type: ignore[no-any-return]
    try:
        return Packed(dumps(result))
    except CodecError as error:
        return failure_of(error)


def failure_of(error: BaseException) -> Failure:
    """What to keep of what `apply` or `query` has raised: the same text on every member."""
    try:
        text = str(error)
    except Exception as broken:  # noqa: BLE001  # a `__str__` of the user's
        text = f"(its text cannot be had: {type(broken).__name__})"
    clean = text[:_TEXT_CHARS].encode("utf-8", "replace").decode()
    return Failure(type(error).__qualname__, clean)


def value_of(outcome: Outcome) -> Any:
    """The result that is kept in an outcome, as a copy. Raises `CodecError` for a class that is not
    known here.
    """
    return loads(outcome.data) if type(outcome) is Packed else outcome
