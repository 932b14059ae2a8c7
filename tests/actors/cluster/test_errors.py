"""The errors of membership: what they say, and that they survive pickling."""

from __future__ import annotations

import pickle

import pytest

from holon_actors import HolonError
from holon_actors.actors.cluster import (
    ClusterError,
    ClusterUnreachable,
    InvalidGossip,
    UnknownMember,
)

ERRORS: list[tuple[ClusterError, type[Exception], str]] = [
    (
        ClusterUnreachable("tcp://127.0.0.1:1", 2.5, "refused"),
        ConnectionError,
        "no cluster at tcp://127.0.0.1:1: refused within 2.5 s",
    ),
    (UnknownMember("x", ()), LookupError, "'x' names nobody in this cluster"),
    (UnknownMember("x", ("a", "b")), LookupError, "'x' names one of a, b in this cluster"),
    (InvalidGossip("b:1", "no list"), ValueError, "membership message from b:1: no list"),
]


@pytest.mark.parametrize(("error", "kind", "text"), ERRORS, ids=lambda value: str(value)[:20])
def test_an_error_says_what_and_where_and_can_be_pickled(
    error: ClusterError, kind: type[Exception], text: str
) -> None:
    assert isinstance(error, kind)
    assert isinstance(error, HolonError)
    assert str(error) == text
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), text, vars(error))
