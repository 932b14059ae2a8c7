"""What a random program did, written down beside the kernel: who sent what, and what became of it.

Records only; what must hold of the records is in `checks`. Entries are numbered in the order in
which they were made, so that "before" and "after" mean something within one virtual instant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from holon_actors import message


@message
class Note:
    """The only message of random programs."""

    number: int  # of all that were ever sent
    sender: str
    place: int  # among those from this sender to this receiver
    fate: str  # what its handler does
    then: tuple[Any, ...] = ()  # what its handler performs first


class Boom(Exception):
    """What handlers raise; `directive` is what their supervisor does."""

    def __init__(self, number: int, directive: str) -> None:
        super().__init__(number, directive)
        self.number = number
        self.directive = directive


@dataclass
class Member:
    """One actor, from its spawning to its end, across all its restarts."""

    key: str
    ref: Any
    address: Any  # as it was at first
    node: str
    parent: str | None
    keeps_order: bool
    ended_index: int | None = None
    ended_at: float | None = None


@dataclass
class Sent:
    """One message. `outcome` is how an ask or a send ended: a value or an error; None: not yet."""

    note: Note
    verb: str
    receiver: str
    began_at: float
    limit_s: float = 0.0
    ended_at: float | None = None
    outcome: Any = None


@dataclass
class Ledger:
    """See the module. `time` is the virtual time."""

    time: Callable[[], float]
    members: dict[str, Member] = field(default_factory=dict)
    sent: dict[int, Sent] = field(default_factory=dict)
    begun: list[tuple[int, str]] = field(default_factory=list)  # number of a note, and by whom
    active: dict[str, int] = field(default_factory=dict)  # what each actor is at
    buried: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    failed: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    watched: set[tuple[str, str]] = field(default_factory=set)  # watcher and watched, not yet told
    due: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    ends: list[str] = field(default_factory=list)  # keys, in order
    faults: list[str] = field(default_factory=list)  # promises seen broken at once
    index: int = 0
    places: dict[tuple[str, str], int] = field(default_factory=lambda: defaultdict(int))

    # --- members ---

    def joins(self, member: Member) -> None:
        self.members[member.key] = member

    def key_of(self, ref: Any) -> str | None:
        where = ref.address
        found = (k for k, m in self.members.items() if _same(m.address, where))
        return next(found, None)

    def restarts(self, key: str, ref: Any) -> None:
        """A new instance has taken over."""
        if not _same(ref.address, self.members[key].address):
            self.faults.append(f"{key} is at {ref.address} since its restart")

    def ended(self, ref: Any) -> None:
        """An actor has told that it ended."""
        key = self.key_of(ref)
        if key is None:
            return
        member = self.members[key]
        self.index += 1
        if member.ended_index is not None:
            self.faults.append(f"{key} ended twice")
        member.ended_index, member.ended_at = self.index, self.time()
        self.ends.append(key)
        self.active.pop(key, None)
        for watcher, target in self.watched:
            if target == key and self.members[watcher].node == member.node:
                self.due[watcher].add(key)

    # --- messages ---

    def posts(self, verb: str, sender: str, receiver: str, fate: str, then: Any) -> Note:
        """A message is about to be sent."""
        number = len(self.sent)
        place = self.places[sender, receiver] = self.places[sender, receiver] + 1
        note = Note(number, sender, place, fate, then)
        self.sent[number] = Sent(note, verb, receiver, self.time())
        return note

    def concludes(self, note: Note, outcome: Any) -> None:
        """An ask or a send has ended."""
        sent = self.sent[note.number]
        sent.ended_at, sent.outcome = self.time(), outcome

    def begins(self, key: str, note: Note) -> None:
        """A handler has begun."""
        self.index += 1
        if key in self.active:
            self.faults.append(f"{key} took note {note.number} while at {self.active[key]}")
        if self.due[key]:
            ended = ", ".join(sorted(self.due[key]))
            self.faults.append(f"{key} took note {note.number} ahead of the end of {ended}")
        self.active[key] = note.number
        self.begun.append((note.number, key))

    def finishes(self, key: str) -> None:
        """A handler has ended, in whatever way."""
        self.active.pop(key, None)

    # --- watching ---

    def watches(self, watcher: str, target: str) -> None:
        self.watched.add((watcher, target))
        known, by = self.members[target], self.members[watcher]
        if known.ended_index is not None and known.node == by.node:
            self.due[watcher].add(target)

    def unwatches(self, watcher: str, target: str) -> None:
        self.watched.discard((watcher, target))
        self.due[watcher].discard(target)

    def hears(self, watcher: str, ref: Any, reason: str) -> None:
        """A watcher has been told of an end."""
        target = self.key_of(ref)
        if target is None or (watcher, target) not in self.watched:
            self.faults.append(f"{watcher} was told of {target}, which it does not watch")
            return
        if self.members[target].ended_index is None and reason != "node-lost":
            self.faults.append(f"{watcher} was told of the end of {target}, which lives")
        self.unwatches(watcher, target)


def _same(one: Any, other: Any) -> bool:
    return (one.uid, one.path, one.system) == (other.uid, other.path, other.system)
