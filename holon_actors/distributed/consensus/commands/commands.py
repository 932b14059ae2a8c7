"""What the data of an entry means: commands of a client, or something about clients and time.

An entry has a header and, for commands, a body: the commands of one client that came together, so
that most of what an entry costs is paid once for all of them. The body is made by the client, once,
and goes unchanged through the network and the log; the header is the member's that proposes it.

    header: [kind, number, below, stamp, left out]    body: ([sequence, class id, payload] ...)

Both are msgpack, as `holon_transports.codec` reads it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable
from enum import IntEnum
from functools import partial
from typing import Any, NamedTuple, cast

import msgpack
from holon_transports.codec import Decoder, Encoder, Limits
from holon_transports.errors import CodecError

from holon_actors.distributed.consensus.errors import ProposalTooLarge

__all__ = [
    "Body",
    "Command",
    "EntryReader",
    "Header",
    "Kind",
    "clock_entry",
    "close_entry",
    "command_entry",
    "open_entry",
    "read_body",
    "read_entry",
]

# A body is as large as a proposal may be; what is refused is refused before it is in the log.
_LIMITS = Limits(frame_max=1 << 30, int_max=1 << 20)
_SEQUENCES = range(1, 2**63)
_NUMBERS = range(2**63)


class Kind(IntEnum):
    """What an entry does."""

    COMMANDS = 0  # of the session `number`; those below `below` have had their answers
    OPEN = 1  # a session, whose number is the entry's index; at most `number` may be kept
    CLOSE = 2  # the session `number`
    CLOCK = 3  # nothing but its stamp


class Header(NamedTuple):
    """`stamp` is the group's time where the entry was proposed; `left_out` are the sequences of the
    body that are not to be applied, as their client has given them up.
    """

    kind: int
    number: int
    below: int
    stamp: float
    left_out: list[int]


class Command(NamedTuple):
    """A command with its client's number for it."""

    sequence: int
    value: Any


# Half the time that calling the class takes.
_command = cast("Callable[[Iterable[object]], Command]", partial(tuple.__new__, Command))
_HEADER_FIELDS = len(Header._fields)


class Body:
    """Packs commands, one after the other, up to `size_max` bytes of them.

    `sealed`: it takes no more, as a command that was too large may have taken definitions with it
    that the next ones would need.
    """

    __slots__ = ("_encoder", "_parts", "_size_max", "sealed", "size")

    def __init__(self, size_max: int) -> None:
        self._encoder = Encoder(_LIMITS, buffer_min=sys.maxsize)
        self._size_max = size_max
        self._parts: list[bytes] = []
        self.sealed = False
        self.size = 0  # bytes

    def add(self, sequence: int, value: Any) -> bool:
        """Put a command in; whether there was room for it beside the others. Raises `CodecError` if
        it cannot travel, `ProposalTooLarge` if it has more than `size_max` bytes by itself.
        """
        part = self._encoder.pack((sequence,), value)
        size = self.size + len(part)
        if size > self._size_max:
            self.sealed = True
            if len(part) > self._size_max:
                raise ProposalTooLarge(len(part), self._size_max)
            return False
        self._parts.append(part)
        self.size = size
        return True

    def data(self) -> bytes:
        """All of it."""
        return b"".join(self._parts)


def command_entry(
    session: int, below: int, stamp: float, left_out: Iterable[int], body: bytes
) -> bytes:
    """The data of an entry with commands."""
    return _header(Kind.COMMANDS, session, below, stamp, list(left_out)) + body


def open_entry(sessions_max: int, stamp: float) -> bytes:
    """The data of an entry that opens a session."""
    return _header(Kind.OPEN, sessions_max, 0, stamp, [])


def close_entry(session: int, stamp: float) -> bytes:
    """The data of an entry that closes a session."""
    return _header(Kind.CLOSE, session, 0, stamp, [])


def clock_entry(stamp: float) -> bytes:
    """The data of an entry that tells the time."""
    return _header(Kind.CLOCK, 0, 0, stamp, [])


def read_body(body: bytes) -> list[Command]:
    """The commands of a body. Raises `CodecError`."""
    decoder = Decoder(_LIMITS)
    return _commands(decoder, decoder.items(body))


class EntryReader:
    """Reads entries. Kept, it takes half the time for those without classes."""

    __slots__ = ("_decoder",)

    def __init__(self) -> None:
        self._decoder = Decoder(_LIMITS)

    def read(self, data: bytes) -> tuple[Header, list[Command]]:
        """What the data of an entry means. Raises `CodecError`."""
        decoder = self._decoder
        try:
            items = iter(decoder.items(data))
            values = next(items, ())
            if len(values) != _HEADER_FIELDS:
                raise CodecError("an entry without a header")
            header = Header._make(values)
            _check(header)
            return header, _commands(decoder, items)
        finally:
            if decoder.classes:  # are known to one entry only
                self._decoder = Decoder(_LIMITS)

    def read_all(self, datas: Iterable[bytes]) -> list[tuple[Header, list[Command]]]:
        """What several good entries mean, in half the time again. Raises `CodecError` if one is not
        good or has classes: they are then to be read one by one.
        """
        decoder = self._decoder
        try:
            return _entries(decoder, decoder.items(b"".join(datas)))
        finally:
            if decoder.classes:
                self._decoder = Decoder(_LIMITS)


def read_entry(data: bytes) -> tuple[Header, list[Command]]:
    """What the data of an entry means. Raises `CodecError`."""
    return EntryReader().read(data)


def _header(*fields: Any) -> bytes:
    packed: bytes = msgpack.packb(fields)
    return packed


def _entries(decoder: Decoder, items: Iterable[list[Any]]) -> list[tuple[Header, list[Command]]]:
    if decoder.classes:
        raise CodecError("classes, which each entry numbers for itself")
    value = decoder.value
    found: list[tuple[Header, list[Command]]] = []
    for item in items:
        if len(item) == _HEADER_FIELDS:
            header = Header._make(item)
            _check(header)
            commands: list[Command] = []
            found.append((header, commands))
        elif len(item) == 3 and found and type(item[0]) is int and item[0] in _SEQUENCES:
            commands.append(_command((item[0], value(item[1], item[2]))))
        else:
            raise CodecError("neither a header nor a command")
    return found


def _commands(decoder: Decoder, items: Iterable[list[Any]]) -> list[Command]:
    value = decoder.value
    commands = []
    for item in items:
        if len(item) != 3 or type(item[0]) is not int or item[0] not in _SEQUENCES:
            raise CodecError("a command without its number")
        commands.append(_command((item[0], value(item[1], item[2]))))
    return commands


def _check(header: Header) -> None:
    kind, number, below, stamp, left_out = header
    whole = type(kind) is int and type(number) is int and type(below) is int
    if not (whole and number in _NUMBERS and below in _NUMBERS and 0 <= kind <= Kind.CLOCK):
        raise CodecError("a header that is none")
    if type(stamp) is not float or not math.isfinite(stamp) or stamp < 0:
        raise CodecError("a time that is none")
    if type(left_out) is not list or not all(type(sequence) is int for sequence in left_out):
        raise CodecError("a list of numbers that is none")
