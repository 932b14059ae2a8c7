"""A replicated number."""

import pytest

from holon_actors.distributed.consensus.machines import Add, Counter
from holon_actors.distributed.consensus.machines.errors import InvalidCommand, StateMismatch


def test_a_counter_counts_and_answers_with_the_total():
    counter = Counter()
    assert [counter.apply(Add(5)), counter.apply(Add(-2)), counter.apply(Add())] == [5, 3, 4]
    assert counter.query(None) == 4


def test_a_restored_counter_goes_on_where_the_other_was():
    counter, other = Counter(), Counter()
    counter.apply(Add(7))
    other.restore(counter.snapshot())
    assert other.apply(Add(1)) == 8


@pytest.mark.parametrize("command", [5, None, Add("5"), Add(True), Add(1.5), {"amount": 5}])
def test_a_bad_command_is_refused_and_changes_nothing(command):
    counter = Counter()
    with pytest.raises(InvalidCommand, match="the counter takes"):
        counter.apply(command)
    assert counter.query(None) == 0


@pytest.mark.parametrize("state", [None, "5", [5], True])
def test_a_snapshot_of_another_machine_is_refused(state):
    counter = Counter()
    with pytest.raises(StateMismatch, match="the counter"):
        counter.restore(state)
    assert counter.query(None) == 0
