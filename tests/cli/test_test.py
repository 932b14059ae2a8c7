"""`holon test`."""

import json
from xml.etree import ElementTree as ET

import pytest

GOOD = [
    {"name": "adds", "input": {"x": 5, "y": 3}, "expected": 8},
    {"name": "adds positionals", "input": [1, 2], "expected": 3},
    {"name": "refuses text", "input": ["many", 2], "error": "FlowInputError"},
]
BAD = {"name": "adds badly", "input": [1, 1], "expected": 3}


@pytest.fixture
def cases(write):
    """Write a file of cases; returns the options that name it."""

    def write_cases(content):
        return ["--test-cases", write("cases.json", json.dumps(content))]

    return write_cases


def test_cases_that_pass_are_exit_0(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases(GOOD))
    assert ended.code == 0
    assert [line.split(" (")[0] for line in ended.out.splitlines()[:3]] == [
        "ok      adds",
        "ok      adds positionals",
        "ok      refuses text",
    ]
    assert "3 passed in " in ended.out
    assert ended.err == ""


def test_a_case_that_fails_is_exit_1_with_the_difference(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases([*GOOD, BAD]))
    assert ended.code == 1
    assert ended.out.splitlines()[4:8] == [
        "        the result differs",
        "        at $",
        "          expected: 3",
        "          actual:   2",
    ]
    assert "3 passed, 1 failed in " in ended.out


def test_the_report_for_machines(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases([*GOOD, BAD]), "--json")
    assert ended.code == 1
    report = json.loads(ended.out)
    assert (report["passed"], report["failed"], report["skipped"]) == (3, 1, 0)
    assert report["cases"][3]["differences"] == [{"path": "$", "expected": 3, "actual": 2}]


def test_fail_fast_skips_the_rest_and_junit_says_so(holon, flows_file, cases, tmp_path):
    options = [*cases([BAD, *GOOD]), "--fail-fast", "--junit", "out.xml"]
    ended = holon("test", f"{flows_file}:add", *options)
    assert ended.code == 1
    assert "1 failed, 3 skipped" in ended.out
    suite = ET.parse(tmp_path / "out.xml").find("testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("4", "1", "3")


def test_a_filter_selects_cases(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases([*GOOD, BAD]), "--filter", "positionals")
    assert ended.code == 0
    assert "1 passed" in ended.out


def test_a_filter_that_selects_nothing_is_exit_2(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases(GOOD), "--filter", "divides")
    assert ended.code == 2
    assert "'divides'" in ended.err


def test_a_case_may_name_another_flow_of_the_file(holon, flows_file, cases):
    content = [
        {"flow": "shout", "input": "a", "expected": "A"},
        {"flow": "greet", "expected": "hello you"},
        {"flow": "add", "input": [1, 2], "expected": 3},
    ]
    assert holon("test", flows_file, *cases(content)).code == 0
    content[1]["flow"] = "gret"
    ended = holon("test", flows_file, *cases(content))
    assert ended.code == 3
    assert "did you mean 'greet'" in ended.err


def test_a_case_without_input_for_a_flow_that_needs_some_fails(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases([{"expected": 1}]))
    assert ended.code == 1
    assert "needs input for x, y" in ended.out


def test_an_error_where_a_result_was_expected_fails_the_case(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:fail", *cases([{"input": "a", "expected": 1}]))
    assert ended.code == 1
    assert "expected a result, got KeyError: 'a'" in ended.out


@pytest.mark.parametrize("limit", [{"timeout": "20ms"}, {}])
def test_a_case_that_takes_too_long_fails(holon, flows_file, cases, limit):
    options = [*cases([{"input": 1, "expected": 1, **limit}]), "--case-timeout", "50ms"]
    ended = holon("test", f"{flows_file}:wait_for_ever", *options)
    assert ended.code == 1
    assert "did not finish within" in ended.out


def test_a_timeout_can_be_what_a_case_expects(holon, flows_file, cases):
    options = cases([{"input": 1, "error": "TimeoutError", "timeout": "20ms"}])
    assert holon("test", f"{flows_file}:wait_for_ever", *options).code == 0


def test_a_run_that_takes_too_long_is_exit_124(holon, flows_file, cases):
    options = [*cases([{"input": 1, "expected": 1}]), "--timeout", "50ms"]
    ended = holon("test", f"{flows_file}:wait_for_ever", *options)
    assert ended.code == 124
    assert ended.err == "error: the test run did not finish within 0.05s\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "not JSON"),
        ("{}", "not a list"),
        ("[]", "no cases"),
        ('[{"input": 1, "expected": 1}, {"inptu": 2, "expected": 1}]', "case 1, key 'inptu'"),
        ('[{"name": "x"}]', "case 0"),
    ],
)
def test_a_malformed_file_of_cases_is_exit_2(holon, flows_file, write, text, says):
    write("cases.json", text)
    ended = holon("test", f"{flows_file}:add", "--test-cases", "cases.json")
    assert ended.code == 2
    (line,) = ended.err.splitlines()
    assert "'cases.json'" in line
    assert says in line


def test_a_missing_file_of_cases_is_exit_3(holon, flows_file):
    ended = holon("test", f"{flows_file}:add", "--test-cases", "nowhere.json")
    assert ended.code == 3
    assert "test cases 'nowhere.json': no such file" in ended.err


def test_a_file_of_cases_that_is_too_large_is_exit_2(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases(GOOD), "--max-input", "10B")
    assert ended.code == 2
    assert "larger than 10 bytes" in ended.err


def test_a_hopeless_report_is_refused_before_the_run(holon, flows_file, cases):
    ended = holon("test", f"{flows_file}:add", *cases(GOOD), "--junit", "no/out.xml")
    assert ended.code == 3
    assert "--junit 'no/out.xml'" in ended.err
