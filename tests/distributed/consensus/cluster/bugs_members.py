"""Bugs to be planted: members, and handing over."""

from __future__ import annotations

import dataclasses
from typing import Any

from holon_actors.distributed.consensus.core import changes, quorum
from holon_actors.distributed.consensus.core._membership import Membership
from holon_actors.distributed.consensus.core._proposals import Proposals
from holon_actors.distributed.consensus.core._replication import Replication
from holon_actors.distributed.consensus.core._transfer import Transfers
from holon_actors.distributed.consensus.core.reasons import NOT_READY
from tests.distributed.consensus.cluster.planting import Replace, mutant

__all__: list[str] = []


@mutant(2, "members are changed before an entry of the term is committed", 500, "members")
def _changes_before_it_is_ready(replace: Replace) -> None:
    right = Membership._refusal

    def refusal(self: Membership, leading: Any, event: Any) -> Any:
        found = right(self, leading, event)
        if found is not None and found[0] == NOT_READY:
            return changes.refusal(self._state.log.configuration, event)
        return found

    replace(Membership, "_refusal", refusal)


@mutant(29, "changes of members are not one at a time", 2_000, "members")
def _changes_at_the_same_time(replace: Replace) -> None:
    replace(
        Membership,
        "_is_changing",
        lambda self, leading: leading.change is not None or self._state.log.configuration.joint,
    )


@mutant(29, "only who entered a joint configuration leaves it", 500, "members")
def _joint_for_ever(replace: Replace) -> None:
    right = Membership.advance

    def advance(self: Membership, leading: Any) -> None:
        if leading.change is not None or not self._state.log.configuration.joint:
            right(self, leading)

    replace(Membership, "advance", advance)


@mutant(4, "a leader that is removed counts itself", 1_000, "members")
def _counts_itself_when_removed(replace: Replace) -> None:
    def advance(self: Replication, leading: Any) -> None:
        log = self._state.log
        voters = tuple(sorted({*log.configuration.voters, self._state.node}))
        configuration = dataclasses.replace(log.configuration, voters=voters)
        index = quorum.reached_value(configuration, lambda name: self.matched(leading, name))
        before = log.commit
        if self._may_commit(index) and log.commit_to(index):
            self._settle(leading, before)
            self._committed(leading, before)

    replace(Replication, "advance", advance)


@mutant(4, "a leader that is removed goes on leading", 1_000, "members")
def _never_retires(replace: Replace) -> None:
    replace(Transfers, "retire", lambda self, leading: None)


@mutant(3, "the joint configuration is skipped", 1_000, "members")
def _skips_the_joint_configuration(replace: Replace) -> None:
    right = changes.enter

    def enter(configuration: Any, change: Any) -> Any:
        entered = right(configuration, change)
        return changes.leave(entered) if entered.joint else entered

    replace(changes, "enter", enter)


@mutant(
    27,
    "leadership is handed to one whose log is not complete",
    test="core/test_transfer.py::test_a_target_is_not_told_before_its_log_is_complete",
)
def _hands_over_to_anybody(replace: Replace) -> None:
    replace(Transfers, "_is_complete", lambda self, leading, target: True)


@mutant(
    27,
    "proposals go on being taken while leadership is handed over",
    test="core/test_proposals.py::test_nothing_is_proposed_while_leadership_is_handed_over",
)
def _proposes_while_it_hands_over(replace: Replace) -> None:
    for name in ("_all_fit", "_refusal"):
        _without_hand_over(replace, name)


def _without_hand_over(replace: Replace, name: str) -> None:
    right = getattr(Proposals, name)

    def decide(self: Proposals, leading: Any, what: Any) -> Any:
        kept, leading.hand_over = leading.hand_over, None
        decided = right(self, leading, what)
        leading.hand_over = kept
        return decided

    replace(Proposals, name, decide)
