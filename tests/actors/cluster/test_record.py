"""Records: merging is a lattice, so neither order nor repetition of news matters."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.cluster.record import FINAL, RANKS, Record, Vote, merge

NAMES = st.sampled_from(["a", "b", "c"])


@st.composite
def records(draw: st.DrawFn) -> Record:
    state = draw(st.sampled_from(list(RANKS)))
    record = Record("s", "S", draw(st.integers(1, 2)))
    if state in FINAL:
        return record.ended(state)
    voter = draw(st.booleans())
    votes = {
        accuser: Vote(accuser, draw(st.integers(1, 3)), 3)
        for accuser in draw(st.sets(NAMES, min_size=1))
    }
    return Record(
        "s",
        "S",
        record.incarnation,
        draw(st.integers(0, 2)),
        state,
        voter,
        () if voter else tuple(sorted(draw(st.sets(NAMES)))),
        tuple(sorted(votes.values())) if state == "suspect" else (),
    )


@given(records(), records())
def test_merging_does_not_depend_on_the_order(one: Record, other: Record) -> None:
    assert merge(one, other) == merge(other, one)


@given(records(), records(), records())
def test_merging_does_not_depend_on_the_grouping(a: Record, b: Record, c: Record) -> None:
    assert merge(merge(a, b), c) == merge(a, merge(b, c))


@given(records(), records())
def test_news_heard_again_is_no_news(one: Record, other: Record) -> None:
    merged = merge(one, other)
    assert merge(merged, one) == merge(merged, other) == merge(merged, merged) == merged


@given(records(), records())
def test_an_incarnation_that_ended_never_lives_again(one: Record, other: Record) -> None:
    merged = merge(one, other)
    if not one.present and merged.incarnation == one.incarnation:
        assert not merged.present


def test_a_higher_refutation_clears_all_accusations() -> None:
    suspect = Record("s", "S", 1).accused(Vote("a", 5, 3))
    assert merge(suspect, Record("s", "S", 1, refutation=1)) == Record("s", "S", 1, refutation=1)


def test_accusations_of_one_life_add_up() -> None:
    one = Record("s", "S", 1).accused(Vote("a", 5, 3))
    other = Record("s", "S", 1).accused(Vote("b", 9, 3))
    merged = merge(one, other)
    assert merged.state == "suspect"
    assert merged.votes == (Vote("a", 5, 3), Vote("b", 9, 3))


def test_a_later_vote_of_the_same_accuser_replaces_the_earlier() -> None:
    one = Record("s", "S", 1).accused(Vote("a", 5, 3))
    assert one.accused(Vote("a", 6, 2)).votes == (Vote("a", 6, 2),)


def test_a_restarted_member_replaces_even_one_that_is_down() -> None:
    down = Record("s", "S", 1, voter=True).ended("down")
    assert merge(down, Record("s", "S", 2)) == Record("s", "S", 2)


def test_a_restarted_member_has_to_be_given_a_vote_again() -> None:
    assert not merge(Record("s", "S", 1, voter=True), Record("s", "S", 2)).voter
