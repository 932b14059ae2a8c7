"""Committed entries to changes of the state machine: the one way in which they happen.

Pure: entries in, outcomes out. What it knows beside the state machine's state (sessions, the
group's time, the configuration) is a part of every snapshot, since the same entries have to come to
the same everywhere.
"""

from __future__ import annotations

import struct
from asyncio import CancelledError
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, TypeAlias

from holon_transports.codec import dumps, loads
from holon_transports.errors import CodecError

from holon_actors.distributed.consensus.commands.commands import Command, EntryReader, Header, Kind
from holon_actors.distributed.consensus.commands.outcomes import (
    EXPIRED,
    NOT_YET,
    STALE,
    Outcome,
    Refusal,
    failure_of,
    outcome_of,
)
from holon_actors.distributed.consensus.commands.sessions import Session, Sessions
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.core.reasons import BUSY
from holon_actors.distributed.consensus.errors import NotYet
from holon_actors.distributed.consensus.machine import StateMachine

__all__ = ["Applier", "UnreadableEntry", "UnreadableSnapshot"]

ReadAt: TypeAlias = Callable[[int, int], bytes]

_FORMAT = 1
_LENGTH = struct.Struct(">Q")


class UnreadableEntry(ValueError):
    """A committed entry that this member cannot read, though those who proposed it could."""


class UnreadableSnapshot(ValueError):
    """A snapshot that is whole, but means nothing here."""


class Applier:
    """The state machine with what belongs to it, up to an index of the log."""

    def __init__(self, machine: StateMachine, configuration: Configuration) -> None:
        self._machine = machine
        self.timed = type(machine).advance is not StateMachine.advance
        self._sessions = Sessions()
        self._reader = EntryReader()
        self._ahead: dict[int, tuple[Header, Sequence[Command]]] = {}  # by index
        self.index = 0
        self.term = 0
        self.configuration = configuration  # as of `index`
        self.now = 0.0  # the group's time, as of `index`

    def apply(
        self, entry: Entry, read: tuple[Header, Sequence[Command]] | None = None
    ) -> list[Outcome]:
        """Apply the next entry; what became of its commands, or the number of the session that it
        opened. `read` is what it means, where that is known already.

        Raises `UnreadableEntry`, and MemoryError of the state machine's: this member is then not to
        go on.
        """
        index, term, kind, data = entry
        assert index == self.index + 1, f"entry {index} after {self.index}"
        outcomes: list[Outcome] = []
        if kind == EntryKind.COMMAND:
            read = read or self._ahead.pop(index, None) or self._read(index, data)
            outcomes = self._command(index, *read)
        elif kind == EntryKind.CONFIGURATION:
            self.configuration = Configuration.decode(data)
        self.index, self.term = index, term
        return outcomes

    def read_ahead(self, entries: Iterable[Entry]) -> None:
        """Read what small entries mean that are applied next; together that is faster."""
        commands = [entry for entry in entries if entry.kind == EntryKind.COMMAND]
        try:
            read = self._reader.read_all([entry.data for entry in commands])
        except CodecError:
            return  # told when it is its turn
        if len(read) == len(commands):
            self._ahead = dict(zip((entry.index for entry in commands), read, strict=True))

    def query(self, request: Any) -> Outcome:
        """Answer a read."""
        try:
            return outcome_of(self._machine.query(request))
        except NotYet:
            return _NOT_YET
        except (Exception, CancelledError) as error:  # noqa: BLE001  # the user's, and the asker's
            return failure_of(error)

    @property
    def sessions(self) -> int:
        """How many clients are remembered."""
        return len(self._sessions)

    def deadline(self) -> float | None:
        """When the state machine wants to be told the time next."""
        return self._machine.deadline() if self.timed else None

    def _command(self, index: int, header: Header, commands: Sequence[Command]) -> list[Outcome]:
        self._advance(header.stamp)
        if header.kind == Kind.COMMANDS:
            return self._commands(header, commands)
        if header.kind == Kind.OPEN:
            self._sessions.open(index, header.number)
            return [index]
        if header.kind == Kind.CLOSE:
            self._sessions.close(header.number)
        return []

    def _read(self, index: int, data: bytes) -> tuple[Header, list[Command]]:
        try:
            return self._reader.read(data)
        except CodecError as error:
            raise UnreadableEntry(f"the committed entry {index} cannot be read: {error}") from error

    def _advance(self, stamp: float) -> None:
        if stamp <= self.now:
            return
        self.now = stamp
        if self.timed:
            self._machine.advance(stamp)

    def _commands(self, header: Header, commands: Sequence[Command]) -> list[Outcome]:
        session = self._sessions.heard(header.number)
        if session is None:
            return [Refusal(EXPIRED, "", unknown=False)] * len(commands)
        session.forget_below(header.below)
        left_out = header.left_out
        return [
            _GIVEN_UP if left_out and sequence in left_out else self._once(session, sequence, value)
            for sequence, value in commands
        ]

    def _once(self, session: Session, sequence: int, value: Any) -> Outcome:
        results = session.results
        if sequence in results:
            return results[sequence]
        if sequence < session.below:
            return _STALE
        if session.full:
            return _BUSY
        try:
            outcome = outcome_of(self._machine.apply(value))
        except MemoryError:
            raise  # the other members may have had the memory
        except (Exception, CancelledError) as error:  # noqa: BLE001  # the same on every member
            outcome = failure_of(error)
        results[sequence] = outcome
        return outcome

    # --- snapshots ---

    def parts(self) -> Iterator[bytes]:
        """All of it as it is now, packed in parts. The first one, which is made by this call, has
        all that a plain state machine consists of; the others are made as they are fetched. Raises
        what the state machine does, and `CodecError` for a state that cannot be packed.
        """
        head = [_FORMAT, self.index, self.term, self.now, self._sessions.state()]
        parts = iter(self._machine.snapshot_parts())
        first = [framed(dumps(head)), *(framed(dumps(part)) for part in islice(parts, 1))]
        return chain([b"".join(first)], (framed(dumps(part)) for part in parts))

    def restoring(self, read: ReadAt, size: int, configuration: Configuration) -> Iterator[None]:
        """Become, step by step, what `parts` gave, put together: `size` bytes, of which
        `read(offset, size)` gives some. In between there is no state to ask anything of. Raises
        `UnreadableSnapshot`, and what the state machine does.
        """
        self._ahead.clear()
        parts = unframed(read, size)
        index, term, now, sessions = _head(next(parts, None))
        yield from self._machine.restore_parts(parts) or ()
        self._sessions = sessions
        self.index, self.term, self.now, self.configuration = index, term, now, configuration


