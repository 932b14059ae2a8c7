"""Signatures as people read them."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import pytest

from holon_actors.flows import Flow, flow, load_flow
from holon_actors.flows._signature_text import signature_text


@dataclass
class Day:
    date: str


DAY = Day("1.2")
Item = TypeVar("Item")


def plain(x: int, *rest: str, y: float = 1.5, **others: bytes) -> str | None: ...
def own(days: list[Day], /, by: dict[str, Day]) -> Day | None: ...
def text(name: str = "data.v2.csv", mode: Literal["a.b", "c"] = "a.b") -> None: ...
def foreign(where: Path, each: Callable[[Day], Sequence[Day]]) -> typing.Any: ...
def unknown(x: no.such.Thing) -> Later: ...  # type: ignore[name-defined]  # noqa: F821
def annotated(x: Annotated[int, "more than", 3], y: list[Item]) -> Item: ...
def defaults(kind=Day, made=DAY, key=plain): ...


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (plain, "(x: int, *rest: str, y: float = 1.5, **others: bytes) -> str | None"),
        (own, "(days: list[Day], /, by: dict[str, Day]) -> Day | None"),
        (text, "(name: str = 'data.v2.csv', mode: Literal['a.b', 'c'] = 'a.b') -> None"),
        (foreign, "(where: Path, each: Callable[[Day], Sequence[Day]]) -> Any"),
        (unknown, "(x: Thing) -> Later"),
        (annotated, "(x: int, y: list[Item]) -> Item"),
        (defaults, "(kind=Day, made=Day(date='1.2'), key=<function plain>)"),
    ],
)
def test_types_lose_their_modules_and_nothing_else_changes(
    function: Callable[..., Any], shown: str
) -> None:
    assert flow(function).graph().root.signature == shown


def test_a_class_within_a_function_is_shown_by_its_own_name() -> None:
    class Inner: ...

    def takes(x: Inner) -> list[Inner]: ...

    made = inspect.signature(takes, locals={"Inner": Inner}, eval_str=True)
    assert signature_text(made) == "(x: Inner) -> list[Inner]"


@pytest.fixture
def from_a_file(tmp_path: Path) -> Flow[Any, Any]:
    file = tmp_path / "days.py"
    file.write_text(
        "from dataclasses import dataclass\n"
        "from holon_actors import flow\n"
        "@dataclass\nclass Day:\n    date: str\n"
        "@flow\ndef first(days: list[Day], but: Day = Day('x')) -> Day:\n    return days[0]\n"
    )
    return load_flow(str(file))


def test_the_file_that_a_type_comes_from_is_not_shown(from_a_file: Flow[Any, Any]) -> None:
    shown = "(days: list[Day], but: Day = Day(date='x')) -> Day"
    assert from_a_file.graph().root.signature == shown
    assert repr(from_a_file) == f"<flow first{shown}>"
