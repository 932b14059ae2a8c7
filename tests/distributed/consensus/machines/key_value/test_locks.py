"""Who has a lock, and who is next."""

from holon_actors.distributed.consensus.machines.key_value.locks import Locks


def test_a_free_lock_is_taken_and_a_taken_one_waited_for():
    locks = Locks()
    assert locks.acquire("door", 1) == 1
    assert locks.acquire("door", 2) == 0
    assert locks.acquire("door", 3) == 0
    assert [locks.ticket("door", lease) for lease in (1, 2, 3, 4)] == [1, 0, 0, None]


def test_asking_again_changes_nothing():
    locks = Locks()
    assert [locks.acquire("door", 1), locks.acquire("door", 1)] == [1, 1]
    assert [locks.acquire("door", lease) for lease in (2, 3, 2)] == [0, 0, 0]
    assert list(locks.get("door").waiting) == [2, 3]


def test_a_lock_goes_to_the_next_in_line_under_a_larger_token():
    locks = Locks()
    for lease in (1, 2, 3):
        locks.acquire("door", lease)
    assert locks.release("door", 1)
    assert (locks.ticket("door", 2), locks.ticket("door", 3)) == (2, 0)
    assert locks.release("door", 2)
    assert locks.ticket("door", 3) == 3


def test_a_lock_that_was_free_in_between_has_a_larger_token_too():
    locks = Locks()
    locks.acquire("door", 1)
    locks.release("door", 1)
    assert locks.get("door") is None
    assert locks.acquire("door", 1) == 2


def test_whoever_leaves_the_line_does_not_get_the_lock():
    locks = Locks()
    for lease in (1, 2, 3):
        locks.acquire("door", lease)
    assert locks.release("door", 2)
    locks.release("door", 1)
    assert locks.ticket("door", 3) == 2
    assert not locks.release("door", 2)
    assert not locks.release("gate", 1)


def test_a_lease_lets_go_of_all_it_has():
    locks = Locks()
    locks.acquire("b", 1)
    locks.acquire("a", 1)
    locks.acquire("c", 2)
    locks.acquire("c", 1)
    locks.acquire("a", 2)
    assert locks.of_lease(1) == ["a", "b", "c"]
    locks.release_all(1)
    assert locks.of_lease(1) == []
    assert (locks.ticket("a", 2), locks.get("b"), list(locks.get("c").waiting)) == (4, None, [])


def test_a_copy_goes_on_as_the_original():
    locks = Locks()
    for lease in (1, 2, 3):
        locks.acquire("door", lease)
    copy = Locks.of_state(locks.state())
    for each in (locks, copy):
        each.release_all(1)
    assert copy.state() == locks.state()
    assert copy.of_lease(2) == ["door"]
