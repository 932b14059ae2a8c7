"""What happened in a simulated run: who sent what to whom, and when, in virtual time.

Also a text for people, and a Mermaid sequence diagram. How events are noted while the program runs
is not here but in `_kernel.recording`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from holon_actors.actors._cell import Cell
from holon_actors.actors.ref import ActorRef
from holon_actors.testing._kernel.recording import Note
from holon_actors.testing._text.describe import describe, describe_ref

__all__ = ["Event", "Trace"]

_SHOWN = 60
_MESSAGES = ("sent", "asked", "arrived", "handled", "answered")
_ARROWS = {"sent": "->>", "arrived": "->>", "asked": "->>", "answered": "-->>", "dropped": "-x"}


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, in texts that are the same in every process.

    `time` is in virtual seconds, `node` the name of the system concerned. `kind` is, among others,
    "spawned", "sent", "asked", "arrived" (from another node), "handled", "answered", "dropped" (a
    dead letter), "failed",
    "restarted" or "ended" (an actor), "started", "crashed", "paused" or "resumed" (a node). `who`
    did it, `whom` it was done to, `what` is the message, the error or the reason; each may be
    empty.
    """

    time: float
    kind: str
    node: str
    who: str
    whom: str
    what: str

    def __str__(self) -> str:
        parts = [f"{self.time:12.6f}", f"{self.kind:<9}", self.who]
        if self.whom:
            parts.append(f"-> {self.whom}")
        if self.what:
            parts.append(f": {self.what}")
        return "  ".join(parts)


class Trace(Sequence[Event]):
    """The events of a run, oldest first: the newest that were kept.

    Texts are made when they are read: a message that the program changes after it was sent shows as
    it is then.
    """

    def __init__(self, notes: Sequence[Note | Event]) -> None:
        self._notes = tuple(notes)

    def __len__(self) -> int:
        return len(self._notes)

    @overload
    def __getitem__(self, place: int) -> Event: ...
    @overload
    def __getitem__(self, place: slice) -> Trace: ...
    def __getitem__(self, place: int | slice) -> Event | Trace:
        if isinstance(place, slice):
            return Trace(self._notes[place])
        return _event(self._notes[place])

    def __iter__(self) -> Iterator[Event]:
        return map(_event, self._notes)

    def __str__(self) -> str:
        return "\n".join(map(str, self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Trace, (tuple(self),)

    def __repr__(self) -> str:
        return f"<Trace of {len(self)} events>"

    def of_program(self) -> Trace:
        """Without what the systems say among themselves, and single losses on the network."""
        return Trace([n for n, e in zip(self._notes, self, strict=True) if not _is_inner(e)])

    def fingerprint(self) -> str:
        """64 hexadecimal digits, the same for the same events."""
        digest = hashlib.sha256()
        for event in self:
            digest.update(f"{event}\n".encode())
        return digest.hexdigest()

    def mermaid(self, last: int = _SHOWN) -> str:
        """The `last` events as a Mermaid sequence diagram."""
        events = list(self[-last:]) if last else []
        names = dict.fromkeys(
            name for e in events for name in (e.who, e.whom) if name and e.kind != "handled"
        )
        ids = {name: f"p{number}" for number, name in enumerate(names)}
        lines = ["sequenceDiagram"]
        lines += [f"    participant {ids[name]} as {_plain(name)}" for name in names]
        lines += [f"    {line}" for event in events for line in _drawn(event, ids)]
        return "\n".join(lines)


def _is_inner(event: Event) -> bool:
    return event.kind == "lost" or "/system/" in event.who or "/system/" in event.whom


def _drawn(event: Event, ids: dict[str, str]) -> Iterator[str]:
    if event.kind == "handled":
        return  # the arrow to it has been drawn
    who, whom = ids.get(event.who), ids.get(event.whom)
    text = _plain(event.what) or event.kind
    arrow = _ARROWS.get(event.kind)
    if arrow is not None and who and whom:
        yield f"{who}{arrow}{whom}: {text}"
    else:
        about = who or whom or next(iter(ids.values()), None)
        told = event.kind if not event.what else f"{event.kind} {text}"
        if about is not None:
            yield f"Note over {about}: {told}"


def _plain(text: str) -> str:
    """Without what Mermaid takes for its own."""
    return " ".join(text.splitlines()).replace(";", ",").replace("#", "no.")


def _event(note: Note | Event) -> Event:
    if isinstance(note, Event):
        return note
    now_ns, kind, who, whom, what = note
    if kind in ("sent", "asked") and isinstance(who, ActorRef) and not isinstance(who, Cell):
        kind = "arrived"  # by the network, where its sending has left no trace
    about = whom if kind in ("sent", "asked", "arrived", "spawned", "dropped") else who
    return Event(
        now_ns / 1e9,
        kind,
        _node(about),
        describe_ref(who) if who is not None or kind in _ARROWS else "",
        "" if whom is None and kind not in _ARROWS else describe_ref(whom),
        _what(kind, what),
    )


def _node(about: Any) -> str:
    if about is None or isinstance(about, str):
        return about or ""
    return str(about.address.system)


def _what(kind: str, what: Any) -> str:
    if kind == "dropped":
        reason, message = what
        return f"{describe(message)} ({reason})"
    if kind in _MESSAGES:
        return describe(what)
    return "" if what is None else what if isinstance(what, str) else describe(what)
