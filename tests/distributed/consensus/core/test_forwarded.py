"""What a follower has passed on."""

from __future__ import annotations

from holon_actors.distributed.consensus.core._forwarded import Forwarded
from holon_actors.distributed.consensus.core._outbox import Outbox
from holon_actors.distributed.consensus.core.effects import Answer, Refused
from holon_actors.distributed.consensus.core.reasons import LOST_LEADERSHIP


def answers(outbox: Outbox) -> list[Answer]:
    return list(outbox.effects(None, 0, 0, (), None, None).answers)


def test_an_answer_ends_the_wait_once() -> None:
    forwarded = Forwarded()
    forwarded.add_proposal(1, 10, 0)
    forwarded.add_read(2, 0)
    assert (forwarded.size, forwarded.reads) == (10, 1)
    assert forwarded.end_proposal(1)
    assert forwarded.end_read(2)
    assert (forwarded.size, forwarded.reads) == (0, 0)
    assert not forwarded.end_proposal(1)
    assert not forwarded.end_read(2)


def test_what_waits_too_long_is_given_up_and_what_does_not_is_not() -> None:
    forwarded, outbox = Forwarded(), Outbox()
    forwarded.expire(9, outbox)
    for tick in (4, 5):
        forwarded.add_proposal(tick, 10, tick)
        forwarded.add_read(10 + tick, tick)
    forwarded.expire(5, outbox)
    assert answers(outbox) == [
        Refused(4, LOST_LEADERSHIP, unknown=True),
        Refused(14, LOST_LEADERSHIP),
    ]
    assert (forwarded.size, forwarded.reads) == (10, 1)


def test_another_leader_knows_of_nothing_that_was_passed_on() -> None:
    forwarded, outbox = Forwarded(), Outbox()
    forwarded.add_proposal(1, 10, 0)
    forwarded.add_read(2, 0)
    forwarded.lose(outbox)
    forwarded.lose(outbox)
    assert answers(outbox) == [
        Refused(1, LOST_LEADERSHIP, unknown=True),
        Refused(2, LOST_LEADERSHIP),
    ]
    assert forwarded.size == 0
