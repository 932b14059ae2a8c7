"""The replicated key-value store: its commands one by one. Sequences are in `test_model.py`."""

from __future__ import annotations

import pytest
from holon_transports.codec import dumps, loads

from holon_actors import ConfigError
from holon_actors.distributed.consensus.machines.errors import InvalidCommand, StateMismatch
from holon_actors.distributed.consensus.machines.key_value import (
    AcquireLock,
    Compare,
    CompareAndSet,
    CompareRevision,
    Delete,
    DeletePrefix,
    Event,
    EventPage,
    Get,
    GetEvents,
    GetLease,
    GetLock,
    GetRevision,
    GetTicket,
    GrantLease,
    Item,
    KeepLease,
    KeyValue,
    LeaseInfo,
    LeaseNotFound,
    LockInfo,
    Page,
    Put,
    Range,
    ReleaseLock,
    RevokeLease,
    Transacted,
    Transaction,
)


@pytest.fixture
def kv():
    return KeyValue()


def events(kv, prefix="", after=0):
    return [(each.kind, each.key, each.value) for each in kv.query(GetEvents(prefix, after)).events]


# --- keys ---


def test_a_key_has_the_value_that_was_put_last(kv):
    assert [kv.apply(Put("a", 1)), kv.apply(Put("b", [2])), kv.apply(Put("a", {"x": 3}))] == [
        1,
        2,
        3,
    ]
    assert kv.query(Get("a")) == Item("a", {"x": 3}, revision=3, created=1)
    assert kv.query(Get("c")) is None
    assert kv.query(GetRevision()) == 3


def test_a_deleted_key_is_gone_and_begins_anew(kv):
    kv.apply(Put("a", 1))
    assert kv.apply(Delete("a")) is True
    assert kv.apply(Delete("a")) is False
    assert kv.query(GetRevision()) == 2
    kv.apply(Put("a", 2))
    assert kv.query(Get("a")) == Item("a", 2, revision=3, created=3)


def test_a_value_that_was_read_can_be_changed_without_harm(kv):
    value = [1]
    kv.apply(Put("a", value))
    value.append(2)
    kv.query(Get("a")).value.append(3)
    assert kv.query(Get("a")).value == [1]


def test_a_range_comes_in_order_and_in_pages(kv):
    for key in ("b/2", "a", "b/1", "c", "b/3", "b"):
        kv.apply(Put(key, key))
    page = kv.query(Range("b/", limit=2))
    assert ([item.key for item in page.items], page.more, page.revision) == (
        ["b/1", "b/2"],
        True,
        6,
    )
    assert kv.query(Range("b/", after="b/2")) == Page(
        [Item("b/3", "b/3", revision=5, created=5)], more=False, revision=6
    )
    assert len(kv.query(Range()).items) == 6
    assert kv.query(Range("x")).items == []


def test_large_values_come_in_smaller_pages(kv):
    for key in "abcde":
        kv.apply(Put(key, b"v" * 600_000))
    page = kv.query(Range())
    assert ([item.key for item in page.items], page.more) == (["a", "b"], True)
    seen = kv.query(GetEvents())
    assert ([event.key for event in seen.events], seen.revision) == (["a", "b"], 2)


def test_keys_with_a_prefix_are_deleted_as_one_change(kv):
    for key in ("a/1", "b", "a/2"):
        kv.apply(Put(key, 0))
    assert kv.apply(DeletePrefix("a/")) == 2
    assert kv.query(GetRevision()) == 4
    assert events(kv, after=3) == [("delete", "a/1", None), ("delete", "a/2", None)]
    assert kv.apply(DeletePrefix("a/")) == 0
    assert kv.query(GetRevision()) == 4


@pytest.mark.parametrize(
    ("there", "expected", "done"),
    [
        (None, None, True),
        (None, 1, False),
        (1, 1, True),
        (1, 2, False),
        (1, None, False),
        (1, True, False),
        (1, 1.0, False),
        ({"a": [1]}, {"a": [1]}, True),
        (float("nan"), float("nan"), True),
    ],
)
def test_compare_and_set_sets_only_what_is_as_expected(kv, there, expected, done):
    if there is not None:
        kv.apply(Put("a", there))
    before = dumps(kv.snapshot())
    assert kv.apply(CompareAndSet("a", expected, "new")) is done
    if done:
        assert kv.query(Get("a")).value == "new"
    else:
        assert dumps(kv.snapshot()) == before


