"""Entries of the log for people."""

from __future__ import annotations

from holon_transports.errors import CodecError

from holon_actors.distributed.consensus.commands.commands import Kind, read_entry
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.wire.requests import LogLine

__all__ = ["log_line"]

_TEXT_CHARS = 500


def log_line(entry: Entry) -> LogLine:
    """What an entry says, as far as it can be read here."""
    index, term, kind, data = entry
    try:
        name, text = _read(kind, data)
    except (CodecError, ValueError) as error:
        name, text = "unreadable", str(error)
    return LogLine(index, term, name, len(data), text[:_TEXT_CHARS])


def _read(kind: int, data: bytes) -> tuple[str, str]:
    if kind == EntryKind.NOOP:
        return "noop", ""
    if kind == EntryKind.CONFIGURATION:
        return "configuration", _members(Configuration.decode(data))
    header, commands = read_entry(data)
    if header.kind == Kind.OPEN:
        return "open", ""
    if header.kind == Kind.CLOSE:
        return "close", f"session {header.number}"
    if header.kind == Kind.CLOCK:
        return "clock", f"{header.stamp:.3f} s"
    shown = ", ".join(repr(command.value) for command in commands[:3])
    more = f", and {len(commands) - 3} more" if len(commands) > 3 else ""
    return "command", f"session {header.number}: {shown}{more}"


def _members(configuration: Configuration) -> str:
    groups = [("voters", configuration.voters), ("outgoing", configuration.outgoing)]
    groups.append(("learners", configuration.learners))
    return "; ".join(f"{name} {', '.join(members)}" for name, members in groups if members)
