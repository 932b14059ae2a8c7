"""What is on a simulated disk: as programs see it, as it is durably, and the changes in between.

Plain code. Every change gets a number, in the order of the whole disk. A sync makes the changes of
one file, or of the names, durable up to a number; a crash keeps those that it is told to keep, in
their order, and forgets the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias


@dataclass
class Write:
    """Bytes put into a file."""

    number: int
    offset: int
    data: bytes

    def apply(self, content: bytearray) -> None:
        if self.offset > len(content):
            content.extend(bytes(self.offset - len(content)))
        content[self.offset : self.offset + len(self.data)] = self.data


@dataclass
class Truncate:
    """A file cut or lengthened."""

    number: int
    size: int

    def apply(self, content: bytearray) -> None:
        if self.size < len(content):
            del content[self.size :]
        else:
            content.extend(bytes(self.size - len(content)))


Change: TypeAlias = Write | Truncate


class Inode:
    """A file, whatever its names are."""

    __slots__ = ("content", "durable", "pending", "poisoned", "serial")

    def __init__(self, serial: int) -> None:
        self.serial = serial
        self.content = bytearray()
        self.durable = bytearray()
        self.pending: list[Change] = []
        self.poisoned = False  # a sync has failed

    def change(self, change: Change) -> None:
        change.apply(self.content)
        self.pending.append(change)

    def flip(self, offset: int, bit: int) -> None:
        """One bit turns, for good."""
        for content in (self.content, self.durable):
            if offset < len(content):
                content[offset] ^= 1 << bit

    def settle(self, number: int) -> None:
        """Changes up to this number are durable."""
        done = [change for change in self.pending if change.number <= number]
        for change in done:
            change.apply(self.durable)
        del self.pending[: len(done)]


@dataclass
class Rename:
    """One change of names: `old` goes away, `new` comes; either may be None."""

    number: int
    old: str | None
    new: str | None
    inode: Inode

    def apply(self, names: dict[str, Inode]) -> None:
        if self.old is not None and names.get(self.old) is self.inode:
            del names[self.old]
        if self.new is not None:
            names[self.new] = self.inode


class DiskState:
    """Files and names, and what of them is durable."""

    def __init__(self) -> None:
        self.names: dict[str, Inode] = {}
        self.durable_names: dict[str, Inode] = {}
        self.pending_names: list[Rename] = []
        self.number = 0  # of the last change
        self._serial = 0

    def create(self, name: str) -> Inode:
        self._serial += 1
        inode = Inode(self._serial)
        self.rename(None, name, inode)
        return inode

    def rename(self, old: str | None, new: str | None, inode: Inode) -> None:
        change = Rename(self.next_number(), old, new, inode)
        change.apply(self.names)
        self.pending_names.append(change)

    def next_number(self) -> int:
        self.number += 1
        return self.number

    def settle_names(self, number: int) -> None:
        """Changes of names up to this number are durable."""
        done = [renaming for renaming in self.pending_names if renaming.number <= number]
        for renaming in done:
            renaming.apply(self.durable_names)
        del self.pending_names[: len(done)]

    @property
    def used(self) -> int:
        """Bytes in all files that have a name."""
        return sum(len(inode.content) for inode in self.names.values())

    def inodes(self) -> list[Inode]:
        """All files that could be there after a crash, in the order of their making."""
        found = {i.serial: i for i in (*self.durable_names.values(), *self.names.values())}
        found.update((change.inode.serial, change.inode) for change in self.pending_names)
        return [found[serial] for serial in sorted(found)]

    def unsynced(self) -> list[tuple[Inode, Change]]:
        """Changes of files that are not durable, in the order in which they were made."""
        changes = [(inode, change) for inode in self.inodes() for change in inode.pending]
        return sorted(changes, key=lambda entry: entry[1].number)

    def crash(
        self, keep: Callable[[Change], Change | None], keep_name: Callable[[Rename], bool]
    ) -> int:
        """Keep what `keep` makes of each change of a file, and the names that `keep_name` says, in
        the order in which they were made; what is there then is durable. Returns how much was lost.
        """
        lost = 0
        for inode, change in self.unsynced():
            kept = keep(change)
            lost += kept is not change
            if kept is not None:
                kept.apply(inode.durable)
        for inode in self.inodes():
            inode.pending.clear()
            inode.content = bytearray(inode.durable)
            inode.poisoned = False
        for renaming in self.pending_names:
            if keep_name(renaming):
                renaming.apply(self.durable_names)
            else:
                lost += 1
        self.pending_names.clear()
        self.names = dict(self.durable_names)
        return lost