def test_compare_and_set_to_none_deletes(kv):
    kv.apply(Put("a", 1))
    assert kv.apply(CompareAndSet("a", 1, None)) is True
    assert kv.query(Get("a")) is None
    assert kv.apply(CompareAndSet("a", None, None)) is True
    assert kv.query(GetRevision()) == 2


def test_a_transaction_does_one_of_two_things_as_one_change(kv):
    kv.apply(Put("a", 1))
    kv.apply(Put("b", 2))
    move = Transaction(
        [Compare("a", 1), CompareRevision("b", 2), CompareRevision("c", 0), Compare("c", None)],
        [Delete("a"), Put("c", 1), Delete("nothing")],
        [Put("refused", True)],
    )
    assert kv.apply(move) == Transacted(True, 3)
    assert events(kv, after=2) == [("delete", "a", None), ("put", "c", 1)]
    assert kv.apply(move) == Transacted(False, 4)
    assert kv.query(Get("refused")).value is True


def test_an_empty_transaction_changes_nothing(kv):
    kv.apply(Put("a", 1))
    assert kv.apply(Transaction()) == Transacted(True, 1)


# --- leases ---


def test_keys_of_a_lease_end_with_it_as_one_change(kv):
    kv.advance(100.0)
    lease = kv.apply(GrantLease(5.0))
    for key in ("b", "a"):
        kv.apply(Put(key, 1, lease))
    kv.apply(Put("c", 1))
    assert kv.deadline() == 105.0
    kv.advance(104.0)
    assert kv.query(GetLease(lease)) == LeaseInfo(lease, 5.0, 1.0, ["a", "b"], [])
    kv.advance(105.0)
    assert events(kv, after=3) == [("expire", "a", None), ("expire", "b", None)]
    assert kv.query(GetRevision()) == 4
    assert kv.query(GetLease(lease)) is None
    assert kv.query(Get("c")) is not None
    assert kv.deadline() is None


def test_a_key_belongs_to_the_lease_that_it_was_put_with_last(kv):
    first, second = kv.apply(GrantLease(5)), kv.apply(GrantLease(5))
    kv.apply(Put("a", 1, first))
    kv.apply(Put("b", 1, first))
    kv.apply(Put("a", 2, second))
    kv.apply(Put("b", 2))
    kv.apply(RevokeLease(first))
    assert kv.query(Get("a")).lease == second
    assert kv.query(Get("b")).lease == 0
    kv.apply(RevokeLease(second))
    assert kv.query(Get("a")) is None


def test_a_deleted_key_has_left_its_lease(kv):
    lease = kv.apply(GrantLease(5))
    kv.apply(Put("a", 1, lease))
    kv.apply(Delete("a"))
    kv.apply(Put("a", 2))
    kv.apply(RevokeLease(lease))
    assert kv.query(Get("a")).value == 2


def test_a_kept_lease_lives_on(kv):
    lease = kv.apply(GrantLease(5))
    kv.advance(4.0)
    assert kv.apply(KeepLease(lease)) == 5.0
    kv.advance(8.0)
    assert kv.query(GetLease(lease)).remaining == 1.0


def test_a_revoked_lease_deletes_its_keys(kv):
    lease = kv.apply(GrantLease(5))
    kv.apply(Put("a", 1, lease))
    assert kv.apply(RevokeLease(lease)) is True
    assert kv.apply(RevokeLease(lease)) is False
    assert events(kv, after=1) == [("delete", "a", None)]


@pytest.mark.parametrize(
    "command",
    [
        Put("a", 1, 7),
        CompareAndSet("a", None, 1, 7),
        Transaction([], [Put("a", 1), Put("b", 1, 7)]),
        Transaction([Compare("x", 1)], [Put("b", 1, 7)]),
        KeepLease(7),
        AcquireLock("door", 7),
    ],
    ids=lambda command: type(command).__name__,
)
def test_a_lease_that_is_not_there_is_refused_and_nothing_changes(kv, command):
    before = dumps(kv.snapshot())
    with pytest.raises(LeaseNotFound) as caught:
        kv.apply(command)
    assert caught.value.lease == 7
    assert dumps(kv.snapshot()) == before


