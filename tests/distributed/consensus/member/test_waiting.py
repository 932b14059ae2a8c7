from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.member.waiting import Waiting


def test_a_call_has_happened_if_its_own_term_is_committed_at_its_place() -> None:
    waiting: Waiting[str] = Waiting()
    waiting.add(1, "one")
    assert waiting.placed(1, index=5, term=2) == "one"
    assert waiting.committed(4) == []
    assert waiting.committed(5) == [(2, "one")]
    assert waiting.committed(5) == []
    assert len(waiting) == 0


def test_two_calls_of_different_terms_may_have_had_one_place() -> None:
    waiting: Waiting[str] = Waiting()
    for request, term in ((1, 2), (2, 3)):
        waiting.add(request, f"of term {term}")
        waiting.placed(request, 5, term)
    assert waiting.committed(5) == [(2, "of term 2"), (3, "of term 3")]


def test_an_answer_for_a_request_that_nobody_has_made_is_nobodys() -> None:
    waiting: Waiting[str] = Waiting()
    assert waiting.answered(1) is None
    assert waiting.placed(1, 1, 1) is None
    waiting.readable(1, 1)
    assert list(waiting.due(10)) == []


def test_places_that_a_snapshot_has_passed_are_given_up() -> None:
    waiting: Waiting[str] = Waiting()
    for request, index in ((1, 7), (2, 5), (3, 9)):
        waiting.add(request, f"at {index}")
        waiting.placed(request, index, 1)
    assert waiting.passed(7) == ["at 5", "at 7"]
    assert waiting.take_all() == ["at 9"]


@given(st.lists(st.integers(1, 20)), st.integers(0, 21))
def test_reads_are_due_in_order_once_their_index_is_applied(indexes: list[int], applied: int):
    waiting: Waiting[tuple[int, int]] = Waiting()
    for request, index in enumerate(indexes):
        waiting.add(request, (index, request))
        waiting.readable(request, index)
    due = list(waiting.due(applied))
    assert due == sorted(call for call in enumerate_calls(indexes) if call[0] <= applied)
    assert len(waiting) == len(indexes) - len(due)


def enumerate_calls(indexes: list[int]) -> list[tuple[int, int]]:
    return [(index, request) for request, index in enumerate(indexes)]


def test_all_calls_can_be_taken_wherever_they_wait() -> None:
    waiting: Waiting[str] = Waiting()
    for request in (1, 2, 3):
        waiting.add(request, str(request))
    waiting.placed(2, 1, 1)
    waiting.readable(3, 1)
    assert sorted(waiting.take_all()) == ["1", "2", "3"]
    assert len(waiting) == 0
