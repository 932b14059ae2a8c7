"""Which of the callbacks that are ready runs next.

A scheduler gets the ready callbacks, oldest first, and answers with the place of one. Whatever it
decides by chance it draws from a stream, where 0 stands for the oldest or least unusual choice.
"""

from __future__ import annotations

import asyncio
import weakref
from collections import deque
from collections.abc import Sequence
from typing import Protocol

from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._loop.handles import owner

_PRIORITIES = 1 << 30


class Scheduler(Protocol):
    """Picks among callbacks that are ready, of which there are at least two."""

    def pick(self, ready: deque[asyncio.Handle]) -> int:
        """The place in `ready` of the callback to run."""
        ...


class Fifo:
    """First come, first served, as asyncio does it."""

    def pick(self, ready: deque[asyncio.Handle]) -> int:
        return 0


class RandomOrder:
    """Every ready callback is as likely as any other."""

    def __init__(self, stream: Stream) -> None:
        self._draw = stream.draw

    def pick(self, ready: deque[asyncio.Handle]) -> int:
        return self._draw("run", len(ready))


class Pct:
    """Probabilistic concurrency testing: strict priorities at random, that change a few times.

    Burckhardt, Kothari, Musuvathi and Nagarakatte, "A randomized scheduler with probabilistic
    guarantees of finding bugs" (2010): a bug that needs `depth` ordering constraints among n tasks
    within `steps` steps is met with a probability of at least 1 / (n * steps ** (depth - 1)).

    What the paper calls a thread is here what a callback belongs to: a task, or the object whose
    method it is. Each gets a priority when it is first ready; at each of `depth - 1` random steps
    the one that would run falls below all others. A task that polls without sleeping keeps those
    below it from running for ever, as in the paper.
    """

    def __init__(self, stream: Stream, *, depth: int = 3, steps: int = 1_000) -> None:
        if depth < 1 or steps < 1:
            raise ValueError(f"depth {depth} and steps {steps} must be at least 1")
        self._draw = stream.draw
        self._changes = sorted(stream.draw("change", steps) for _ in range(depth - 1))
        self._lowest = 0
        self._step = 0
        self._priorities: dict[int, int] = {}  # by id, as owners may compare equal
        self._owners: dict[int, weakref.ref[object]] = {}

    def pick(self, ready: deque[asyncio.Handle]) -> int:
        place = self._highest(ready)
        while self._changes and self._changes[0] <= self._step:
            self._changes.pop(0)
            self._lowest -= 1
            self._priorities[self._key(ready[place])] = self._lowest
            place = self._highest(ready)
        self._step += 1
        return place

    def _highest(self, ready: Sequence[asyncio.Handle]) -> int:
        priorities = [self._priority(handle) for handle in ready]
        return priorities.index(max(priorities))

    def _priority(self, handle: asyncio.Handle) -> int:
        key = self._key(handle)
        priority = self._priorities.get(key)
        if priority is None:
            # Turned round, so that a draw of 0 is the highest: all zeros run oldest first.
            priority = self._priorities[key] = _PRIORITIES - self._draw("priority", _PRIORITIES)
        return priority

    def _key(self, handle: asyncio.Handle) -> int:
        found = owner(handle)
        try:
            return self._known(handle if found is None else found)
        except TypeError:  # an owner without weak references: the callback stands for itself
            return self._known(handle)

    def _known(self, found: object) -> int:
        key = id(found)
        if key not in self._owners:
            self._owners[key] = weakref.ref(found, lambda _: self._forget(key))
        return key

    def _forget(self, key: int) -> None:
        del self._owners[key]
        self._priorities.pop(key, None)
