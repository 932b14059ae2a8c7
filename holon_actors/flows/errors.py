"""What can go wrong with a flow, named for what the caller does next.

A user's own exception is never wrapped or replaced: it surfaces as it was raised, and
`failure_path` tells which node of the composition raised it. Errors about loading a flow
from a file or module are in `loading_errors`.
"""

from __future__ import annotations

from holon_actors.errors import HolonError

_PATH_KEY = "_holon_flow_path"


class FlowInputError(HolonError, TypeError, ValueError):
    """The input does not fit the flow: correct the input, a retry cannot help.

    Attributes: `flow` (its name), `parameter` (name, or None when the input as a whole is
    wrong) and `reason`.
    """

    def __init__(self, flow: str, parameter: str | None, reason: str) -> None:
        self.flow = flow
        self.parameter = parameter
        self.reason = reason
        where = f", parameter {parameter!r}" if parameter else ""
        super().__init__(f"flow {flow!r}{where}: {reason}")


class FlowOutputError(HolonError, ValueError):
    """A flow returned something its surroundings cannot use: correct the flow.

    Attributes: `flow` (its name) and `reason`.
    """

    def __init__(self, flow: str, reason: str) -> None:
        self.flow = flow
        self.reason = reason
        super().__init__(f"flow {flow!r}: {reason}")


class FlowTimeout(HolonError, TimeoutError):
    """A flow took longer than its `timeout` combinator allows.

    Attributes: `flow` (its name) and `seconds` (the limit).
    """

    def __init__(self, flow: str, seconds: float) -> None:
        self.flow = flow
        self.seconds = seconds
        super().__init__(f"flow {flow!r} took longer than {seconds:g} s")


class NotAFlow(HolonError, TypeError):
    """Something that is neither a flow nor callable stands where a flow belongs."""


def failure_path(error: BaseException) -> str | None:
    """The path of the node that raised `error`, such as `pipe[1]/parallel.a/slug`.

    None when the error did not come through a composition.
    """
    path = error.__dict__.get(_PATH_KEY)
    return path if isinstance(path, str) else None


def set_failure_path(error: BaseException, path: str) -> None:
    """Record `path` on `error`; written past `__setattr__`, which a frozen error refuses."""
    error.__dict__[_PATH_KEY] = path


def add_note(error: BaseException, note: str) -> None:
    """Add `note` to the traceback, once.

    Not by the method of that name: it sets an attribute, which a frozen error refuses.
    """
    notes = error.__dict__.setdefault("__notes__", [])
    if note not in notes:
        notes.append(note)
