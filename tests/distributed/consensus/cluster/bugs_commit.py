"""Bugs to be planted: the counting of what is committed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holon_actors.distributed.consensus.core import quorum
from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core._replication import Replication
from tests.distributed.consensus.cluster.planting import Replace, mutant

__all__: list[str] = []


@mutant(1, "an entry of an earlier term is committed by counting", 5_000)
def _commits_earlier_terms(replace: Replace) -> None:
    replace(Replication, "_may_commit", lambda self, index: index > self._state.log.commit)


@mutant(1, "nothing is committed while an entry of an earlier term is uncommitted", 1_000)
def _never_commits_past_an_earlier_term(replace: Replace) -> None:
    def may_commit(self: Replication, index: int) -> bool:
        log = self._state.log
        return index > log.commit and all(
            log.term_at(place) == self._state.term for place in range(log.commit + 1, index + 1)
        )

    replace(Replication, "_may_commit", may_commit)


@mutant(15, "the leader counts itself before its own disk has the entry", 500)
def _counts_itself_at_once(replace: Replace) -> None:
    right = Replication.matched

    def matched(self: Replication, leading: Any, name: str) -> int:
        if name == self._state.node:
            return self._state.log.last_index
        return right(self, leading, name)

    replace(Replication, "matched", matched)


@mutant(26, "one less than a majority is a quorum", 200)
def _counts_one_too_few(replace: Replace) -> None:
    def majority_value(voters: tuple[str, ...], values: Callable[[str], int]) -> int:
        ascending = sorted(map(values, voters))
        return ascending[(len(ascending) + 1) // 2] if len(voters) > 1 else sum(ascending)

    replace(quorum, "_majority_value", majority_value)


@mutant(26, "half of an even number is a quorum", 500)
def _takes_half_for_a_majority(replace: Replace) -> None:
    def majority_value(voters: tuple[str, ...], values: Callable[[str], int]) -> int:
        ascending = sorted(map(values, voters))
        return ascending[len(ascending) // 2] if voters else 0

    replace(quorum, "_majority_value", majority_value)


@mutant(24, "entries are applied before they are durable here", 200)
def _applies_before_it_is_durable(replace: Replace) -> None:
    right = Log.emit
    replace(Log, "emit", lambda self, durable: right(self, self.commit))
