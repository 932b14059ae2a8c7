"""The stack of a process, from what its interpreter has written."""

from __future__ import annotations

import pytest

from holon_actors.actors import _handling
from holon_actors.actors.admin._far_stack import stack_from

THREAD = """Thread 0x00007f0000000001 (most recent call first):
  File "/app/pool.py", line 3 in work

"""
KERNEL = f'  File "{_handling.__file__}", line 56 in _drive\n'


def test_it_is_the_handlers_part_of_the_main_thread_outermost_call_first():
    text = (
        f"{THREAD}Current thread 0x0000000000000002 (most recent call first):\n"
        '  File "/app/a b.py", line 7 in inner\n'
        '  File "/app/main.py", line 9 in receive\n'
        f'{KERNEL}  File "<string>", line 1 in <module>\n'
    )
    stack = stack_from(text, 7)
    assert [(frame.file, frame.line, frame.function) for frame in stack.frames] == [
        ("/app/main.py", 9, "receive"),
        ("/app/a b.py", 7, "inner"),
    ]
    assert stack.waits_for == ""


def test_of_one_that_waits_in_its_loop_only_that_is_said():
    text = 'Current thread 0x2 (most recent call first):\n  File "selectors.py", line 4 in select\n'
    stack = stack_from(THREAD + text, 7)
    assert stack.frames == []
    assert stack.waits_for == "something, in the event loop of process 7"


def test_where_no_handler_runs_all_is_shown():
    stack = stack_from('Stack:\n  File "x.py", line 4 in f\n', 7)
    assert [frame.function for frame in stack.frames] == ["f"]


@pytest.mark.parametrize("text", ["", "\n\n", "Fatal\n", "\x00\xff", '  File "x", line in\n'])
def test_what_is_no_stack_is_no_answer(text):
    assert stack_from(text, 7).waits_for == "process 7, which does not answer"
