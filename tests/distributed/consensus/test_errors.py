from __future__ import annotations

import pickle

import pytest

from holon_actors import HolonError
from holon_actors.actors.remote.failures import describe, rebuild
from holon_actors.distributed.consensus import errors

MADE = [
    errors.NoLeader("g", 2.0, "silence"),
    errors.NotYet(),
    errors.OutcomeUnknown("g", 2.0, "the link was lost"),
    errors.SessionExpired("g", "too many others"),
    errors.CommandFailed("ValueError", "no"),
    errors.QueryFailed("KeyError", "'x'"),
    errors.ProposalTooLarge(10, 5),
    errors.ChangeRefused("g", "last-voter", "nobody would be left"),
    errors.MemberStopped("g", "a", "DiskFull"),
    errors.GroupMismatch("g", "a", "its folder is another's"),
]


def test_there_is_an_example_of_every_error() -> None:
    assert {type(e).__name__ for e in MADE} == {n for n in errors.__all__ if n != "RaftError"}


@pytest.mark.parametrize("error", MADE, ids=lambda error: type(error).__name__)
def test_an_error_says_what_and_where_and_survives_pickling_and_the_wire(error) -> None:
    assert isinstance(error, HolonError)
    for copy in (pickle.loads(pickle.dumps(error)), rebuild(describe(error))):
        assert type(copy) is type(error)
        assert str(copy) == str(error)
        assert {k: v for k, v in vars(copy).items() if k != "__notes__"} == vars(error)
    for fact in vars(error).values():
        assert isinstance(fact, float) or str(fact) in str(error)


def test_errors_are_what_a_caller_would_catch() -> None:
    assert issubclass(errors.NoLeader, TimeoutError)
    assert issubclass(errors.OutcomeUnknown, TimeoutError)
    assert issubclass(errors.SessionExpired, errors.OutcomeUnknown)
    assert issubclass(errors.ProposalTooLarge, ValueError)
