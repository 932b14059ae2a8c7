"""How a bug is planted: a part of the core is replaced for as long as it is tried. Product code
knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest import mock

from holon_actors.distributed.consensus.core import raft
from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core._state import State

__all__ = ["MUTANTS", "Mutant", "Replace", "mutant", "planted", "send_at_once", "take_old"]

Replace = Callable[[Any, str, Any], None]
Plant = Callable[[Replace], None]


@dataclass(frozen=True)
class Mutant:
    """One planted bug, and what finds it: the simulator, in so many seeds, or a directed test."""

    number: int  # in the kill matrix
    name: str
    title: str
    seeds: int
    plant: Plant
    focus: str | None = None  # the kind of trouble to look for it in
    test: str = ""  # that fails with it; for bugs that no seed shows


MUTANTS: dict[str, Mutant] = {}


def mutant(
    number: int, title: str, seeds: int = 0, focus: str | None = None, *, test: str = ""
) -> Callable[[Plant], Plant]:
    """Add what the function plants to the bugs."""

    def register(plant: Plant) -> Plant:
        name = plant.__name__.strip("_")
        assert name not in MUTANTS
        assert bool(seeds) != bool(test)
        MUTANTS[name] = Mutant(number, name, title, seeds, plant, focus, test)
        return plant

    return register


@contextmanager
def planted(name: str) -> Iterator[None]:
    """Within, the core has this bug."""
    with ExitStack() as stack:

        def replace(owner: Any, attribute: str, value: Any) -> None:
            stack.enter_context(mock.patch.object(owner, attribute, value))

        MUTANTS[name].plant(replace)
        yield


def send_at_once(replace: Replace, kind: type) -> None:
    """Messages of a kind are not held back until what they promise is durable."""
    right = Outbox.promise

    def promise(self: Outbox, message: Any) -> None:
        if isinstance(message, kind):
            self.send(message)
        else:
            right(self, message)

    replace(Outbox, "promise", promise)


def take_old(replace: Replace, kind: type) -> None:
    """Messages of a kind count whatever their term is."""
    right = raft.answer_stale

    def answer_stale(state: State, message: Any) -> bool:
        return not isinstance(message, kind) and right(state, message)

    replace(raft, "answer_stale", answer_stale)