_GIVEN_UP = Refusal(STALE, "given up", unknown=False)
_STALE = Refusal(STALE, "", unknown=True)
_NOT_YET = Refusal(NOT_YET, "", unknown=False)
_BUSY = Refusal(BUSY, "too many results that nobody has fetched", unknown=False)


def framed(part: bytes) -> bytes:
    """A part with its length before it."""
    return _LENGTH.pack(len(part)) + part


def unframed(read: ReadAt, size: int) -> Iterator[Any]:
    """The values of parts that follow on each other. Raises `UnreadableSnapshot`."""
    offset = 0
    while offset < size:
        prefix = read(offset, _LENGTH.size)
        length = _LENGTH.unpack(prefix)[0] if len(prefix) == _LENGTH.size else size
        offset += _LENGTH.size
        if length > size - offset:
            raise UnreadableSnapshot(f"a part of it is cut off at byte {offset} of {size}")
        try:
            yield loads(read(offset, length))
        except CodecError as error:
            raise UnreadableSnapshot(f"the part at byte {offset}: {error}") from error
        offset += length


def _head(head: Any) -> tuple[int, int, float, Sessions]:
    try:
        version, index, term, now, sessions = head
        if version != _FORMAT:
            raise UnreadableSnapshot(f"its format is {version!r}, not {_FORMAT}")
        return index, term, float(now), Sessions.from_state(sessions)
    except (TypeError, ValueError) as error:
        raise UnreadableSnapshot(str(error)) from error