# --- locks ---


def test_a_lock_goes_to_the_next_in_line_when_its_lease_ends(kv):
    first, second, third = (kv.apply(GrantLease(ttl)) for ttl in (5, 50, 60))
    assert [kv.apply(AcquireLock("door", lease)) for lease in (first, second, third)] == [1, 0, 0]
    assert kv.query(GetLock("door")) == LockInfo("door", first, 1, [second, third])
    kv.advance(5.0)
    assert kv.query(GetTicket("door", second)) == 2
    kv.apply(RevokeLease(second))
    assert kv.query(GetTicket("door", third)) == 3
    assert kv.apply(ReleaseLock("door", third)) is True
    assert kv.query(GetLock("door")) is None
    assert kv.apply(ReleaseLock("door", third)) is False
    assert kv.query(GetTicket("door", third)) is None


# --- watching ---


def test_events_are_those_after_a_revision_with_a_prefix(kv):
    kv.apply(Put("a", 1))
    kv.apply(Put("b", 2))
    kv.apply(Put("a", 3))
    kv.apply(Delete("a"))
    assert kv.query(GetEvents("a", 1)) == EventPage(
        [Event(3, "put", "a", 3), Event(4, "delete", "a", None)], revision=4, forgotten=0
    )
    assert kv.query(GetEvents("x", 1)) == EventPage([], revision=4, forgotten=0)


def test_a_page_of_events_does_not_split_a_revision(kv):
    kv.apply(Transaction([], [Put("a", 1), Put("b", 1), Put("c", 1)]))
    kv.apply(Put("d", 2))
    page = kv.query(GetEvents(limit=2))
    assert ([event.key for event in page.events], page.revision) == (["a", "b", "c"], 1)
    page = kv.query(GetEvents(after=page.revision, limit=2))
    assert ([event.key for event in page.events], page.revision) == (["d"], 2)


def test_whoever_asks_for_what_is_forgotten_is_told_so():
    kv = KeyValue(history_max=2)
    for value in range(5):
        kv.apply(Put("a", value))
    assert kv.query(GetEvents(after=2)) == EventPage([], revision=5, forgotten=3)
    assert len(kv.query(GetEvents(after=3)).events) == 2


@pytest.mark.parametrize("limits", [{"history_max": 0}, {"history_bytes_max": 0}])
def test_a_history_of_nothing_is_refused(limits):
    with pytest.raises(ConfigError, match="at least 1"):
        KeyValue(**limits)


# --- what makes no sense ---

BAD_COMMANDS = [
    (None, "not a command"),
    ({"put": 1}, "not a command"),
    (Get("a"), "not a command"),
    (Put("", 1), "key is empty"),
    (Put(5, 1), "key is text, not int"),
    (Put("a" * 5_000, 1), "key has 5000 characters"),
    (Put("a", None), "None is not a value"),
    (Put("a", 1, -1), "lease is a whole number"),
    (Put("a", 1, "7"), "lease is a whole number"),
    (Put("a", 1, 10**5_000), "lease"),
    (Delete(""), "key is empty"),
    (DeletePrefix(None), "prefix is text"),
    (CompareAndSet("", 1, 2), "key is empty"),
    (CompareAndSet("a", 1, None, 1), "lease"),
    (Transaction(5), "compare is a list, not int"),
    (Transaction([5]), "compare holds Compare or CompareRevision, not int"),
    (Transaction([Compare("", 1)]), "key is empty"),
    (Transaction([CompareRevision("a", -1)]), "revision"),
    (Transaction([], [DeletePrefix("a")]), "then holds Put or Delete"),
    (Transaction([], [], [Put("a", None)]), "None is not a value"),
    (Transaction([], [Put("a", 1), Delete("a")]), "then has a key twice"),
    (GrantLease(0), "ttl is seconds"),
    (GrantLease(-1.0), "ttl"),
    (GrantLease(float("nan")), "ttl"),
    (GrantLease(float("inf")), "ttl"),
    (GrantLease(10**400), "ttl"),
    (GrantLease("5"), "ttl"),
    (GrantLease(True), "ttl"),
    (KeepLease(None), "lease"),
    (RevokeLease(0), "lease"),
    (AcquireLock("", 1), "name is empty"),
    (AcquireLock("door", True), "lease"),
    (ReleaseLock(["door"], 1), "name is text, not list"),
    (ReleaseLock("door", 0), "lease"),
]


