"""The network between simulated members: it delays, reorders, loses and doubles messages, and links
can be cut one way.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from holon_actors.distributed.consensus.core.messages import Message, SnapshotChunk
from tests.distributed.consensus.cluster.delays import BITS, delays
from tests.distributed.consensus.cluster.plan import Plan

__all__ = ["Network"]


class Network:
    """Takes messages; `deliver(delay, message)` puts one in the queue of events."""

    def __init__(
        self, plan: Plan, rng: random.Random, deliver: Callable[[int, Message], None]
    ) -> None:
        self._random = rng.random
        self._bits = rng.getrandbits
        self._deliver = deliver
        self._minimum = plan.delay_min
        self._mean = plan.delay_mean
        self._delays = delays(plan.delay_min, plan.delay_mean)
        self._tails = delays(0, plan.tail_mean)
        self._corruption = plan.corruption
        self._loss = plan.loss
        self._duplication = self._loss + plan.duplication
        self._odd = self._duplication + plan.tail
        self.cut: set[tuple[str, str]] = set()  # sender, receiver

    def calm(self, minimum: int, mean: int) -> None:
        """From now on nothing is lost, doubled, or late."""
        self._loss = self._duplication = self._odd = self._corruption = 0.0
        self._delays = delays(min(self._minimum, minimum), min(self._mean, mean))

    def send(self, messages: Iterable[Message]) -> None:
        """Each message gets its fate."""
        bits, times, deliver = self._bits, self._delays, self._deliver
        for message in messages:
            if self.cut and (message.sender, message.to) in self.cut:
                continue
            delay = times[bits(BITS)]
            if self._odd:
                fate = self._random()
                if fate < self._odd:
                    self._mistreat(message, delay, fate)
                    continue
            deliver(delay, message)

    def _mistreat(self, message: Message, delay: int, fate: float) -> None:
        if fate < self._loss:
            return
        if fate < self._duplication:
            self._deliver(delay, message)
        self._deliver(delay + self._tails[self._bits(BITS)], message)

    def spoil(self, chunk: SnapshotChunk) -> SnapshotChunk:
        """A chunk whose bytes may have changed on the way, past all checks of the link."""
        if not self._corruption or not chunk.data or self._random() >= self._corruption:
            return chunk
        data: Any = bytearray(chunk.data)
        data[int(self._random() * len(data))] ^= 1
        return replace(chunk, data=bytes(data))
