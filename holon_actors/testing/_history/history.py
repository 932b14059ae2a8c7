"""A history of calls in the shape in which it is searched.

Time enters here and stays here: what the search sees is the sequence of returns and, for each, the
calls that are open at that moment. A call comes before a return at the same time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from holon_actors.testing.errors import InvalidHistory


@dataclass(frozen=True)
class Operation:
    """One call of one client, from its start to its end.

    `client` is any hashable that does one call at a time. `call` is whatever the model
    understands, and `result` what the client got. `start` and `end` are times of one clock in any
    unit. `end` is None while pending: the call may or may not have happened, or may happen at any
    time after its start, and `result` is ignored. A client whose call stays pending makes no more
    calls: let it go on under a new name.
    """

    client: Any
    call: Any
    result: Any
    start: float
    end: float | None = None

    def __str__(self) -> str:
        """Who called what, what came of it, and when."""
        outcome = "pending" if self.end is None else f"-> {self.result!r}"
        span = f"[{self.start:g}, {'...' if self.end is None else format(self.end, 'g')}]"
        return f"{self.client!r}: {self.call!r} {outcome} {span}"


class History:
    """Checked operations, each known by its place in `operations`, the order of starts.

    `returns` are the completed ones in the order of their ends, and `returned_at` the place of
    each there; pending ones have a place after all of them. `open_at[r]` are the operations open at
    return r, soonest to return first. `bits` tell apart those that are open together. `previous`
    is the operation of the same client that ends exactly at this one's start, or -1: between
    those, times alone would leave the order open. `awaited` are those that are somebody's
    `previous`.

    Raises `InvalidHistory`.
    """

    def __init__(self, operations: Iterable[Operation]) -> None:
        given = list(operations)
        seen: set[int] = set()
        for operation in given:
            _check_times(operation)
            if id(operation) in seen:
                raise InvalidHistory(operation, "it is in the history twice")
            seen.add(id(operation))
        self.operations = sorted(given, key=lambda op: (op.start, _end(op)))
        self.previous = _previous(self.operations)
        self.awaited = frozenset(self.previous) - {-1}
        order = sorted(
            (i for i, op in enumerate(self.operations) if op.end is not None),
            key=lambda i: (_end(self.operations[i]), i),
        )
        self.returns = [self.operations[i] for i in order]
        self.returned_at = [len(order)] * len(self.operations)
        for place, i in enumerate(order):
            self.returned_at[i] = place
        self.open_at, self.bits = self._sweep(order)
        self.return_bits = [self.bits[i] for i in order]

    def _sweep(self, order: Sequence[int]) -> tuple[list[tuple[int, ...]], list[int]]:
        """Walk through all returns, with the set of operations open there."""
        open_now: set[int] = set()
        open_at: list[tuple[int, ...]] = []
        bits = [0] * len(self.operations)
        free: list[int] = []
        bit, started = 1, 0
        for i in order:
            end = _end(self.operations[i])
            while started < len(self.operations) and self.operations[started].start <= end:
                if free:
                    bits[started] = free.pop()
                else:
                    bits[started], bit = bit, bit << 1
                open_now.add(started)
                started += 1
            open_at.append(tuple(sorted(open_now, key=lambda j: (self.returned_at[j], j))))
            open_now.remove(i)
            free.append(bits[i])
        return open_at, bits


def _end(operation: Operation) -> float:
    return math.inf if operation.end is None else operation.end


def _check_times(operation: Operation) -> None:
    if math.isnan(operation.start) or math.isnan(_end(operation)):
        raise InvalidHistory(operation, "a time that is not a number")
    if _end(operation) < operation.start:
        raise InvalidHistory(operation, "it ends before it starts")


def _previous(operations: Sequence[Operation]) -> list[int]:
    latest: dict[Any, int] = {}
    previous = [-1] * len(operations)
    for i, operation in enumerate(operations):
        before = latest.get(operation.client, -1)
        if before >= 0:
            _check_pair(operations[before], operation)
            if operations[before].end == operation.start:
                previous[i] = before
        latest[operation.client] = i
    return previous


def _check_pair(before: Operation, operation: Operation) -> None:
    if before.end is None:
        raise InvalidHistory(operation, f"its client still waits for {before}")
    if before.end > operation.start:
        raise InvalidHistory(operation, f"it overlaps another one of its client, {before}")
