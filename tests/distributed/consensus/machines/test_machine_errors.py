"""Errors say what and where, and travel."""

import pickle

import pytest

from holon_actors.distributed.consensus.machines.errors import InvalidCommand, StateMismatch
from holon_actors.distributed.consensus.machines.key_value.errors import (
    Compacted,
    LeaseNotFound,
    LockBusy,
    LockLost,
    of_failure,
)

ERRORS = [
    InvalidCommand("Put", "key is empty"),
    StateMismatch("the counter", "it is a str"),
    LeaseNotFound(7),
    Compacted(3, 9),
    LockBusy("door", 2.0),
    LockLost("door", 4),
    LockLost("door", None),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_survives_pickling_with_its_facts(error):
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


@pytest.mark.parametrize("error", ERRORS[:1] + ERRORS[2:3], ids=lambda error: type(error).__name__)
def test_an_error_of_apply_is_the_same_again_where_it_was_proposed(error):
    copy = of_failure(type(error).__qualname__, str(error))
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))


def test_an_error_of_somebody_else_s_is_left_as_it_is():
    assert of_failure("ValueError", "no") is None
