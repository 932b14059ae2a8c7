"""What is kept for those who watch."""

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.machines.key_value.history import History, Past


def put(revision, value=b"v"):
    return Past(revision, "put", "k", value)


def revisions(history, after):
    return [past.revision for past in history.after(after)]


def test_the_oldest_are_forgotten_beyond_a_number():
    history = History(3, 1_000)
    for revision in range(1, 6):
        history.append(put(revision))
    assert history.forgotten == 2
    assert revisions(history, 2) == [3, 4, 5]
    assert revisions(history, 4) == [5]
    assert revisions(history, 9) == []


def test_the_oldest_are_forgotten_beyond_a_size():
    history = History(1_000, 10)
    history.append(put(1, b"12345"))
    history.append(put(2, b"12345"))
    assert (history.forgotten, revisions(history, 1)) == (1, [2])
    history.append(put(3, b"123456789012"))
    assert (history.forgotten, revisions(history, 3)) == (3, [])


def test_a_revision_that_is_kept_in_part_counts_as_forgotten():
    history = History(2, 1_000)
    for key in "abc":
        history.append(Past(1, "delete", key, None))
    assert history.forgotten == 1
    assert revisions(history, 1) == []


@given(st.integers(1, 5), st.lists(st.integers(1, 3), max_size=30))
def test_a_copy_goes_on_as_the_original(kept, steps):
    history, revision = History(kept, 1_000), 0
    for size in steps:
        revision += 1
        for _ in range(size):
            history.append(put(revision))
    copy = History(kept, 1_000)
    copy.forgotten = history.forgotten
    copy.load([list(past) for past in history.copy()])
    for each in (history, copy):
        each.append(put(revision + 1))
    assert copy.forgotten == history.forgotten
    assert copy.copy() == history.copy()
