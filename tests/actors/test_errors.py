"""Errors say what and where, and fit the built-ins that callers catch already."""

from __future__ import annotations

import pickle

import pytest

import holon_actors
from holon_actors import (
    ActorError,
    ActorLimitReached,
    ActorNotFound,
    ActorStopped,
    Address,
    AlreadyReplied,
    AskDeadlock,
    AskTimeout,
    HandlerCancelled,
    HolonError,
    InvalidAddress,
    MailboxFull,
    MessageUnhandled,
    NameTaken,
    NotInHandler,
    RestartsExhausted,
    SystemNotRunning,
)

ADA = Address("bank", "/user/ada", 17)
LAST = ValueError("last")

# Each error, what its message must name, and a built-in that catches it.
ERRORS: list[tuple[ActorError, list[str], type[Exception]]] = [
    (ActorStopped(ADA, "failed"), [str(ADA), "failed"], RuntimeError),
    (ActorNotFound(ADA), [str(ADA)], ActorStopped),
    (MailboxFull(ADA, 5), [str(ADA), "5"], ActorError),
    (
        AskTimeout(ADA, "Ping", 1.5, 3, "idle"),
        [str(ADA), "Ping", "1.5", "3 unread", "idle"],
        TimeoutError,
    ),
    (MessageUnhandled(ADA, "Ping"), [str(ADA), "Ping"], TypeError),
    (AskDeadlock(ADA, "Ping"), [str(ADA), "Ping"], RuntimeError),
    (AlreadyReplied(ADA, "Ping"), [str(ADA), "Ping"], RuntimeError),
    (HandlerCancelled(ADA, "Ping"), [str(ADA), "Ping"], ActorError),
    (NotInHandler(ADA, "stash"), [str(ADA), "stash"], RuntimeError),
    (NameTaken("/user/ada"), ["/user/ada"], ValueError),
    (InvalidAddress("a b", "has a space"), ["a b", "has a space"], ValueError),
    (ActorLimitReached("/user/ada", 9), ["/user/ada", "9"], RuntimeError),
    (RestartsExhausted("/user/ada", 3, 5.0, LAST), ["/user/ada", "3", "5", "last"], ActorError),
    (SystemNotRunning("bank needs a loop"), ["bank"], RuntimeError),
]


@pytest.mark.parametrize(
    ("error", "facts", "builtin"), ERRORS, ids=lambda value: type(value).__name__
)
def test_an_error_names_its_facts_in_one_line(
    error: ActorError, facts: list[str], builtin: type[Exception]
) -> None:
    text = str(error)
    assert "\n" not in text
    for fact in facts:
        assert fact in text
    assert isinstance(error, HolonError)
    assert isinstance(error, ActorError)
    assert isinstance(error, builtin)


@pytest.mark.parametrize("error", [e for e, _, _ in ERRORS], ids=lambda e: type(e).__name__)
def test_an_error_survives_pickling_with_its_facts(error: ActorError) -> None:
    """It may travel to another process."""
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert set(vars(again)) == set(vars(error))


@pytest.mark.parametrize("error", [e for e, _, _ in ERRORS], ids=lambda e: type(e).__name__)
def test_an_error_is_part_of_the_public_face(error: ActorError) -> None:
    assert getattr(holon_actors, type(error).__name__) is type(error)