@pytest.mark.parametrize(("command", "says"), BAD_COMMANDS)
def test_a_bad_command_is_one_clear_error_and_changes_nothing(kv, command, says):
    kv.apply(Put("a", 1, kv.apply(GrantLease(5))))
    before = dumps(kv.snapshot())
    with pytest.raises(InvalidCommand, match=says) as caught:
        kv.apply(command)
    assert len(str(caught.value)) < 200
    assert dumps(kv.snapshot()) == before


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (None, "not a query"),
        (Put("a", 1), "not a query"),
        (Get(""), "key is empty"),
        (Range(5), "prefix is text"),
        (Range("", 5), "after is text"),
        (Range("", "", 0), "limit is a whole number from 1 to 10000, not 0"),
        (Range("", "", 10_001), "limit is a whole number from 1 to 10000"),
        (GetLease("1"), "lease"),
        (GetLock(""), "name is empty"),
        (GetTicket("door", None), "lease"),
        (GetEvents("", -1), "after"),
        (GetEvents("", 0, 0), "limit"),
    ],
)
def test_a_bad_query_is_one_clear_error(kv, request_, says):
    with pytest.raises(InvalidCommand, match=says):
        kv.query(request_)


# --- snapshots ---


def test_a_snapshot_of_large_values_comes_in_small_parts(kv):
    for key in "abcde":
        kv.apply(Put(key, b"v" * 600_000))
    parts = list(kv.snapshot_parts())
    assert [len(part["items"]) for part in parts[1:]] == [2, 2, 1, 0, 0, 0]
    other = KeyValue()
    other.restore_parts(iter(parts))
    assert dumps(other.snapshot()) == dumps(kv.snapshot())


def test_a_snapshot_shows_nothing_of_what_comes_later(kv):
    lease = kv.apply(GrantLease(5))
    for number in range(1_200):
        kv.apply(Put(f"k{number}", number, lease))
    expected = dumps(kv.snapshot())
    parts = kv.snapshot_parts()
    kv.apply(DeletePrefix("k1"))
    kv.apply(Put("k2", "other"))
    kv.apply(RevokeLease(lease))
    assert dumps(list(parts)) == expected


@pytest.mark.parametrize(
    "state", [None, 5, {}, [], [{"format": "holon.kv/99"}], {"total": 5}], ids=repr
)
def test_a_snapshot_of_something_else_is_refused_and_changes_nothing(kv, state):
    kv.apply(Put("a", 1))
    before = dumps(kv.snapshot())
    with pytest.raises(StateMismatch, match=r"the key-value store"):
        kv.restore(state)
    assert dumps(kv.snapshot()) == before


def test_a_restored_store_forgets_what_it_was(kv):
    kv.apply(Put("old", 1))
    other = KeyValue()
    other.apply(Put("new", 1))
    kv.restore(loads(dumps(other.snapshot())))
    assert kv.query(Get("old")) is None
    assert dumps(kv.snapshot()) == dumps(other.snapshot())


def test_a_restored_store_does_the_same_from_then_on():
    """What comes of a lease's end must not depend on how a replica came to its state."""
    kv, other = KeyValue(), KeyValue()
    first, second = kv.apply(GrantLease(5)), kv.apply(GrantLease(9))
    for name in ("b", "a"):
        kv.apply(AcquireLock(name, second))  # so that the names come in another order in snapshots
    for name in ("a", "b"):
        kv.apply(AcquireLock(name, first))
    for name in ("a", "b"):
        kv.apply(ReleaseLock(name, second))
        kv.apply(AcquireLock(name, second))
    for key in ("z", "y"):
        kv.apply(Put(key, 1, second))
    kv.apply(Put("y", 2, first))
    kv.apply(Put("y", 3, second))
    kv.apply(Put("z", 4, first))
    kv.apply(Put("x", 4, first))
    other.restore(loads(dumps(kv.snapshot())))
    for now in (5.0, 9.0):
        for each in (kv, other):
            each.advance(now)
        assert dumps(kv.snapshot()) == dumps(other.snapshot())
    assert kv.query(Range()).items == []
