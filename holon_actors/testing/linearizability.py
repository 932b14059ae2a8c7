"""Judges whether the answers that concurrent clients got can be explained by one order of calls.

A history is linearizable when every call can be given one instant between its start and its end
such that the calls, made one by one in the order of these instants, give the recorded answers
(Herlihy and Wing, "Linearizability: a correctness condition for concurrent objects", 1990).

The search is that of Wing and Gong ("Testing and verifying concurrent objects", 1993) with the
memory of Lowe ("Testing for linearizability", 2017): choose among the calls that may come next, go
back at a dead end, and never enter the same pair of linearized set and model state twice. When the
model names partitions, each is judged alone, as linearizability is a local property; Horn and
Kroening ("Faster linearizability checking via P-compositionality", 2015) show what that saves.

Deciding it is NP-complete: the time grows with how many calls overlap, pending ones most of all,
and hardly with the length of the history. Recording a history does not belong here, nor do models.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from holon_actors.testing._history.history import History, Operation
from holon_actors.testing._history.search import Search

__all__ = ["Model", "Operation", "Verdict", "check_linearizable"]

S = TypeVar("S")


class Model(Protocol[S]):
    """What the object would do if it were called by one client at a time.

    Equal states are taken for the same; a state that can be hashed is found again faster, and one
    that cannot is compared with `==`. A model may also have `partition(call)`, which gives a
    hashable: calls of different partitions must not influence each other, and each partition
    starts at `initial()`. `models` has some that are ready.
    """

    def initial(self) -> S:
        """The state before any call."""
        ...

    def apply(self, state: S, call: Any) -> tuple[S, Any]:
        """The state after `call`, and its answer. Leaves `state` as it is."""
        ...


@dataclass(frozen=True)
class Verdict:
    """What came of a check; true when the history is linearizable.

    `linearization` is one order of calls that explains the history; of pending calls it has only
    those that must have happened. For a history that has none, `impossible` is the operation whose
    answer is the first, by end, that no order can explain, whatever the calls in flight at that
    moment will answer; `linearization` then explains what ended before it in its partition.
    `explanation` says it in words.
    """

    linearizable: bool
    explanation: str
    linearization: tuple[Operation, ...]
    impossible: Operation | None = None

    def __bool__(self) -> bool:
        """Whether the history is linearizable."""
        return self.linearizable


def check_linearizable(history: Iterable[Operation], model: Model[Any]) -> Verdict:
    """Judge `history` by `model`.

    An operation comes before another when its end is less than the other's start; at equal times
    both orders are tried, so that a coarse clock raises no false alarm. The operations of one
    client never overlap; where its times touch, they come in the order of the history. That last
    order is kept within each partition.

    Raises `InvalidHistory` when an operation ends before it starts, overlaps another one of its
    client, or is there twice. What the model raises passes through.
    """
    operations = list(history)
    History(operations)  # whole, as clients span partitions
    searches = [Search(History(part), model) for part in _parts(operations, model)]
    failures = []
    for search in searches:
        failed = search.first_impossible()
        if failed is not None:
            failures.append((search.history.returns[failed], failed, search))
    if not failures:
        return _explained(searches)
    operation, failed, search = min(failures, key=lambda failure: failure[0].end or 0)
    return _refuted(operation, failed, search)


def _parts(operations: list[Operation], model: Model[Any]) -> Iterable[list[Operation]]:
    partition: Callable[[Any], Hashable] | None = getattr(model, "partition", None)
    if partition is None:
        return [operations]
    parts: dict[Hashable, list[Operation]] = {}
    for operation in operations:
        parts.setdefault(partition(operation.call), []).append(operation)
    return parts.values()


def _explained(searches: list[Search]) -> Verdict:
    order = _merged([search.explain_all() for search in searches])
    return Verdict(True, f"one order explains all answers, with {len(order)} calls", order)


def _merged(orders: list[list[Operation]]) -> tuple[Operation, ...]:
    """One order of several that each keep to the times, which keeps to them too.

    Let x end before y starts. Whatever stands before x in its own order starts by the end of x,
    hence before y: merged by their starts, all of these and x come before y.
    """
    return tuple(heapq.merge(*orders, key=lambda operation: operation.start))


def _refuted(operation: Operation, failed: int, search: Search) -> Verdict:
    order, answer = search.explain_before(failed)
    text = (
        f"no order of calls explains {operation}: what ended before it in its partition "
        f"({failed} calls) can be explained, and one such order has it answer {answer!r}"
    )
    if order:
        text += "; that order ends with " + ", ".join(str(op) for op in order[-5:])
    return Verdict(False, text, tuple(order), operation)
