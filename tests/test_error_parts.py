"""Errors get across whole where they can, in parts where they must, and are not sent otherwise."""

from __future__ import annotations

import pickle
from typing import Any

import pytest

from holon_actors.error_parts import ErrorParts, packed_form, rebuilt_error


class Simple(Exception):
    """Pickles as it is."""


class Picky(Exception):
    """Has a constructor that pickle cannot call."""

    def __init__(self, first: str, second: int) -> None:
        super().__init__(f"{first}/{second}")
        self.second = second


class Tied(Exception):
    """Holds what cannot be pickled."""

    def __init__(self) -> None:
        super().__init__("tied")
        self.knot = lambda: None


def across(error: BaseException) -> tuple[Any, BaseException]:
    data = packed_form(error, pickle.dumps, pickle.loads)
    assert data is not None
    form = pickle.loads(data)
    return form, rebuilt_error(form)


def test_an_error_that_pickles_goes_whole() -> None:
    form, error = across(Simple("a", 1))
    assert form is error
    assert (type(error), error.args) == (Simple, ("a", 1))


def test_an_error_whose_constructor_takes_other_arguments_goes_in_parts() -> None:
    form, error = across(Picky("a", 1))
    assert isinstance(form, ErrorParts)
    assert isinstance(error, Picky)
    assert (str(error), error.second) == ("a/1", 1)


def test_an_error_that_cannot_travel_is_none() -> None:
    assert packed_form(Tied(), pickle.dumps, pickle.loads) is None


def test_what_is_no_exception_is_refused() -> None:
    with pytest.raises(TypeError, match="no exception"):
        rebuilt_error("boo")
