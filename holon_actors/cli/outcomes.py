"""What `holon test` found: an outcome per case, as text, as JSON, as JUnit XML.

Pure: records in, text out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from holon_actors.cli.difference import MISSING, Difference
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.reporting import printable

__all__ = ["Outcome", "Status", "as_data", "as_junit", "as_lines", "counts"]

Status = Literal["passed", "failed", "skipped"]

VALUE_LIMIT = 300


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one case went."""

    name: str
    flow: str
    status: Status
    duration_s: float = 0.0
    reason: str = ""
    places: list[Difference] = field(default_factory=list)


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """How many cases there are of each status."""
    found = Counter(outcome.status for outcome in outcomes)
    return {status: found[status] for status in ("passed", "failed", "skipped")}


def as_lines(outcomes: Sequence[Outcome]) -> Iterator[str]:
    """The report for people: a line per case, and under a failed one why."""
    for outcome in outcomes:
        yield _headline(outcome)
        yield from (f"        {line}" for line in _details(outcome))

    numbers = counts(outcomes)
    total_s = sum(outcome.duration_s for outcome in outcomes)
    summary = ", ".join(f"{count} {status}" for status, count in numbers.items() if count)
    yield f"{summary or 'nothing ran'} in {total_s:.2f}s"


def as_data(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The report in JSON form."""
    return {**counts(outcomes), "cases": [_case_data(outcome) for outcome in outcomes]}


def as_junit(outcomes: Sequence[Outcome], suite: str) -> str:
    """The report as JUnit XML."""
    numbers = counts(outcomes)
    root = Element("testsuites")
    element = SubElement(
        root,
        "testsuite",
        name=_xml(suite),
        tests=str(len(outcomes)),
        failures=str(numbers["failed"]),
        errors="0",
        skipped=str(numbers["skipped"]),
        time=f"{sum(outcome.duration_s for outcome in outcomes):.3f}",
    )
    for outcome in outcomes:
        _add_case(element, outcome)
    indent(root)
    return tostring(root, encoding="unicode", xml_declaration=False)


def _headline(outcome: Outcome) -> str:
    word = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}[outcome.status]
    return f"{word:<7} {printable(outcome.name)} ({outcome.duration_s * 1000:.0f} ms)"


def _details(outcome: Outcome) -> Iterator[str]:
    if outcome.reason:
        yield _cut(printable(outcome.reason))
    for place in outcome.places:
        yield f"at {printable(place.path)}"
        yield f"  expected: {_value(place.expected)}"
        yield f"  actual:   {_value(place.actual)}"


def _value(value: Any) -> str:
    return _cut("(nothing there)" if value is MISSING else dump_json(value))


def _cut(text: str) -> str:
    return text if len(text) <= VALUE_LIMIT else f"{text[:VALUE_LIMIT]}... ({len(text)} characters)"


def _case_data(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "flow": outcome.flow,
        "status": outcome.status,
        "duration_s": round(outcome.duration_s, 6),
        "reason": outcome.reason,
        "differences": [_place_data(place) for place in outcome.places],
    }


def _place_data(place: Difference) -> dict[str, Any]:
    """A side that has nothing there has no key: null would be a value."""
    sides = {"expected": place.expected, "actual": place.actual}
    return {"path": place.path} | {k: v for k, v in sides.items() if v is not MISSING}


def _add_case(parent: Element, outcome: Outcome) -> None:
    case = SubElement(
        parent,
        "testcase",
        name=_xml(outcome.name),
        classname=_xml(outcome.flow),
        time=f"{outcome.duration_s:.3f}",
    )
    if outcome.status == "skipped":
        SubElement(case, "skipped")
    elif outcome.status == "failed":
        failure = SubElement(case, "failure", message=_xml(outcome.reason))
        failure.text = _xml("\n".join(_details(outcome)))


def _xml(text: str) -> str:
    """`text` without the characters XML 1.0 has no way to write."""
    return "".join(c if _is_xml(ord(c)) else "\N{REPLACEMENT CHARACTER}" for c in text)


def _is_xml(code: int) -> bool:
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or (0x10000 <= code <= 0x10FFFF)
    )
