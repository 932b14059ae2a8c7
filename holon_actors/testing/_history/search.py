"""The search for one order of calls that explains a history.

Which calls are already in the order is a set that grows to the length of the history. It is kept
small by splitting it: everything that returned before return number `front` is in it, and of the
calls open there a bit mask tells which. Nothing else can be, as a call cannot be put into the
order before all that returned before its start.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from holon_actors.testing._history.history import History, Operation

_Node = tuple[int, int, Any]  # front, mask, state of the model


class _Model(Protocol):
    def initial(self) -> Any: ...

    def apply(self, state: Any, call: Any) -> tuple[Any, Any]: ...


class Search:
    """Explains `history` by `model`, whole or up to some return."""

    def __init__(self, history: History, model: _Model) -> None:
        self.history = history
        self._model = model
        self._whole: list[int] | None = None

    def first_impossible(self) -> int | None:
        """The number of the first return that cannot be explained, or None when all can be."""
        goal = len(self.history.returns)
        self._whole, reached = self._run(goal)
        if self._whole is not None:
            return None
        # The search was held to the answers of all calls, those still open at return `reached`
        # too; without these the returns up to it may have an order. Once they have none, more
        # returns never give them one, so the first such number can be bisected.
        low, high = reached, goal - 1
        probe = low
        while low < high:
            if self._run(probe + 1)[0] is None:
                high = probe
            else:
                low = probe + 1
            probe = (low + high) // 2
        return low

    def explain_all(self) -> list[Operation]:
        """The order found by `first_impossible`, which found nothing impossible."""
        assert self._whole is not None
        return [self.history.operations[i] for i in self._whole]

    def explain_before(self, failed: int) -> tuple[list[Operation], Any]:
        """An order of what returned before `failed`, and what `failed` would answer in it."""
        order, _ = self._run(failed)
        assert order is not None
        operation = self.history.returns[failed]
        state, answer, asked = self._model.initial(), None, False
        for i in order:
            state, result = self._model.apply(state, self.history.operations[i].call)
            if self.history.operations[i] is operation:
                answer, asked = result, True
        if not asked:
            answer = self._model.apply(state, operation.call)[1]
        return [self.history.operations[i] for i in order], answer

    def _run(self, goal: int) -> tuple[list[int] | None, int]:
        """An order that explains the first `goal` returns, if any, and the furthest return met.

        What returns later counts as pending.
        """
        open_at = self.history.open_at
        node: _Node = (0, 0, self._model.initial())
        if goal == 0:
            return [], 0
        memo = _Memo()
        furthest = 0
        order: list[int] = []
        path: list[tuple[Iterator[int], _Node]] = []
        candidates = iter(open_at[0])
        while True:
            for i in candidates:
                after = self._step(i, node, goal)
                if after is not None and memo.add(after):
                    break
            else:
                if not path:
                    return None, furthest
                candidates, node = path.pop()
                order.pop()
                continue
            order.append(i)
            if after[0] >= goal:
                return order, goal
            path.append((candidates, node))
            node = after
            furthest = max(furthest, node[0])
            candidates = iter(open_at[node[0]])

    def _step(self, i: int, node: _Node, goal: int) -> _Node | None:
        """Where putting operation `i` next leads, or None when it cannot be next."""
        front, mask, state = node
        history = self.history
        bit = history.bits[i]
        if mask & bit or not self._is_its_turn(i, front, mask):
            return None
        operation = history.operations[i]
        after, result = self._model.apply(state, operation.call)
        if history.returned_at[i] < goal:
            if result != operation.result:
                return None
        elif i not in history.awaited and after == state:
            return None  # pending and without effect: having it in the order can gain nothing
        mask |= bit
        returned = history.return_bits
        while front < goal and mask & returned[front]:
            mask ^= returned[front]
            front += 1
        return front, mask, after

    def _is_its_turn(self, i: int, front: int, mask: int) -> bool:
        previous = self.history.previous[i]
        if previous < 0 or self.history.returned_at[previous] < front:
            return True
        return bool(mask & self.history.bits[previous])


class _Memo:
    """The nodes that were entered. States that cannot be hashed are compared one by one."""

    def __init__(self) -> None:
        self._hashed: set[_Node] = set()
        self._compared: dict[tuple[int, int], list[Any]] = {}

    def add(self, node: _Node) -> bool:
        """Whether `node` is new."""
        try:
            if node in self._hashed:
                return False
            self._hashed.add(node)
        except TypeError:
            states = self._compared.setdefault(node[:2], [])
            if node[2] in states:
                return False
            states.append(node[2])
        return True
