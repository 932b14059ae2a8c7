"""Bugs to be planted: elections."""

from __future__ import annotations

from typing import Any

from holon_actors.distributed.consensus.core import raft
from holon_actors.distributed.consensus.core._election import Election
from holon_actors.distributed.consensus.core._log import Log
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core._ticking import Ticking
from holon_actors.distributed.consensus.core.messages import VoteReply, VoteRequest
from holon_actors.distributed.consensus.core.roles import Role
from tests.distributed.consensus.cluster.planting import Replace, mutant, send_at_once, take_old

__all__: list[str] = []


@mutant(12, "a vote is told before it is durable", 200)
def _votes_before_it_is_durable(replace: Replace) -> None:
    send_at_once(replace, VoteReply)


@mutant(12, "a candidate counts its own vote before it is durable", 500)
def _counts_its_own_vote_at_once(replace: Replace) -> None:
    right = Election._stand

    def stand(self: Election, transfer: bool) -> None:
        right(self, transfer)
        self._own_vote_in = None
        self._take_vote(self._state.node, True)

    replace(Election, "_stand", stand)


@mutant(13, "stepping down within a term erases the vote", 200)
def _forgets_its_vote(replace: Replace) -> None:
    right = State.become_follower

    def become_follower(self: State, term: int, leader: str | None) -> None:
        if term == self.term and self.role is not Role.FOLLOWER:
            self.vote = None
        right(self, term, leader)

    replace(State, "become_follower", become_follower)


@mutant(20, "logs are compared by term and by index at once", 5_000, "divergence")
def _compares_logs_like_vectors(replace: Replace) -> None:
    def is_behind(self: Log, last_index: int, last_term: int) -> bool:
        return last_term >= self.last_term and last_index >= self.last_index

    replace(Log, "is_behind", is_behind)


@mutant(20, "a log is up to date if it is long enough", 2_000)
def _compares_logs_by_length(replace: Replace) -> None:
    replace(Log, "is_behind", lambda self, index, term: index >= self.last_index)


@mutant(31, "a vote of an earlier term counts", 500)
def _counts_old_votes(replace: Replace) -> None:
    right = Election._is_awaited
    take_old(replace, VoteReply)

    def is_awaited(self: Election, message: Any) -> bool:
        if self._state.role is Role.CANDIDATE and not message.pre:
            return True
        return right(self, message)

    replace(Election, "_is_awaited", is_awaited)


@mutant(31, "one member votes for several candidates of a term", 200)
def _votes_twice(replace: Replace) -> None:
    replace(Election, "_may_vote", lambda self, message: True)
    right = State.vote_for

    def vote_for(self: State, member: str) -> None:
        self.vote = None
        right(self, member)

    replace(State, "vote_for", vote_for)


@mutant(6, "terms are counted up without asking first", 2_000)
def _stands_without_asking(replace: Replace) -> None:
    replace(Election, "_campaign", lambda self: self._stand(transfer=False))


@mutant(5, "a member that does not know it is a voter does not vote", 5_000, "members")
def _votes_only_as_a_known_voter(replace: Replace) -> None:
    right = Election.on_vote_request

    def on_vote_request(self: Election, message: Any) -> None:
        if self._state.log.configuration.votes(self._state.node):
            right(self, message)

    replace(Election, "on_vote_request", on_vote_request)


@mutant(8, "a leader that hears nobody goes on leading", 2_000)
def _never_loses_its_quorum(replace: Replace) -> None:
    replace(Ticking, "_has_lost_quorum", lambda self, leading: False)


@mutant(
    7,
    "who asks in a term that is over is told nothing",
    test="core/test_election.py::"
    "test_a_request_of_a_term_that_is_over_is_told_the_term_and_nothing_else",
)
def _leaves_old_candidates_alone(replace: Replace) -> None:
    right = raft.answer_stale

    def answer_stale(state: State, message: Any) -> bool:
        return isinstance(message, VoteRequest) or right(state, message)

    replace(raft, "answer_stale", answer_stale)


@mutant(
    7,
    "a yes in advance is a promise",
    test="core/test_election.py::test_a_yes_in_advance_is_no_promise_and_keeps_nobody_waiting",
)
def _waits_after_a_yes_in_advance(replace: Replace) -> None:
    right = Election.on_vote_request

    def on_vote_request(self: Election, message: Any) -> None:
        right(self, message)
        if message.pre:
            self._state.restart_timer()

    replace(Election, "on_vote_request", on_vote_request)
