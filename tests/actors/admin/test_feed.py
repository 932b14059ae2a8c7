"""What waits to be read of a trace."""

from __future__ import annotations

import pytest

from holon_actors.actors.admin._feed import _PER_SECOND, _ROOM, LEASE_S, Feed, Seen


def seen(at: float) -> Seen:
    return Seen(at, "-", "/user/a", "tell", "1", "handled", 0.1)


@pytest.mark.parametrize(
    ("path", "inside", "outside"),
    [
        ("/user/a", ["/user/a", "/user/a/b"], ["/user/ab", "/user", "/"]),
        ("/user/a/", ["/user/a"], ["/user/b"]),
        ("/", ["/user", "/system/admin"], []),
    ],
)
def test_it_covers_an_actor_and_all_below(path, inside, outside):
    feed = Feed(1, path, 0.0)
    assert all(feed.covers(each) for each in inside)
    assert not any(feed.covers(each) for each in outside)


def test_records_are_read_once_with_their_age():
    feed = Feed(1, "/", 0.0)
    assert feed.admits(1.0)
    feed.put(seen(1.0))
    batch = feed.read(3.0, 7)
    assert [(record.age_s, record.message) for record in batch.records] == [(2.0, "1")]
    assert (batch.dropped, batch.actors) == (0, 7)
    assert feed.read(3.0, 7).records == []


def test_too_many_in_a_second_are_counted_and_the_next_second_begins_anew():
    feed = Feed(1, "/", 0.0)
    admitted = sum(feed.admits(0.5) for _ in range(_PER_SECOND + 10))
    assert admitted == _PER_SECOND
    assert feed.admits(1.5)
    assert feed.read(2.0, 0).dropped == 10
    assert feed.read(2.0, 0).dropped == 0


def test_without_a_reader_the_room_is_bounded():
    feed = Feed(1, "/", 0.0)
    for second in range(10):
        for _ in range(_PER_SECOND):
            if feed.admits(float(second)):
                feed.put(seen(0.0))
    assert len(feed.read(10.0, 0).records) == _ROOM


def test_a_feed_that_nobody_reads_is_over():
    feed = Feed(1, "/", 0.0)
    assert not feed.is_over(LEASE_S)
    feed.read(LEASE_S, 0)
    assert not feed.is_over(2 * LEASE_S)
    assert feed.is_over(2 * LEASE_S + 0.1)
