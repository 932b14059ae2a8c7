from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from holon_actors import flows
from holon_actors.flows import FlowInputError, coerce_input, flow


class Order(BaseModel):
    item: str
    count: int = 1


@dataclass
class Point:
    x: int
    y: int


class Row(TypedDict):
    name: str


class Opaque:
    pass


@flow
def add(x: int, y: int = 2) -> int:
    return x + y


@flow
def price(order: Order) -> float:
    return order.count * 2.5


def run(made: Any, value: Any) -> Any:
    return made.apply(coerce_input(made, value))


def test_input_is_coerced_by_the_hints() -> None:
    assert run(add, ("5", "3")) == run(add, {"x": "5", "y": 3.0}) == run(add, ["5", 3]) == 8
    assert run(add, "5") == run(add, ["5"]) == 7
    assert run(price, {"item": "tea", "count": "2"}) == 5.0
    assert run(flow(lambda p: p), {"x": 1}) == {"x": 1}


@flow
def total(first: int, *rest: int, scale: float = 1, **named: int) -> float:
    return scale * (first + sum(rest) + sum(named.values()))


def test_hints_of_variadic_parameters_hold_for_each_value() -> None:
    assert run(total, ["1", "2", "3"]) == 6
    assert run(total, {"first": "1", "scale": "2", "more": "3"}) == 8
    # The name of **named is no parameter: what comes under it is one of the named values.
    assert run(total, {"first": 1, "rest": "2", "named": "3"}) == 6


@pytest.mark.parametrize(
    ("value", "parameter"),
    [
        (["x"], "first"),
        ([1, "x"], "*rest[0]"),
        ([1, 2, "x"], "*rest[1]"),
        ({"first": 1, "more": "x"}, "more"),
        ({"first": 1, "scale": "x"}, "scale"),
    ],
)
def test_the_one_of_many_values_that_does_not_fit_is_named(value: Any, parameter: str) -> None:
    with pytest.raises(FlowInputError) as caught:
        coerce_input(total, value)
    assert caught.value.parameter == parameter
    assert "got 'x'" in caught.value.reason


def test_branches_that_agree_on_their_input_get_it_coerced() -> None:
    def item(order: Order) -> str:
        return order.item

    both = flows.parallel(item=item, price=price, type=type)
    assert run(both, {"item": "tea"}) == {"item": "tea", "price": 2.5, "type": Order}
    assert run(flows.parallel([add, add]), ["1", "2"]) == [3, 3]
    assert both.input_schema() == price.input_schema()
    with pytest.raises(FlowInputError, match="'order'"):
        coerce_input(both, {"count": 1})


def test_branches_that_differ_on_their_input_get_it_as_it_is() -> None:
    def text(x: str) -> str:
        return x

    def number(x: float) -> float:
        return float(x)

    differ = flows.parallel([text, number])
    assert run(differ, "5") == ["5", 5.0]
    assert differ.input_schema() == {}
    assert run(flows.parallel([len, str]), [1]) == [1, "[1]"]
    assert run(flows.parallel([]), 1) == []


def test_the_hints_of_the_first_stage_count() -> None:
    assert run(add | str, ("5", "3")) == "8"
    assert run(add.retry(2).timeout(9).result(), ("5", "3")).unwrap() == 8
    assert run(flows.map(add), [["5", "3"], "1"]) == [8, 3]
    assert run(flows.map(price), [{"item": "tea"}]) == [2.5]
    assert run(flows.parallel([add, add]), (1, 2)) == [3, 3]


def test_structured_hints_are_understood() -> None:
    @flow
    def use(point: Point, row: Row, few: Annotated[list[int], Field(max_length=2)]) -> Any:
        return point, row, few

    assert run(use, [{"x": "1", "y": 2}, {"name": "a"}, ["1"]]) == (
        Point(1, 2),
        {"name": "a"},
        [1],
    )


