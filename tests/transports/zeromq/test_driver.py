"""No message is left unread, and no room unused, whatever comes in between what."""

from __future__ import annotations

from contextvars import copy_context
from typing import Any, cast

import pytest
from holon_transports.zeromq._driver import Driver
from hypothesis import given
from hypothesis import strategies as st

from tests.transports.zeromq.fakes import Loop, Socket


class Channel:
    """Sends as channels do, and does what the test says with what it takes."""

    def __init__(self, answers: list[str]) -> None:
        self.answers = answers  # what is done with each message: "", "send", "fail", "close"
        self.taken = 0
        self.kept = 0  # sends that found no room
        self.size = 1
        self.socket = Socket()
        self.loop = Loop(self.socket)
        self.driver = Driver(
            cast("Any", self.loop), copy_context(), cast("Any", self.socket), self.take, self.drain
        )

    def send(self) -> None:
        if self.socket.closed:
            return
        try:
            if not self.socket.send():
                self.kept += 1
                self.driver.wants_room = True
        finally:
            self.driver.sent()

    def take(self) -> int:
        if not self.socket.receive():
            return 0
        self.taken += 1
        answer = self.answers.pop() if self.answers else ""
        if answer == "send":
            self.send()
        elif answer == "fail":
            raise ZeroDivisionError
        elif answer == "close":
            self.driver.close(0)
        return self.size

    def drain(self) -> bool:
        self.driver.wants_room = False
        if self.kept:
            self.kept -= 1
            self.send()
        return True

    def settle(self) -> None:
        for _ in range(10_000):
            if self.loop.is_idle:
                return
            self.loop.turn()
        pytest.fail("it is never done")


happenings = st.lists(
    st.sampled_from(["message", "send", "turn", "room", "lazy", "eager"]), min_size=4, max_size=40
)
doings = st.lists(st.sampled_from(["", "", "send", "fail"]), max_size=30)


@given(st.booleans(), happenings, doings)
def test_nothing_is_left_unread_and_no_room_unused(
    begun: bool, happened: list[str], answers: list[str]
) -> None:
    channel = Channel(answers)
    if begun:
        channel.settle()
    for what in happened:
        if what == "send":
            channel.send()
        elif what == "turn":
            channel.loop.turn()
        elif what in ("lazy", "eager"):
            setattr(channel.socket, what, not getattr(channel.socket, what))
        else:
            channel.socket.happens(what)
    channel.settle()
    assert channel.taken == happened.count("message")
    assert not (channel.driver.wants_room and channel.socket.room)


@given(happenings, st.integers(0, 20))
def test_a_channel_that_is_closed_while_it_takes_is_left_alone(
    happened: list[str], number: int
) -> None:
    channel = Channel(["close", *[""] * number])
    for what in happened:
        if what == "turn":
            channel.loop.turn()
        elif what == "message":
            channel.socket.happens(what)
    channel.settle()
    assert channel.taken == min(happened.count("message"), number + 1)


def turns_for(messages: int, size: int) -> int:
    channel = Channel([])
    channel.size = size
    channel.settle()
    for _ in range(messages):
        channel.socket.happens("message")
    turns = 0
    while channel.taken < messages and turns < messages:
        channel.loop.turn()
        turns += 1
    return turns


def test_a_turn_takes_so_many_messages_and_bytes_at_most() -> None:
    assert turns_for(32, 1) == 1
    assert turns_for(320, 1) == 10
    assert turns_for(10, 300_000) == 10
