"""One direction between two nodes: what is on the way, and when it arrives. Plain code: the time
and the draws come in as arguments, and nothing here calls anybody.

Faults are decided when something is sent, except for being cut off, which also hits what is on the
way. In order unless the profile says otherwise: nothing is due before what was sent before it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

from holon_actors.testing._choices.chance import S, chance, uniform_ns
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing.profiles import LinkProfile, LinkStatistics

T = TypeVar("T")


class Link(Generic[T]):
    """Carries items of any kind from one node to another."""

    def __init__(self, from_: str, to: str, profile: LinkProfile, stream: Stream) -> None:
        self.from_ = from_
        self.to = to
        self.profile = profile
        self.factor = 1.0  # of each delay
        self.extra_ns = 0  # added to each delay
        self.held_until_ns = 0.0  # nothing arrives before; infinity: until it is released
        self._stream = stream
        # Labels are made once: every send draws.
        name = f"{from_}>{to}"
        self._delay_label = f"{name} delay"
        self._loss_label = f"{name} loss"
        self._reorder_label = f"{name} reorder"
        self._overtaken_label = f"{name} overtaken"
        self._duplicate_label = f"{name} duplicate"
        self._copy_label = f"{name} copy"
        self._waiting: list[tuple[int, int, T]] = []  # a heap, by due time and number
        self._number = 0
        self._last_due_ns = 0  # of those that keep their order
        self._free_at_ns = 0  # when the line has room for the next byte
        self.dropped = 0
        self._sent = self._delivered = self._duplicated = self._reordered = self._refused = 0

    # Sending

    def offer(self, now_ns: int, size: int, item: T) -> bool:
        """Take an item of `size` bytes. False: no room, and nothing happened."""
        profile = self.profile
        if len(self._waiting) >= profile.capacity:
            self._refused += 1
            return False
        self._sent += 1
        if chance(self._stream, self._loss_label, profile.loss):
            self.dropped += 1
        else:
            self._accept(self._due_ns(now_ns, size), item)
        return True

    def refuse_way(self) -> None:
        """An item was sent that cannot even set out."""
        self._sent += 1
        self.dropped += 1

    def _due_ns(self, now_ns: int, size: int) -> int:
        start_ns = now_ns
        if self.profile.bandwidth is not None:
            start_ns = max(now_ns, self._free_at_ns) + round(size * S / self.profile.bandwidth)
            self._free_at_ns = start_ns
        delay_ns = self.profile.delay.draw_ns(self._stream, self._delay_label)
        if self.factor != 1.0:
            delay_ns = round(delay_ns * self.factor)
        return start_ns + delay_ns + self.extra_ns

    def _accept(self, due_ns: int, item: T) -> None:
        profile, stream = self.profile, self._stream
        if chance(stream, self._reorder_label, profile.reorder):
            self._reordered += 1
            self._push(due_ns + self._late_ns(self._overtaken_label), item)
        else:
            due_ns = self._last_due_ns = max(due_ns, self._last_due_ns)
            self._push(due_ns, item)
        if chance(stream, self._duplicate_label, profile.duplicate):
            self._duplicated += 1
            self._push(due_ns + self._late_ns(self._copy_label), item)

    def _late_ns(self, label: str) -> int:
        return uniform_ns(self._stream, label, 0, self.profile.late_s)

    def _push(self, due_ns: int, item: T) -> None:
        self._number += 1
        heappush(self._waiting, (due_ns, self._number, item))

    # Arriving

    @property
    def due_ns(self) -> int | None:
        """When the next item arrives; None while there is none, or all is held for good."""
        if not self._waiting:
            return None
        due_ns = self._waiting[0][0]
        if self.held_until_ns <= due_ns:
            return due_ns
        return None if self.held_until_ns == math.inf else int(self.held_until_ns)

    def arriving(self, now_ns: int) -> bool:
        """The next item is there."""
        due_ns = self.due_ns
        return due_ns is not None and due_ns <= now_ns

    @property
    def next(self) -> T:
        """The item that arrives next."""
        return self._waiting[0][2]

    def take(self, *, delivered: bool) -> T:
        """Remove the next item, as delivered or as lost at the end of its way."""
        if delivered:
            self._delivered += 1
        else:
            self.dropped += 1
        return heappop(self._waiting)[2]

    @property
    def roomy(self) -> bool:
        """At most half full, so that whoever found no room had better try again."""
        return len(self._waiting) <= self.profile.capacity // 2

    def lose(self, doomed: Callable[[T], bool]) -> int:
        """Drop what is on the way, if it is doomed; how much it was."""
        kept = [entry for entry in self._waiting if not doomed(entry[2])]
        lost = len(self._waiting) - len(kept)
        self.dropped += lost
        self._waiting = kept
        heapify(kept)
        if not kept:
            self._last_due_ns = self._free_at_ns = 0
        return lost

    def statistics(self) -> LinkStatistics:
        return LinkStatistics(
            sent=self._sent,
            delivered=self._delivered,
            dropped=self.dropped,
            duplicated=self._duplicated,
            reordered=self._reordered,
            refused=self._refused,
            waiting=len(self._waiting),
        )
