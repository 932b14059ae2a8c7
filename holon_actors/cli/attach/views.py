"""How answers look to a person: rows, trees, stacks, records. For machines see `as_data`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from holon_actors.actors.admin import (
    ActorDetail,
    ActorRow,
    Event,
    LoopBlocked,
    Stack,
    TraceRecord,
)
from holon_actors.cli.reporting import printable, visible

__all__ = [
    "actors_text",
    "age_text",
    "as_data",
    "blocked_text",
    "detail_text",
    "event_text",
    "record_text",
    "row_cells",
    "stack_text",
    "tree_text",
]

_MINUTE_S = 60
_HOUR_S = 3_600
_MS = 1e-3


def as_data(answer: Any) -> Any:
    """An answer as plain data, with the names of its fields."""
    return asdict(answer)


def age_text(seconds: float | None) -> str:
    """A duration in a few characters; "" for none."""
    if seconds is None:
        return ""
    if seconds < _MS:
        return f"{seconds * 1e6:.0f}us"
    if seconds < 1:
        return f"{seconds * 1e3:.0f}ms"
    if seconds < _MINUTE_S:
        return f"{seconds:.1f}s"
    if seconds < _HOUR_S:
        return f"{int(seconds) // _MINUTE_S}m{int(seconds) % _MINUTE_S:02}s"
    return f"{int(seconds) // _HOUR_S}h{int(seconds) % _HOUR_S // _MINUTE_S:02}m"


def actors_text(count: int) -> str:
    """How many actors."""
    return "1 actor" if count == 1 else f"{count} actors"


def row_cells(row: ActorRow) -> dict[str, Any]:
    """One actor as a row of a table."""
    return {
        "path": row.path,
        "actor": row.kind,
        "state": row.state,
        "unread": row.mailbox_depth,
        "oldest": age_text(row.oldest_age),
        "handling": row.current_message or "",
        "for": age_text(row.current_age),
        "processed": row.processed,
        "restarts": row.restarts,
    }


def tree_text(rows: Iterable[ActorRow]) -> str:
    """Rows in the order parents before children, as a drawn tree."""
    below: dict[str, list[ActorRow]] = {}
    seen: dict[str, None] = {}
    roots: list[str] = []
    for row in rows:
        parent = row.path.rpartition("/")[0]
        if parent not in seen and parent not in below:
            roots.append(parent)
        below.setdefault(parent, []).append(row)
        seen[row.path] = None
    lines: list[str] = []
    for root in roots:
        lines.append(printable(root or "/"))
        _branch(lines, below, root)
    return "\n".join(lines)


def _branch(lines: list[str], below: dict[str, list[ActorRow]], root: str) -> None:
    pending = _twigs(below.get(root, []), "")
    while pending:
        row, prefix, last = pending.pop()
        lines.append(printable_tree(prefix, "└─ " if last else "├─ ", row))
        pending.extend(_twigs(below.get(row.path, []), prefix + ("   " if last else "│  ")))


def _twigs(rows: list[ActorRow], prefix: str) -> list[tuple[ActorRow, str, bool]]:
    """The children to draw, the last one first: they are taken from the end."""
    return [(row, prefix, row is rows[-1]) for row in reversed(rows)]


def printable_tree(prefix: str, joint: str, row: ActorRow) -> str:
    """One line of a tree."""
    facts = [row.kind]
    if row.state != "running":
        facts.append(row.state)
    if row.mailbox_depth:
        facts.append(f"{row.mailbox_depth} unread")
    if row.current_message is not None:
        facts.append(f"handling {row.current_message} for {age_text(row.current_age)}")
    name = row.path.rpartition("/")[2]
    return f"{prefix}{joint}{visible(name)}  {visible(', '.join(facts))}"


def stack_text(stack: Stack, indent: str = "  ") -> str:
    """A stack like a traceback, innermost call last."""
    lines = []
    for frame in stack.frames:
        lines.append(f"{indent}{frame.file}:{frame.line} in {frame.function}")
        if frame.code:
            lines.append(f"{indent}    {frame.code}")
    if stack.waits_for:
        lines.append(f"{indent}waits for {stack.waits_for}")
    return "\n".join(visible(line) for line in lines) or f"{indent}(no stack)"


def detail_text(detail: ActorDetail) -> str:
    """One actor in full."""
    row = detail.row
    facts: dict[str, Any] = {
        "address": detail.address,
        "class": detail.class_name,
        "state": row.state,
        "dispatcher": detail.dispatcher,
        "process": detail.pid or "",
        "mailbox": f"{detail.mailbox}, {row.mailbox_depth} unread",
        "oldest unread": age_text(row.oldest_age),
        "handling": row.current_message or "",
        "for": age_text(row.current_age),
        "processed": row.processed,
        "restarts": row.restarts,
        "children": row.children,
        "stashed": detail.stashed,
        "timers": detail.timers,
        "watchers": detail.watchers,
        "watching": ", ".join(detail.watching),
        "groups": ", ".join(detail.groups),
    }
    shown = {name: value for name, value in facts.items() if value not in ("", 0)}
    lines = [visible(f"{name:<14} {value}") for name, value in shown.items()]
    if detail.last_failure:
        lines.append("last failure")
        lines.extend(f"  {visible(line)}" for line in detail.last_failure.splitlines())
    if detail.stack is not None:
        lines.extend((f"stack ({detail.stack.where})", stack_text(detail.stack)))
    return "\n".join(lines)


def blocked_text(label: str, blocked: LoopBlocked) -> str:
    """Who has the event loop, and where it is."""
    who = f" by {blocked.path} handling {blocked.message}" if blocked.path else ""
    head = f"the event loop of {label} has been blocked for {blocked.seconds:.1f}s{who}"
    return f"{printable(head)}\n{stack_text(blocked.stack)}"


def record_text(record: TraceRecord, clock: str) -> str:
    """One traced message on one line."""
    took = "" if record.took_s is None else f" in {age_text(record.took_s)}"
    return printable(
        f"{clock} {record.sender} -> {record.recipient} {record.verb} {record.message} "
        f"{record.outcome}{took}"
    )


def event_text(event: Event, clock: str) -> str:
    """One event; its further lines are indented."""
    first, *more = event.text.splitlines() or [""]
    head = printable(f"{clock} {event.kind} {event.path} {first}")
    return "\n".join([head, *(f"  {visible(line)}" for line in more)])
