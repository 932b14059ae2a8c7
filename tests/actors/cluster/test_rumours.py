"""News is told a bounded number of times, the least told first."""

from __future__ import annotations

from holon_actors.actors.cluster.rumours import Rumours


def test_news_is_dropped_after_enough_tellings() -> None:
    rumours = Rumours(spread=3)
    rumours.add("a")
    told = [rumours.take(5, members=9) for _ in range(5)]
    assert told == [["a"], ["a"], ["a"], [], []]


def test_larger_clusters_are_told_more_often() -> None:
    rumours = Rumours(spread=3)
    rumours.add("a")
    assert sum(bool(rumours.take(5, members=99)) for _ in range(20)) == 6


def test_the_least_told_goes_first() -> None:
    rumours = Rumours(spread=9)
    rumours.add("a")
    rumours.take(1, 9)
    rumours.add("b")
    assert rumours.take(1, 9) == ["b"]


def test_newer_news_about_the_same_member_is_told_from_the_beginning() -> None:
    rumours = Rumours(spread=2)
    rumours.add("a")
    rumours.take(1, 9)
    rumours.add("a")
    assert [rumours.take(1, 9) for _ in range(3)] == [["a"], ["a"], []]


def test_nothing_is_told_of_who_is_forgotten() -> None:
    rumours = Rumours(spread=2)
    rumours.add("a")
    rumours.drop("a")
    rumours.drop("a")
    assert not len(rumours)
