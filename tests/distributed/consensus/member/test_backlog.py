from __future__ import annotations

from typing import Any

from holon_actors.distributed.consensus import RaftSettings
from holon_actors.distributed.consensus.commands.applying import Applier
from holon_actors.distributed.consensus.commands.commands import open_entry, read_entry
from holon_actors.distributed.consensus.commands.outcomes import Refusal
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.core.reasons import LOST_LEADERSHIP
from holon_actors.distributed.consensus.member.backlog import Backlog
from holon_actors.distributed.consensus.member.calls import Call, LogCall
from holon_actors.distributed.consensus.member.waiting import Waiting
from holon_actors.distributed.consensus.wire.requests import Answers
from tests.distributed.consensus.kit import Registers


class Reply:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, answers: Answers) -> None:
        self.sent += answers.outcomes


DATA = open_entry(10, 0.0)


def made() -> tuple[Backlog, Waiting[Call]]:
    waiting: Waiting[Call] = Waiting()
    applier = Applier(Registers(), Configuration())
    return Backlog(applier, waiting, lambda outcomes: Answers(outcomes, "", {})), waiting


def call_at(waiting: Waiting[Call], index: int, term: int) -> Reply:
    reply = Reply()
    waiting.add(index * 100 + term, LogCall(reply, read_entry(DATA)))  # type: ignore[arg-type]
    waiting.placed(index * 100 + term, index, term)
    return reply


def test_only_the_call_whose_term_is_committed_has_happened() -> None:
    backlog, waiting = made()
    old, mine, later = (call_at(waiting, 1, term) for term in (1, 2, 3))
    backlog.add([Entry(1, 2, 0, DATA)])
    backlog.run(10)
    lost = [Refusal(LOST_LEADERSHIP, "", unknown=False)]
    assert (old.sent, mine.sent, later.sent) == (lost, [1], lost)


def test_a_slice_is_applied_and_the_rest_later() -> None:
    backlog, waiting = made()
    replies = [call_at(waiting, index, 1) for index in (1, 2, 3)]
    backlog.add(Entry(index, 1, 0, DATA) for index in (1, 2, 3))
    backlog.run(2)
    assert [reply.sent for reply in replies] == [[1], [2], []]
    assert backlog
    backlog.run(2)
    assert replies[2].sent == [3]
    assert not backlog


def test_it_counts_what_has_come_since_the_last_snapshot() -> None:
    backlog, _ = made()
    settings = RaftSettings(snapshot_entries=2, snapshot_bytes=10_000)
    backlog.add(Entry(index, 1, 0, DATA) for index in (1, 2))
    backlog.run(1)
    assert not backlog.grown(settings)
    backlog.run(1)
    assert backlog.grown(settings)
    assert RaftSettings().snapshot_bytes > backlog.size == 2 * len(DATA)
    backlog.snapshot_taken()
    assert not backlog.grown(settings)
