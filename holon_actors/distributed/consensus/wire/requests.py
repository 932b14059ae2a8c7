"""What clients, the command line and other members' clients may ask a member, and the answers.

All are values that travel. A member answers every one of them; what the leader has to do, a member
that does not lead refuses with the leader's name, except for commands and reads, which it sees to.
"""

from __future__ import annotations

from typing import Any

from holon_actors.actors.errors import InvalidAddress
from holon_actors.actors.message import Request, message
from holon_actors.actors.remote.endpoints import endpoint_text
from holon_actors.distributed.consensus.commands.outcomes import Refusal

__all__ = [
    "Answers",
    "ChangeMembers",
    "CloseSession",
    "Describe",
    "HandOver",
    "LogLine",
    "OpenSession",
    "ReadLog",
    "Reads",
    "Submit",
    "TakeSnapshot",
    "WaitingRead",
    "objection_to",
    "whole_refusal",
]


@message(name="holon.raft.Answers")
class Answers:
    """An outcome (see `outcomes.py`) for each thing that was asked for, in order; who leads, as far
    as the member knows, and where ("" when it does not); how the members can be reached.
    """

    outcomes: list[Any]
    leader: str
    members: dict[str, str]


@message(name="holon.raft.OpenSession")
class OpenSession(Request[Answers]):
    """Asks for a session; the outcome is its number."""


@message(name="holon.raft.CloseSession")
class CloseSession:
    """Told, not asked: the client is done."""

    session: int


@message(name="holon.raft.Submit")
class Submit(Request[Answers]):
    """Commands of a session, as `commands.Body` packs them; see `commands.Header` for the rest."""

    session: int
    below: int
    left_out: list[int]
    body: bytes


@message(name="holon.raft.Reads")
class Reads(Request[Answers]):
    """Reads, packed as commands are. `lease`: the leader's lease will do."""

    lease: bool
    body: bytes


@message(name="holon.raft.WaitingRead")
class WaitingRead(Request[Answers]):
    """Reads that are answered once each has an answer, or with the refusal "not-yet" after `wait_s`
    seconds, or sooner when another member leads.
    """

    wait_s: float
    body: bytes


@message(name="holon.raft.Describe")
class Describe(Request[Any]):
    """Asks for the member's `RaftStatus`."""


@message(name="holon.raft.ChangeMembers")
class ChangeMembers(Request[Answers]):
    """Changes who takes part; see `core.inputs.Change`. Names to endpoints, or names."""

    add: dict[str, str]
    learn: dict[str, str]
    promote: list[str]
    demote: list[str]
    remove: list[str]


@message(name="holon.raft.HandOver")
class HandOver(Request[Answers]):
    """Asks the leader to hand over to another member; "": to whichever is furthest."""

    target: str


@message(name="holon.raft.TakeSnapshot")
class TakeSnapshot(Request[Answers]):
    """Asks the member to take a snapshot now; the outcome is its index."""


@message(name="holon.raft.ReadLog")
class ReadLog(Request[list["LogLine"]]):
    """Asks for the last so many entries of the member's log."""

    last: int


@message(name="holon.raft.LogLine")
class LogLine:
    """An entry of the log. `kind` is "command", "open", "close", "clock", "noop" or
    "configuration", `size` its data in bytes; `text` what it says, if that can be read.
    """

    index: int
    term: int
    kind: str
    size: int
    text: str


def whole_refusal(answers: Answers) -> Refusal | None:
    """Why nothing of what was asked was done; None: some of it was."""
    outcomes = answers.outcomes
    first = outcomes[0] if outcomes else None
    if type(first) is Refusal and all(outcome == first for outcome in outcomes):
        return first
    return None


_NUMBERS = range(2**63)
_NAME_CHARS = 255
_WAIT_MAX_S = 3_600.0


def objection_to(request: Any) -> str | None:
    """What is wrong with the fields of a request that came from elsewhere; None: nothing."""
    match request:  # what it is declared to be is not what it needs to be
        case Submit(session, below, left_out, body):
            if not (_number(session) and _number(below) and _bytes(body)):
                return "numbers and bytes expected"
            return None if _all(_number, left_out) else "numbers expected in left_out"
        case Reads(lease, body):
            return None if _flag(lease) and _bytes(body) else "bytes expected"
        case WaitingRead(wait_s, body):
            return None if _seconds(wait_s) and _bytes(body) else "seconds and bytes expected"
        case CloseSession(session):
            return None if _number(session) else "a number expected"
        case ReadLog(last):
            return None if _number(last) else "a number expected"
        case ChangeMembers(add, learn, promote, demote, remove):
            if not all(_all(_name, names) for names in (promote, demote, remove)):
                return "names expected"
            return _objection_to_addresses(add) or _objection_to_addresses(learn)
        case HandOver(target):
            return None if target == "" or _name(target) else "a name expected"
    return None


def _number(value: Any) -> bool:
    return type(value) is int and value in _NUMBERS


def _seconds(value: Any) -> bool:
    return type(value) is float and 0 <= value <= _WAIT_MAX_S


def _flag(value: Any) -> bool:
    return type(value) is bool


def _bytes(value: Any) -> bool:
    return type(value) is bytes


def _name(value: Any) -> bool:
    return type(value) is str and 0 < len(value) <= _NAME_CHARS


def _all(check: Any, values: Any) -> bool:
    return type(values) is list and all(check(value) for value in values)


def _objection_to_addresses(members: Any) -> str | None:
    if type(members) is not dict or not all(_name(name) for name in members):
        return "names with endpoints expected"
    for name, url in members.items():
        if type(url) is not str:
            return f"{name} has no endpoint"
        try:
            endpoint_text(url)
        except InvalidAddress as error:
            return f"{name}: {error}"
    return None
