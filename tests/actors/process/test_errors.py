"""Errors of process actors, and errors that cross over."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from holon_actors import HolonError, ProcessDied, ProcessStartError, RemoteError, UnpicklableActor
from holon_actors.actors.process.errors_in_transit import packed_error, unpacked_error
from tests.actors.process.kit import Odd


@pytest.mark.parametrize(
    ("exit_code", "facts"),
    [
        (3, (3, None, "exit status 3")),
        (-9, (None, "SIGKILL", "killed by SIGKILL")),
        (-250, (None, "signal 250", "killed by signal 250")),
        (None, (None, None, "unknown end")),
    ],
)
def test_a_death_says_how(exit_code: int | None, facts: tuple[Any, ...]) -> None:
    error = ProcessDied("holon://x/user/y#1", 17, exit_code)
    assert (error.exit_code, error.signal, error.reason) == facts
    assert str(error).endswith(error.reason)


@pytest.mark.parametrize(
    "error",
    [
        ProcessDied("a", 1, -11),
        ProcessDied("a", 1, -9, True),
        ProcessStartError("a", "why"),
        UnpicklableActor("cls", "why"),
    ],
)
def test_all_are_holon_errors_and_can_be_pickled(error: HolonError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))


def crossed(error: BaseException) -> BaseException:
    return unpacked_error(packed_error(error))


def test_an_error_keeps_type_text_and_traceback() -> None:
    try:
        raise ValueError("as told")
    except ValueError as raised:
        error = crossed(raised)
    assert (type(error), str(error)) == (ValueError, "as told")
    assert "test_an_error_keeps_type" in error.__notes__[0]


def test_an_error_with_a_constructor_of_its_own_keeps_its_facts() -> None:
    error = crossed(Odd("one", 2))
    assert (type(error), str(error), vars(error)["second"]) == (Odd, "one/2", 2)


def test_an_error_that_holds_what_cannot_travel_is_told_about() -> None:
    class Stuck(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    stuck = Stuck()
    stuck.lock = (n for n in ())  # type: ignore[attr-defined]
    error = crossed(stuck)
    assert isinstance(error, RemoteError)
    assert error.type_name.endswith("Stuck")
    assert "no text" not in error.message


def test_bytes_that_are_no_error_become_one() -> None:
    assert isinstance(unpacked_error(b"nothing"), RemoteError)
    assert isinstance(unpacked_error(pickle.dumps(("no error", ""))), RemoteError)
