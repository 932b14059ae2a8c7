"""Requests and answers travel whole."""

from __future__ import annotations

import inspect

from holon_transports.codec import dumps, loads, wire_name

from holon_actors.actors.admin import messages
from holon_actors.actors.admin.messages import ActorPage, ActorRow, LoopBlocked, Stack, StackFrame


def test_every_message_has_a_wire_name_of_its_own_and_a_stable_one():
    for name in messages.__all__:
        cls = getattr(messages, name)
        assert inspect.isclass(cls)
        assert wire_name(cls) == f"holon.admin.{name}"


def test_an_answer_within_an_answer_arrives_as_it_was():
    row = ActorRow("/user/a", "A", "running", 1, 2, 0, "Deposit", 0.5, None, 0)
    stack = Stack("loop", [StackFrame("a.py", 3, "f", "g()")], "a future")
    answer = LoopBlocked("/user/a", "Deposit", 2.0, stack, ActorPage([row], 1))
    assert loads(dumps(answer)) == answer