@given(st.integers(), st.integers())
def test_input_that_fits_is_left_as_it_is(x: int, y: int) -> None:
    assert run(add, (x, y)) == add(x, y)
    assert run(add, {"x": x, "y": y}) == add(x, y)


@pytest.mark.parametrize(
    ("made", "value", "parameter", "reason"),
    [
        (add, ("5", "x"), "y", "valid integer"),
        (add, {"x": "five"}, "x", "got 'five'"),
        (add, {"x": 1, "z": 1}, "z", "no such parameter"),
        (price, {"item": 5}, "order", "['item']"),
        (price, {"item": "x" * 500, "count": "a"}, "order", "got 'a'"),
        (flows.map(add), [["5", "x"]], "y", "valid integer"),
        (flow(len) | add, [], None, ""),
    ],
)
def test_wrong_input_names_the_parameter_and_the_reason(
    made: Any, value: Any, parameter: str | None, reason: str
) -> None:
    if parameter is None:
        assert coerce_input(made, value) == value
        return
    with pytest.raises(FlowInputError) as caught:
        coerce_input(made, value)
    assert caught.value.parameter == parameter
    assert reason in caught.value.reason
    assert len(str(caught.value)) < 300


def test_a_long_wrong_value_is_shortened_in_the_message() -> None:
    with pytest.raises(FlowInputError) as caught:
        coerce_input(add, ["x" * 5_000])
    assert len(str(caught.value)) < 300


def test_hints_that_cannot_be_checked_accept_anything() -> None:
    def odd(a: Opaque, b: Missing) -> None:  # type: ignore[name-defined]  # noqa: F821
        return None

    assert run(flow(odd), [1, 2]) is None
    opaque = flow(lambda x: x)
    opaque_hint = Opaque()
    assert run(opaque, opaque_hint) is opaque_hint

    @flow
    def takes_opaque(x: Opaque) -> Opaque:
        return x

    assert run(takes_opaque, opaque_hint) is opaque_hint
    with pytest.raises(FlowInputError, match="Opaque"):
        coerce_input(takes_opaque, 5)


def test_variable_arguments_and_callable_objects() -> None:
    def total(first: int, *others: int, **named: int) -> int:
        return first + sum(others) + sum(named.values())

    class Doubler:
        def __call__(self, x: int) -> int:
            return x * 2

    assert run(flow(total), ["1", 2, 3]) == 6
    assert run(flow(total), {"first": "1", "other": 2}) == 3
    assert run(flow(Doubler()), "4") == 8
    assert run(flow(Point), ["1", 2]) == Point(1, 2)
    assert run(flow(lambda: 1), "ignored") == 1


def test_schemas_are_json_schema() -> None:
    assert add.input_schema() == {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
        "required": ["x"],
        "additionalProperties": False,
    }
    assert add.output_schema() == {"type": "integer"}
    assert price.input_schema()["properties"]["item"]["type"] == "string"
    assert (add | str).input_schema() == add.input_schema()
    assert flows.map(add).output_schema() == {"type": "array", "items": {"type": "integer"}}
    assert flows.parallel(a=add, b=price).output_schema() == {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "number"}},
        "required": ["a", "b"],
    }
    assert flows.parallel([add]).output_schema()["prefixItems"] == [{"type": "integer"}]
    assert flows.identity.input_schema() == flow(lambda x: x).output_schema() == {}
    assert flow(lambda: 1).input_schema() == {}

    @flow
    def opaque(x: Opaque) -> Opaque:
        return x

    assert opaque.input_schema() == opaque.output_schema() == {}


def test_a_flow_without_hints_does_not_need_pydantic() -> None:
    import subprocess

    code = (
        "import sys; from holon_actors.flows import flow, coerce_input;"
        "assert coerce_input(flow(lambda x: x), 1) == 1;"
        "assert 'pydantic' not in sys.modules and 'asyncio' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
