"""Errors that travel: with their type where both ends know it, and never by running code."""

from __future__ import annotations

from typing import Any

import pytest
from holon_transports.codec import dumps, loads
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import (
    ActorNotFound,
    ActorStopped,
    Address,
    AskTimeout,
    ConfigError,
    HolonError,
    MailboxFull,
    RemoteError,
    register_error,
)
from holon_actors.actors.remote.failures import describe, rebuild

ADDRESS = Address("bank", "/user/ada", 3, "127.0.0.1:1")


@register_error
class Overdrawn(Exception):
    def __init__(self, account: str, by: int) -> None:
        super().__init__(f"{account} by {by}")
        self.account, self.by = account, by


class OfOurs(HolonError):
    def __init__(self) -> None:
        raise AssertionError("a constructor runs")


class Unknown(Exception):
    pass


def travelled(error: BaseException) -> BaseException:
    return rebuild(loads(dumps(describe(error))))


@pytest.mark.parametrize(
    "error",
    [
        ActorStopped(ADDRESS, "failed"),
        ActorNotFound(ADDRESS),
        MailboxFull(ADDRESS, 3),
        AskTimeout(ADDRESS, "Ping", 1.5, 2, "idle"),
        ConfigError("x=1"),
        Overdrawn("ada", 3),
        ValueError("bad", 3),
        KeyError("k"),
        OSError(2, "gone"),
        TimeoutError(),
    ],
    ids=lambda e: type(e).__name__,
)
def test_a_known_error_keeps_type_text_and_attributes(error: BaseException) -> None:
    back = travelled(error)
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert back.args == error.args
    facts = {k: v for k, v in vars(error).items() if not k.startswith("_")}
    assert {k: vars(back).get(k) for k in facts} == facts
    assert "On the other node" in back.__notes__[0]


def test_an_unknown_error_is_told_by_name_text_and_traceback() -> None:
    def fails() -> None:
        raise Unknown("secret")

    with pytest.raises(Unknown) as caught:
        fails()
    back = travelled(caught.value)
    assert isinstance(back, RemoteError)
    assert back.type_name == f"{__name__}.Unknown"
    assert back.message == "secret"
    assert "in fails" in back.traceback_text


def test_a_subclass_of_a_registered_error_is_not_registered() -> None:
    class More(Overdrawn):
        pass

    assert isinstance(travelled(More("ada", 1)), RemoteError)


def test_no_constructor_runs_on_the_word_of_a_peer() -> None:
    name = f"{__name__}.OfOurs"
    assert isinstance(rebuild([name, name, "", ["x"], {}, ""]), OfOurs)


@pytest.mark.parametrize("name", ["SystemExit", "KeyboardInterrupt", "eval", "os.system"])
def test_what_is_not_on_the_list_is_never_made(name: str) -> None:
    assert isinstance(rebuild([name, name, "x", [], {}, ""]), RemoteError)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["ValueError"]),
        lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text(), inner),
    )
)
def test_whatever_comes_is_an_error_and_never_raises(value: Any) -> None:
    assert isinstance(rebuild(value), BaseException)


@given(
    st.lists(st.integers() | st.text() | st.lists(st.none()), max_size=6),
    st.sampled_from(
        ["OSError", "BlockingIOError", "KeyError", f"{__name__}.Overdrawn", "TimeoutError"]
    ),
)
def test_odd_arguments_never_raise(args: list[Any], name: str) -> None:
    error = rebuild([name, name, "", args, {"a": 1, "_b": 2, "errno": 5}, ""])
    assert isinstance(error, BaseException)
    str(error)


def test_arguments_that_a_builtin_does_not_take_make_a_remote_error() -> None:
    error = rebuild(["BlockingIOError", "BlockingIOError", "busy", [1, "x", 10**30], {}, ""])
    assert isinstance(error, RemoteError)
    assert "busy" in str(error)


def test_an_error_whose_text_raises_still_travels() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    back = travelled(Mute())
    assert isinstance(back, RemoteError)
    assert "cannot be had" in back.message
