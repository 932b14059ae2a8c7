"""Partitions drawn at random: who no longer reaches whom. Plain code.

The kinds are those that have found bugs in consensus and membership: one node alone, two halves,
frames lost in one direction only, two sides that share a bridge, and a ring in which each node
reaches only its neighbours.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from holon_actors.testing._choices.chance import pick, shuffled
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._network.reach import Reach


class Partition(NamedTuple):
    """Who does not reach whom, as sender and receiver, and the same for people."""

    pairs: tuple[tuple[str, str], ...]
    text: str


def draw_partition(stream: Stream, kinds: Sequence[str], nodes: Sequence[str]) -> Partition | None:
    """One of these kinds among these nodes; None where there are too few for any of them."""
    possible = [kind for kind in kinds if len(nodes) >= _NODES_MIN[kind]]
    if not possible:
        return None
    kind = pick(stream, "partition kind", possible)
    order = shuffled(stream, "partition nodes", nodes)
    reach = Reach()
    text = _SHAPES[kind](stream, reach, order)
    # In the order of the nodes, not of a set.
    pairs = tuple((a, b) for a in nodes for b in nodes if reach.blocked(a, b))
    return Partition(pairs, f"{kind}: {text}")


def _isolate(stream: Stream, reach: Reach, order: list[str]) -> str:
    reach.isolate(order[0])
    return f"{order[0]} | {_list(order[1:])}"


def _split(stream: Stream, reach: Reach, order: list[str]) -> str:
    left, right = _sides(stream, order)
    reach.part([left, right])
    return f"{_list(left)} | {_list(right)}"


def _one_way(stream: Stream, reach: Reach, order: list[str]) -> str:
    left, right = _sides(stream, order)
    reach.block(left, right)
    return f"{_list(left)} -x> {_list(right)}"


def _bridge(stream: Stream, reach: Reach, order: list[str]) -> str:
    left, right = _sides(stream, order[1:])
    reach.part([left, right])
    return f"{_list(left)} - {order[0]} - {_list(right)}"


def _ring(stream: Stream, reach: Reach, order: list[str]) -> str:
    reach.ring(order)
    return _list(order)


def _sides(stream: Stream, order: list[str]) -> tuple[list[str], list[str]]:
    size = 1 + stream.draw("partition size", len(order) - 1)
    return order[:size], order[size:]


def _list(nodes: list[str]) -> str:
    return ", ".join(nodes)


_SHAPES: dict[str, Callable[[Stream, Reach, list[str]], str]] = {
    "isolate": _isolate,
    "split": _split,
    "one-way": _one_way,
    "bridge": _bridge,
    "ring": _ring,
}

# In a ring of three everybody is everybody's neighbour.
_NODES_MIN = {"isolate": 2, "split": 2, "one-way": 2, "bridge": 3, "ring": 4}
