"""The report of `holon test`."""

import json
from xml.etree import ElementTree as ET

from holon_actors.cli.difference import MISSING, Difference
from holon_actors.cli.outcomes import Outcome, as_data, as_junit, as_lines, counts

PASSED = Outcome(name="good", flow="add", status="passed", duration_s=0.5)
FAILED = Outcome(
    name="bad",
    flow="add",
    status="failed",
    duration_s=0.25,
    reason="the result differs",
    places=[Difference("$.x", 1, 2), Difference("$.y", MISSING, None)],
)
SKIPPED = Outcome(name="late", flow="add", status="skipped")
ALL = [PASSED, FAILED, SKIPPED]


def test_outcomes_are_counted_by_status():
    assert counts(ALL) == {"passed": 1, "failed": 1, "skipped": 1}


def test_a_failed_case_shows_where_and_what():
    assert list(as_lines(ALL)) == [
        "ok      good (500 ms)",
        "FAILED  bad (250 ms)",
        "        the result differs",
        "        at $.x",
        "          expected: 1",
        "          actual:   2",
        "        at $.y",
        "          expected: (nothing there)",
        "          actual:   null",
        "skipped late (0 ms)",
        "1 passed, 1 failed, 1 skipped in 0.75s",
    ]


def test_a_huge_value_is_cut_in_the_report_for_people():
    place = Difference("$", "x" * 10_000, "y")
    outcome = Outcome(
        name="big", flow="f", status="failed", reason="the result differs", places=[place]
    )
    assert max(len(line) for line in as_lines([outcome])) < 400


def test_the_machine_report_tells_null_from_nothing():
    data = json.loads(json.dumps(as_data(ALL)))
    assert data["failed"] == 1
    assert data["cases"][1]["differences"] == [
        {"path": "$.x", "expected": 1, "actual": 2},
        {"path": "$.y", "actual": None},
    ]


def test_junit_counts_and_names_every_case():
    suite = ET.fromstring(as_junit(ALL, "t.json")).find("testsuite")
    assert suite.attrib | {"time": ""} == {
        "name": "t.json", "tests": "3", "failures": "1", "errors": "0", "skipped": "1", "time": "",
    }  # fmt: skip
    assert [case.get("name") for case in suite] == ["good", "bad", "late"]
    failure = suite[1].find("failure")
    assert failure.get("message") == "the result differs"
    assert "at $.x" in failure.text
    assert suite[2].find("skipped") is not None


def test_junit_stays_xml_whatever_a_message_contains():
    nasty = Outcome(name='<&"\x00\x1b', flow="\ud800", status="failed", reason="]]>\x07", places=[])
    case = ET.fromstring(as_junit([nasty], "\x01")).find("testsuite/testcase")
    assert case.get("name") == '<&"\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}'
