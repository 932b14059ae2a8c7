"""The table: what is news, what two tables have in common, and forgetting."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.cluster.record import Record, Vote
from holon_actors.actors.cluster.table import Table

B = Record("b", "B", 1)


def table(*records: Record) -> Table:
    made = Table(members_max=10)
    for record in records:
        made.learn(record, 0.0)
    return made


def test_only_news_is_news() -> None:
    known = table(B)
    assert known.learn(B, 1.0) is None
    assert known.learn(Record("b", "B", 1, refutation=1), 1.0) == B
    assert known.learn(B, 1.0) is None


@given(st.permutations([B, Record("c", "C", 1), B.accused(Vote("c", 2, 3)), Record("d", "D", 4)]))
def test_tables_that_know_the_same_have_the_same_digest(news: list[Record]) -> None:
    assert table(*news).digest() == table(*sorted(news, key=lambda r: r.address)).digest()


def test_whatever_tables_differ_in_their_digests_differ() -> None:
    variants = [
        B,
        Record("b", "B", 2),
        Record("b", "B", 1, refutation=1),
        Record("b", "B", 1, voter=True),
        Record("b", "B", 1, witnesses=("c",)),
        B.accused(Vote("c", 1, 3)),
        B.accused(Vote("c", 2, 3)),
        B.accused(Vote("c", 1, 4)),
        B.ended("down"),
        B.ended("left"),
    ]
    assert len({table(variant).digest() for variant in variants}) == len(variants)


def test_a_suspicion_lasts_from_its_beginning_and_anew_after_a_refutation() -> None:
    known = table(B)
    known.learn(B.accused(Vote("c", 1, 3)), 5.0)
    known.learn(B.accused(Vote("d", 1, 3)), 6.0)
    assert known["b"].since == 5.0
    known.learn(Record("b", "B", 1, refutation=1).accused(Vote("c", 2, 3)), 9.0)
    assert known["b"].since == 9.0


def test_the_gone_fade_before_they_are_dropped() -> None:
    known = table(B, Record("c", "C", 1).ended("left"))
    assert known.forget(40.0, 100.0) == []
    assert len(known.records()) == 2
    assert known.forget(60.0, 100.0) == []
    assert known.records() == (B,)
    assert known.digest() == table(B).digest()
    assert "c" in known
    assert known.forget(100.0, 100.0) == ["c"]
    assert "c" not in known
    assert "b" in known


def test_news_of_who_fades_is_told_again() -> None:
    known = table(Record("c", "C", 1).ended("down"))
    known.forget(60.0, 100.0)
    known.learn(Record("c", "C", 2), 61.0)
    assert [record.incarnation for record in known.records()] == [2]


def test_a_time_of_absence_is_added_to_all_times() -> None:
    known = table(B)
    known["b"].quorum_since = 3.0
    known.shift(10.0)
    assert (known["b"].since, known["b"].quorum_since) == (10.0, 13.0)
