"""Messages of membership as plain lists, numbers and text, and back.

What comes from a peer is checked for types, ranges, sizes and normal form before any of it is used;
the core may rely on that. `unpack(source, pack(message))` is the message.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any, TypeAlias

from holon_actors.actors.address import check_name
from holon_actors.actors.cluster.errors import InvalidGossip
from holon_actors.actors.cluster.messages import (
    Ack,
    Confirm,
    Gossip,
    Join,
    Message,
    Nack,
    Ping,
    PingRequest,
    Poll,
    Sync,
    Welcome,
)
from holon_actors.actors.cluster.record import NUMBER_MAX, RANKS, Record, State, Vote
from holon_actors.actors.errors import InvalidAddress

__all__ = ["pack", "unpack"]

Plain: TypeAlias = list[Any]

# The position is the code on the wire: only ever append.
_KINDS: tuple[type[Message], ...] = (
    Ping,
    Ack,
    PingRequest,
    Nack,
    Poll,
    Confirm,
    Gossip,
    Sync,
    Join,
    Welcome,
)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_STATES: tuple[State, ...] = tuple(RANKS)
_TEXT_MAX = 512  # characters of an address
# What an address may carry for an endpoint: visible ASCII, without what separates its parts.
_ENDPOINT = re.compile(rf"[^\x00-\x20/@#\x7f-\U0010ffff]{{1,{_TEXT_MAX}}}")


def pack(message: Message) -> Plain:
    """The message as plain data."""
    names = [field.name for field in fields(message) if field.name != "records"]
    return [
        _CODES[type(message)],
        [_pack_record(record) for record in message.records],
        *(getattr(message, name) for name in names),
    ]


def _pack_record(record: Record) -> Plain:
    return [
        record.address,
        record.name,
        record.incarnation,
        record.refutation,
        _STATES.index(record.state),
        record.voter,
        list(record.witnesses),
        [[vote.accuser, vote.stamp, vote.members] for vote in record.votes],
    ]


def unpack(source: str, plain: object, members_max: int) -> Message:
    """The message that plain data from `source` stands for.

    Lists in it may have `members_max` items. Raises `InvalidGossip` for anything else.
    """
    try:
        return _unpack(source, plain, members_max)
    except _Unfit as unfit:
        raise InvalidGossip(source, str(unfit)) from None


class _Unfit(Exception):
    """What is wrong; becomes an `InvalidGossip`."""


def _unpack(source: str, plain: object, most: int) -> Message:
    code, records, *rest = _list(plain, 2, 8)
    kind = _KINDS[_number(code, len(_KINDS) - 1)]
    told = tuple(_unpack_record(item, most) for item in _list(records, 1, most))
    _check(told[0].address == source, "the first record is not the sender's")
    checks = [_FIELDS[field.name] for field in fields(kind) if field.name != "records"]
    _check(len(rest) == len(checks), f"{kind.__name__} has {len(checks)} fields")
    names = (field.name for field in fields(kind) if field.name != "records")
    given = {name: check(value) for name, check, value in zip(names, checks, rest, strict=True)}
    return kind(**given, records=told)


def _unpack_record(plain: object, most: int) -> Record:
    address, name, incarnation, refutation, state, voter, witnesses, votes = _list(plain, 8, 8)
    record = Record(
        _text(address),
        _name(name),
        _number(incarnation),
        _number(refutation),
        _STATES[_number(state, len(_STATES) - 1)],
        _flag(voter),
        tuple(_text(item) for item in _list(witnesses, 0, most)),
        tuple(_unpack_vote(item) for item in _list(votes, 0, most)),
    )
    _check_form(record)
    return record


def _unpack_vote(plain: object) -> Vote:
    accuser, stamp, members = _list(plain, 3, 3)
    return Vote(_text(accuser), _number(stamp), _number(members))


def _check_form(record: Record) -> None:
    accusers = [vote.accuser for vote in record.votes]
    _check(_ascending(record.witnesses) and _ascending(accusers), "not sorted, or repeated")
    _check(bool(accusers) == (record.state == "suspect"), "votes are for suspects")
    _check(not (record.voter and record.witnesses), "a voter needs no witnesses")
    if not record.present:
        _check(record == record.ended(record.state), "the end of a member has nothing to add")


def _ascending(items: Sequence[str]) -> bool:
    return all(one < other for one, other in pairwise(items))


def _check(condition: bool, reason: str) -> None:
    if not condition:
        raise _Unfit(reason)


def _list(value: object, least: int, most: int) -> Sequence[Any]:
    if not isinstance(value, list | tuple) or not least <= len(value) <= most:
        raise _Unfit(f"expected a list of {least} to {most}")
    return value


def _number(value: object, most: int = NUMBER_MAX) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise _Unfit(f"expected a number up to {most}")
    return value


def _text(value: object) -> str:
    if not isinstance(value, str) or not _ENDPOINT.fullmatch(value):
        raise _Unfit(f"expected up to {_TEXT_MAX} characters of an address")
    return value


def _name(value: object) -> str:
    # It may come to be part of an address, or of the name of a key file.
    try:
        return check_name(_text(value))
    except InvalidAddress as error:
        raise _Unfit(str(error)) from None


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise _Unfit("expected true or false")
    return value


_FIELDS: dict[str, Callable[[object], Any]] = {
    "number": _number,
    "target": _text,
    "incarnation": _number,
    "refutation": _number,
    "digest": _number,
    "whole": _flag,
    "final": _flag,
}
