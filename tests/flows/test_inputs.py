from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.flows import FlowInputError, flow
from holon_actors.flows.inputs import bind_input, read_parameters

value = st.one_of(st.integers(), st.text(), st.lists(st.integers()), st.none())


def bound(function: Any, given_input: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    call = bind_input("f", read_parameters(function), given_input)
    return call.args, call.kwargs


@given(value)
def test_one_parameter_takes_the_input_as_it_is(given_input: Any) -> None:
    assert bound(lambda x: x, given_input) == ((given_input,), {})
    assert bound(lambda x, *, verbose=False: x, given_input) == ((given_input,), {})
    assert flow(lambda x: x).apply(given_input) == given_input


def test_a_dict_or_list_is_one_value_to_one_parameter() -> None:
    assert flow(lambda x: x).apply({"x": 1}) == {"x": 1}
    assert flow(lambda x: x).apply([1, 2]) == [1, 2]


@given(st.integers(), st.integers())
def test_several_parameters_take_positionals_or_keywords(x: int, y: int) -> None:
    pair = flow(lambda x, y: (x, y))
    assert pair.apply([x, y]) == pair.apply((x, y)) == pair.apply({"y": y, "x": x}) == (x, y)


@given(value)
def test_no_parameters_ignore_the_input(given_input: Any) -> None:
    assert flow(lambda: 7).apply(given_input) == 7


def test_defaults_are_honoured() -> None:
    scaled = flow(lambda x, factor=10: x * factor)
    assert scaled.apply([2]) == scaled.apply({"x": 2}) == scaled.apply(2) == 20
    assert scaled.apply([2, 3]) == 6


def test_special_parameters() -> None:
    assert bound(lambda *items: items, [1, 2]) == ((1, 2), {})
    assert bound(lambda *items: items, 5) == ((5,), {})
    assert bound(lambda **named: named, {"a": 1}) == ((), {"a": 1})
    assert bound(lambda *, x: x, 5) == ((), {"x": 5})
    assert bound(lambda x, *, y: x, {"x": 1, "y": 2}) == ((), {"x": 1, "y": 2})

    def positional_only(x: int, y: int = 0, /, z: int = 0) -> tuple[int, int, int]:
        return (x, y, z)

    assert bound(positional_only, {"x": 1, "y": 2, "z": 3}) == ((1, 2), {"z": 3})
    assert bound(positional_only, {"x": 1, "z": 3}) == ((1,), {"z": 3})


def test_built_ins_take_the_input_as_it_is() -> None:
    assert (flows.identity | sorted)([3, 1, 2]) == [1, 2, 3]
    assert (flows.identity | len)([3, 1, 2]) == 3
    assert (flows.identity | int)("7") == 7
    assert (flows.map(abs) | sum)([-1, -2]) == 3
    assert (flows.identity | str.split)("a b") == ["a", "b"]
    assert flow(pow).apply((2, 3)) == flow(divmod).apply([17, 2])[0] == 8
    assert (flows.identity | dict)({"a": 1}) == {"a": 1}


def add(x: int, y: int) -> int:
    return x + y


@pytest.mark.parametrize(
    ("given_input", "parameter", "reason"),
    [
        (5, "y", "missing"),
        ([5], "y", "missing"),
        ([1, 2, 3], None, "at most 2 values"),
        ({"x": 1}, "y", "missing"),
        ({"x": 1, "y": 2, "z": 3}, "z", "no such parameter; there are: x, y"),
        ({1: 2}, None, "keyword names are strings"),
        (None, "y", "missing"),
    ],
)
def test_wrong_input_names_flow_parameter_and_reason(
    given_input: Any, parameter: str | None, reason: str
) -> None:
    with pytest.raises(FlowInputError, match=reason) as caught:
        flow(add).apply(given_input)
    assert caught.value.flow == "add"
    assert caught.value.parameter in (parameter, "x")
    assert isinstance(caught.value, TypeError)
    assert isinstance(caught.value, ValueError)


def test_keyword_only_parameters_need_a_dict() -> None:
    with pytest.raises(FlowInputError, match="dict of its parameters"):
        bound(lambda *, x, y: x, 5)
    with pytest.raises(FlowInputError, match="missing"):
        bound(lambda x, *, y: x, [5])


def test_a_positional_only_parameter_cannot_be_skipped() -> None:
    def both(x: int = 0, y: int = 0, /) -> int:
        return x - y

    with pytest.raises(FlowInputError) as caught:
        bound(both, {"y": 1})
    assert caught.value.parameter == "x"


def test_the_rule_holds_between_the_stages_of_a_pipe() -> None:
    assert (flow(lambda x: (x, x + 1)) | add)(1) == 3
    assert (flows.parallel(x=abs, y=abs) | add)(-2) == 4
    with pytest.raises(FlowInputError):
        (flow(lambda x: [x]) | add)(1)


def test_what_needs_one_value_refuses_several_arguments() -> None:
    for single in (flows.tap(add), flows.validate(add, "no"), flows.map(add)):
        with pytest.raises(FlowInputError, match=r"one input|iterable"):
            single(1, 2)  # type: ignore[call-arg]
