"""Reading test cases and judging outcomes."""

import pytest

from holon_actors.cli.cases import Case, judge_error, judge_result, parse_cases, select
from holon_actors.cli.difference import EXACT, Difference
from holon_actors.cli.errors import CaseFileError


def parse_one(**entry):
    return parse_cases([{"name": "one", "input": 1, **entry}], "t.json")[0]


def test_a_case_needs_only_an_input_and_what_must_come_of_it():
    assert parse_one(expected=2) == Case(name="one", input=1, expected=2)


def test_a_case_without_a_name_is_called_by_its_number():
    assert parse_cases([{"input": 1, "expected": 2}], "t.json")[0].name == "case 0"


def test_null_may_be_expected():
    assert judge_result(parse_one(expected=None), None) == ("", [])
    assert judge_result(parse_one(expected=None), 1)[1] == [Difference("$", None, 1)]


def test_durations_are_read_as_on_the_command_line():
    assert parse_one(expected=2, timeout="250ms").timeout_s == 0.25
    assert parse_one(expected=2, timeout=3).timeout_s == 3.0


@pytest.mark.parametrize(
    ("content", "names"),
    [
        ({"name": "a"}, ["t.json", "an object"]),
        ([], ["t.json", "no cases"]),
        ([1], ["case 0", "number 1"]),
        ([{"expected": 1}, "x"], ["case 1", "a text"]),
        ([{"input": 1}], ["case 0", "'expected' or 'error'"]),
        ([{"expected": 1, "error": "X"}], ["case 0", "'expected' or 'error'"]),
        ([{"expected": 1, "expcted": 1}], ["case 0", "key 'expcted'", "unknown"]),
        ([{"expected": 1, "name": 5}], ["case 0", "key 'name'", "number 5"]),
        ([{"expected": 1, "name": ""}], ["case 0", "key 'name'", "an empty text"]),
        ([{"expected": 1, "flow": None}], ["case 0", "key 'flow'", "null"]),
        ([{"expected": 1, "approx": -1}], ["case 0", "key 'approx'", "-1"]),
        ([{"expected": 1, "approx": "x"}], ["case 0", "key 'approx'", "a text"]),
        ([{"error": False}], ["case 0", "key 'error'", "false"]),
        ([{"error": ""}], ["case 0", "key 'error'", "an empty text"]),
        ([{"expected": 1, "timeout": "soon"}], ["case 0", "key 'timeout'", "soon"]),
        ([{"expected": 1, "timeout": 0}], ["case 0", "key 'timeout'", "0"]),
        ([{"expected": 1, "timeout": True}], ["case 0", "key 'timeout'", "true"]),
        (
            [{"expected": 1, "name": "a"}, {"expected": 2, "name": "a"}],
            ["case 1", "key 'name'", "'a'", "twice"],
        ),
    ],
)
def test_a_malformed_file_is_refused_with_case_and_key(content, names):
    with pytest.raises(CaseFileError) as caught:
        parse_cases(content, "t.json")
    for name in names:
        assert name in str(caught.value)


def test_an_expected_error_is_known_by_type_base_class_or_message():
    error = FileNotFoundError("no such star")
    for pattern in (
        "FileNotFoundError",
        "OSError",
        "such star",
        "FileNotFoundError: no such",
        True,
    ):
        assert judge_error(parse_one(error=pattern), error) == ""


def test_another_error_than_the_expected_one_fails_the_case():
    reason = judge_error(parse_one(error="ValueError"), KeyError("x"))
    assert "expected ValueError" in reason
    assert "KeyError" in reason


def test_an_error_where_a_result_was_expected_fails_the_case():
    assert (
        judge_error(parse_one(expected=1), KeyError("x")) == "expected a result, got KeyError: 'x'"
    )


def test_a_result_where_an_error_was_expected_fails_the_case():
    reason, places = judge_result(parse_one(error="ValueError"), 7)
    assert reason == "expected ValueError, got the result 7"
    assert places == []


def test_approx_is_an_absolute_tolerance_and_true_means_six_digits():
    assert judge_result(parse_one(expected=100, approx=0.5), 100.4)[1] == []
    assert judge_result(parse_one(expected=100, approx=0.5), 100.6)[1] != []
    assert judge_result(parse_one(expected=1e9, approx=True), 1e9 + 1)[1] == []
    assert judge_result(parse_one(expected=1e9, approx=False), 1e9 + 1)[1] != []
    assert parse_one(expected=1).tolerance is EXACT


def test_a_filter_finds_names_by_part_or_by_wildcard():
    cases = [Case(name=name, input=None) for name in ("adds", "adds zero", "multiplies")]
    assert [case.name for case in select(cases, None)] == ["adds", "adds zero", "multiplies"]
    assert [case.name for case in select(cases, "adds")] == ["adds", "adds zero"]
    assert [case.name for case in select(cases, "*s")] == ["adds", "multiplies"]
    assert select(cases, "divides") == []
