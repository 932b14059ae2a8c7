"""Leases end when the log's time says so."""

import pytest

from holon_actors.distributed.consensus.machines.key_value import leases as module
from holon_actors.distributed.consensus.machines.key_value.errors import LeaseNotFound
from holon_actors.distributed.consensus.machines.key_value.leases import Leases


def ended(leases, now):
    return [lease.number for lease in leases.advance(now)]


def test_a_lease_ends_at_its_deadline_and_not_before():
    leases = Leases()
    assert leases.deadline() is None
    leases.advance(100.0)
    number = leases.grant(5.0)
    assert leases.deadline() == 105.0
    assert ended(leases, 104.9) == []
    assert leases.remaining(leases.get(number)) == pytest.approx(0.1)
    assert ended(leases, 105.0) == [number]
    assert (leases.deadline(), len(leases)) == (None, 0)


def test_a_kept_lease_lives_for_its_ttl_from_then_on():
    leases = Leases()
    number = leases.grant(5.0)
    leases.advance(4.0)
    assert leases.keep(number) == 5.0
    assert leases.deadline() == 9.0
    assert ended(leases, 8.0) == []
    assert ended(leases, 9.0) == [number]


def test_a_lease_that_was_kept_twice_at_one_time_ends_once():
    leases = Leases()
    number = leases.grant(5.0)
    leases.keep(number)
    leases.keep(number)
    assert ended(leases, 5.0) == [number]


def test_leases_end_in_the_order_of_their_deadlines_and_numbers():
    leases = Leases()
    late, soon, too = leases.grant(9.0), leases.grant(3.0), leases.grant(3.0)
    assert ended(leases, 10.0) == [soon, too, late]


def test_time_that_goes_back_stands_still():
    leases = Leases()
    leases.advance(10.0)
    leases.advance(3.0)
    leases.grant(1.0)
    assert leases.deadline() == 11.0


def test_numbers_are_never_used_again():
    leases = Leases()
    first = leases.grant(1.0)
    leases.end(first)
    copy = Leases.of_state(leases.state())
    assert copy.grant(1.0) == first + 1


@pytest.mark.parametrize("verb", ["get", "keep", "end"])
def test_a_lease_that_has_ended_is_not_found(verb):
    leases = Leases()
    leases.end(leases.grant(1.0))
    with pytest.raises(LeaseNotFound) as caught:
        getattr(leases, verb)(1)
    assert caught.value.lease == 1
    assert leases.find(1) is None


def test_a_lease_that_is_kept_often_takes_no_room():
    leases = Leases()
    number = leases.grant(1e6)
    for now in range(10_000):
        leases.advance(float(now))
        leases.keep(number)
    assert len(leases._deadlines) <= module._OUTDATED_MIN + 3
    assert ended(leases, 9_999 + 1e6) == [number]
