"""Which node's frames reach which other node's: cuts and partitions, as plain data.

A node always reaches itself. Nothing here knows which nodes exist, so that what is cut off stays
so for a node that comes later.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from holon_actors.errors import ConfigError


class Reach:
    """Directed: blocking one way leaves the other."""

    def __init__(self) -> None:
        self._blocked: set[tuple[str, str]] = set()
        self._isolated: set[str] = set()
        self._excepted: set[tuple[str, str]] = set()  # mended though one of the two is isolated

    def blocked(self, from_: str, to: str) -> bool:
        if from_ == to or not (self._blocked or self._isolated):
            return False
        if (from_, to) in self._blocked:
            return True
        cut_off = from_ in self._isolated or to in self._isolated
        return cut_off and (from_, to) not in self._excepted

    def block(self, from_: Iterable[str], to: Iterable[str]) -> None:
        """Whatever goes from one of the first to one of the second is lost."""
        receivers = list(to)
        self._blocked |= {(a, b) for a in from_ for b in receivers if a != b}

    def part(self, groups: Sequence[Iterable[str]]) -> None:
        """No node reaches one of another group. Raises `ConfigError` when groups overlap."""
        sets = [set(group) for group in groups]
        for left, right in combinations(sets, 2):
            if left & right:
                raise ConfigError(
                    f"in two groups of a partition: {', '.join(sorted(left & right))}"
                )
            self.block(left, right)
            self.block(right, left)

    def ring(self, nodes: Sequence[str]) -> None:
        """Each node reaches only those beside it; the first is beside the last."""
        for place, node in enumerate(nodes):
            near = {node, nodes[place - 1], nodes[(place + 1) % len(nodes)]}
            self.block([node], [other for other in nodes if other not in near])

    def isolate(self, node: str) -> None:
        """Nobody reaches this node, and it reaches nobody."""
        self._isolated.add(node)
        self._excepted = {pair for pair in self._excepted if node not in pair}

    def mend(self, a: str, b: str) -> None:
        """These two reach each other again."""
        pairs = {(a, b), (b, a)}
        self._blocked -= pairs
        if a in self._isolated or b in self._isolated:
            self._excepted |= pairs

    def heal(self) -> None:
        """All reach all."""
        self._blocked.clear()
        self._isolated.clear()
        self._excepted.clear()
