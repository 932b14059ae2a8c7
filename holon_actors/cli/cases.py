"""Test cases: what one is, how a file of them is read, and whether an outcome satisfies one.

Pure: JSON in, `Case` and `Verdict` records out. Running the flow is not done here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from holon_actors.cli.difference import EXACT, MISSING, Difference, Tolerance, differences
from holon_actors.cli.errors import CaseFileError
from holon_actors.cli.jsonable import dump_json
from holon_actors.errors import ConfigError
from holon_actors.runtime.units import parse_duration

__all__ = [
    "AnyError",
    "Case",
    "ErrorPattern",
    "judge_error",
    "judge_result",
    "parse_cases",
    "select",
]

KEYS = frozenset({"name", "input", "expected", "error", "approx", "flow", "timeout"})

# What `"approx": true` means: six digits, as test frameworks commonly have it.
USUAL_TOLERANCE = Tolerance(relative=1e-6, absolute=1e-12)


@dataclass(frozen=True)
class ErrorPattern:
    """The error a case expects: a type name, or a part of "Type: message". Empty fits any error."""

    text: str = ""

    def fits(self, error: BaseException) -> bool:
        """Whether `error`, or a class it derives from, is meant."""
        names = {kind.__name__ for kind in type(error).__mro__}
        return self.text in names or self.text in f"{type(error).__name__}: {error}"


AnyError = ErrorPattern()


@dataclass(frozen=True, kw_only=True)
class Case:
    """One input and what must come of it: `expected`, or `error` when that is not None.

    An `input` of MISSING leaves the flow's parameters at their defaults.
    """

    name: str
    input: Any
    expected: Any = None
    error: ErrorPattern | None = None
    tolerance: Tolerance = EXACT
    flow: str | None = None
    timeout_s: float | None = None


def parse_cases(content: Any, where: str) -> list[Case]:
    """The cases in a parsed file. Raises CaseFileError that names case and key."""
    if not isinstance(content, list):
        raise CaseFileError(where, f"not a list of cases but {_kind(content)}")
    if not content:
        raise CaseFileError(where, "has no cases")

    cases = [_parse(entry, index, where) for index, entry in enumerate(content)]
    seen: set[str] = set()
    for index, case in enumerate(cases):
        if case.name in seen:
            raise CaseFileError(
                f"{where}, case {index}, key 'name'", f"{case.name!r} is used twice"
            )
        seen.add(case.name)
    return cases


def select(cases: list[Case], pattern: str | None) -> list[Case]:
    """The cases whose name contains `pattern`, or matches it where it has a wildcard."""
    if pattern is None:
        return cases
    wanted = pattern if set(pattern) & set("*?[") else f"*{pattern}*"
    return [case for case in cases if fnmatchcase(case.name, wanted)]


def judge_result(case: Case, result: Any) -> tuple[str, list[Difference]]:
    """Why `result`, in JSON form, fails `case`: a reason and the places. Both empty: it passes."""
    if case.error is not None:
        return f"expected {_wanted(case.error)}, got the result {dump_json(result)}", []
    found = differences(case.expected, result, case.tolerance)
    return ("the result differs" if found else ""), found


def judge_error(case: Case, error: BaseException) -> str:
    """Why `error` fails `case`; empty when it is the expected one."""
    came = f"{type(error).__name__}: {error}"
    if case.error is None:
        return f"expected a result, got {came}"
    return "" if case.error.fits(error) else f"expected {_wanted(case.error)}, got {came}"


def _wanted(pattern: ErrorPattern) -> str:
    return pattern.text or "any error"


def _parse(entry: Any, index: int, where: str) -> Case:
    place = f"{where}, case {index}"
    if not isinstance(entry, dict):
        raise CaseFileError(place, f"not an object but {_kind(entry)}")
    _check_keys(entry, place)
    return Case(
        name=_text(entry, "name", place) or f"case {index}",
        input=entry.get("input", MISSING),
        expected=entry.get("expected"),
        error=_error(entry, place),
        tolerance=_tolerance(entry, place),
        flow=_text(entry, "flow", place),
        timeout_s=_timeout(entry, place),
    )


def _check_keys(entry: Mapping[str, Any], place: str) -> None:
    for key in entry:
        if key not in KEYS:
            known = ", ".join(sorted(KEYS))
            raise CaseFileError(f"{place}, key {key!r}", f"unknown; keys are {known}")
    if ("expected" in entry) == ("error" in entry):
        raise CaseFileError(place, "needs either 'expected' or 'error'")


def _text(entry: Mapping[str, Any], key: str, place: str) -> str | None:
    value = entry.get(key)
    if key in entry and (not isinstance(value, str) or not value):
        raise CaseFileError(f"{place}, key {key!r}", f"not a text but {_kind(value)}")
    return value


def _error(entry: Mapping[str, Any], place: str) -> ErrorPattern | None:
    if "error" not in entry:
        return None
    value = entry["error"]
    if value is True:
        return AnyError
    if isinstance(value, str) and value:
        return ErrorPattern(value)
    raise CaseFileError(f"{place}, key 'error'", f"not a text or true but {_kind(value)}")


def _tolerance(entry: Mapping[str, Any], place: str) -> Tolerance:
    value = entry.get("approx", False)
    if isinstance(value, bool):
        return USUAL_TOLERANCE if value else EXACT
    if isinstance(value, (int, float)) and value >= 0:
        return Tolerance(absolute=value)
    raise CaseFileError(f"{place}, key 'approx'", f"not a tolerance or true but {_kind(value)}")


def _timeout(entry: Mapping[str, Any], place: str) -> float | None:
    if "timeout" not in entry:
        return None
    where = f"{place}, key 'timeout'"
    value = entry["timeout"]
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise CaseFileError(where, f"not a duration but {_kind(value)}")
    try:
        seconds = parse_duration(value)
    except ConfigError as error:
        raise CaseFileError(where, str(error)) from error

    if seconds <= 0:
        raise CaseFileError(where, f"{value!r} is not longer than zero")
    return seconds


def _kind(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "a list"
        case str():
            return "a text" if value else "an empty text"
        case _:
            return f"the number {value}"
