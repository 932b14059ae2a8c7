"""Errors that only the command line meets: its input, its output, and how a run ended.

`exits.py` gives each its exit code. Errors of flows and runtime keep their own classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from holon_actors.errors import HolonError

if TYPE_CHECKING:
    from holon_actors.runtime import Span

__all__ = [
    "CaseFileError",
    "FlowFailed",
    "FlowTimedOut",
    "InputMissing",
    "InputRejected",
    "Interrupted",
    "OutputRejected",
    "ResultNotJson",
]


class InputMissing(HolonError, FileNotFoundError):
    """A file the command was given cannot be read: correct the path."""

    def __init__(self, what: str, path: str, reason: str) -> None:
        super().__init__(f"{what} {path!r}: {reason}")
        self.what = what
        self.path = path
        self.reason = reason


class InputRejected(HolonError, ValueError):
    """Input was read and is not usable: correct what `where` names."""

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(f"{where}: {reason}")
        self.where = where
        self.reason = reason


class CaseFileError(InputRejected):
    """A file of test cases is malformed: correct the case and key that `where` names."""


class OutputRejected(HolonError, OSError):
    """A file cannot be written where it was asked for: choose another place for `option`."""

    def __init__(self, option: str, path: str, reason: str) -> None:
        super().__init__(f"{option} {path!r}: {reason}")
        self.option = option
        self.path = path
        self.reason = reason


class ResultNotJson(HolonError, TypeError):
    """A flow's result has no JSON form: return plain data, or convert it in the flow."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"the result is not JSON at {path}: {reason}")
        self.path = path
        self.reason = reason


class FlowFailed(HolonError):
    """A flow raised. The flow's own error is the cause; `spans` are those of a traced run."""

    def __init__(
        self, flow: str, error: BaseException, where: str, spans: tuple[Span, ...] = ()
    ) -> None:
        super().__init__(_failure(flow, error, where))
        self.flow = flow
        self.error = error
        self.where = where
        self.spans = spans


class FlowTimedOut(HolonError, TimeoutError):
    """The time given by `--timeout` ran out; `spans` are those of a traced run."""

    def __init__(self, what: str, timeout_s: float, spans: tuple[Span, ...] = ()) -> None:
        super().__init__(f"{what} did not finish within {timeout_s:g}s")
        self.what = what
        self.timeout_s = timeout_s
        self.spans = spans


class Interrupted(HolonError):
    """A signal asked the command to end, and it ended cleanly."""

    def __init__(self, signal_number: int) -> None:
        super().__init__("interrupted")
        self.signal_number = signal_number


def _failure(flow: str, error: BaseException, where: str) -> str:
    at = f" at {where}" if where else ""
    if isinstance(error, HolonError):  # its text names the flow already
        return f"{error}{at}"
    text = str(error)
    detail = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return f"flow {flow!r} failed{at}: {detail}"
