from __future__ import annotations

import enum
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from holon_actors.testing._text.describe import describe
from tests.testing.kit import Put, output


class Colour(enum.Enum):
    RED = 1


class Plain:
    pass


class Chatty:
    def __repr__(self) -> str:
        return f"<Chatty at {hex(id(self))}>\nand more"


@dataclass
class Pair:
    left: Any
    right: Any


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("a", "'a'"),
        ("x" * 100, repr("x" * 100)[:58] + ".."),
        (None, "None"),
        (Colour.RED, "Colour.RED"),
        (Put(3), "Put(3)"),
        (Pair(1, [2, "c"]), "Pair(left=1, right=[2, 'c'])"),
        (Pair(Pair(Pair(Pair(1, 2), 3), 4), 5), None),
        ({"k": (1,)}, "{'k': (1)}"),
        ({"b", "a"}, "{'a', 'b'}"),
        (list(range(9)), "[0, 1, 2, 3, 4, 5, ..]"),
        (ValueError("oh"), "ValueError: oh"),
        (Plain(), "<Plain>"),
        (Chatty(), "<Chatty at 0x..>\\nand more"),
        (Plain, "Plain"),
    ],
)
def test_a_value_has_a_short_text(value: Any, text: str | None) -> None:
    found = describe(value)
    assert len(found) < 200
    assert "\n" not in found
    if text is not None:
        assert found == text


PROGRAM = """
from holon_actors.testing._text.describe import describe
class Thing: pass
print(describe([{"a", "b", "c"}, Thing(), {Thing(): object()}, frozenset("xyz"), Thing, print]))
"""


def test_the_text_is_the_same_in_every_process() -> None:
    texts = {output(sys.executable, PROGRAM, hash_seed=seed) for seed in range(3)}
    assert len(texts) == 1


def test_a_value_that_cannot_be_written_is_named() -> None:
    class Mute:
        def __repr__(self) -> str:
            raise ValueError("no")

    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    assert describe(Mute()) == "<Mute, whose repr raises ValueError>"
    assert "MuteError" in describe(MuteError())
