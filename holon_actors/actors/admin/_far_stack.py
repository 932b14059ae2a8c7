"""The stack of an actor's process, from what its interpreter has written (see `process.looks`)."""

from __future__ import annotations

import linecache
import re

from holon_actors.actors.admin._stacks import is_call_of_user_code
from holon_actors.actors.admin.messages import Stack, StackFrame

__all__ = ["stack_from"]

_FRAME = re.compile(r'  File "(?P<file>.*)", line (?P<line>\d+) in (?P<function>.+)')
_CODE_MAX = 200
_WAITING = ("select", "_run_once", "run_forever")  # in these, no handler runs


def stack_from(text: str, pid: int) -> Stack:
    """The stack of the main thread, which runs the handlers; it is written last, innermost call
    first.
    """
    blocks = text.strip().split("\n\n")
    lines = blocks[-1].splitlines()
    calls = [found.groups() for found in map(_FRAME.fullmatch, reversed(lines)) if found]
    if not calls:
        return Stack("process", [], f"process {pid}, which does not answer")
    if calls[-1][2] in _WAITING:
        return Stack("process", [], f"something, in the event loop of process {pid}")
    for index in range(len(calls) - 1, -1, -1):
        if is_call_of_user_code(calls[index][0], calls[index][2]) and calls[index + 1 :]:
            return Stack("process", [_frame(*call) for call in calls[index + 1 :]])
    return Stack("process", [_frame(*call) for call in calls])


def _frame(file: str, line: str, function: str) -> StackFrame:
    code = linecache.getline(file, int(line)).strip()[:_CODE_MAX]
    return StackFrame(file=file, line=int(line), function=function, code=code)
