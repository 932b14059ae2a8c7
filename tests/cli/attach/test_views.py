"""How answers look to a person."""

import pytest

from holon_actors.actors.admin import (
    ActorDetail,
    ActorRow,
    Event,
    LoopBlocked,
    Stack,
    StackFrame,
    TraceRecord,
)
from holon_actors.cli.attach.views import (
    age_text,
    blocked_text,
    detail_text,
    event_text,
    record_text,
    row_cells,
    stack_text,
    tree_text,
)


def row(path, **facts):
    default = {
        "kind": "A",
        "state": "running",
        "mailbox_depth": 0,
        "processed": 0,
        "restarts": 0,
        "current_message": None,
        "current_age": None,
        "oldest_age": None,
        "children": 0,
    }
    return ActorRow(path, **(default | facts))


STACK = Stack("task", [StackFrame("/app/bank.py", 7, "Account.receive", "await x")], "a future")


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.0000051, "5us"),
        (0.25, "250ms"),
        (1.25, "1.2s"),
        (59.94, "59.9s"),
        (61, "1m01s"),
        (7322, "2h02m"),
    ],
)
def test_a_duration_takes_a_few_characters(seconds, text):
    assert age_text(seconds) == text


def test_a_tree_is_drawn_with_its_branches():
    rows = [
        row("/user/a", children=1),
        row("/user/a/b", mailbox_depth=3),
        row("/user/c", current_message="Deposit", current_age=1.5, state="failed"),
        row("/system/admin"),
    ]
    assert tree_text(rows).splitlines() == [
        "/user",
        "├─ a  A",
        "│  └─ b  A, 3 unread",
        "└─ c  A, failed, handling Deposit for 1.5s",
        "/system",
        "└─ admin  A",
    ]


def test_a_subtree_begins_at_its_own_root():
    rows = [row("/user/a/b"), row("/user/a/b/c")]
    assert tree_text(rows).splitlines() == ["/user/a", "└─ b  A", "   └─ c  A"]


def test_a_very_deep_tree_is_drawn():
    paths = ["/user" + "/x" * depth for depth in range(1, 2_000)]
    assert len(tree_text([row(path) for path in paths]).splitlines()) == 2_000


def test_a_row_of_the_table():
    cells = row_cells(row("/user/a", mailbox_depth=2, oldest_age=0.5))
    assert (cells["path"], cells["unread"], cells["oldest"]) == ("/user/a", 2, "500ms")


def test_a_stack_reads_like_a_traceback():
    assert stack_text(STACK).splitlines() == [
        "  /app/bank.py:7 in Account.receive",
        "      await x",
        "  waits for a future",
    ]
    assert stack_text(Stack("task")) == "  (no stack)"


def test_one_actor_in_full_leaves_out_what_there_is_nothing_of():
    detail = ActorDetail(
        row=row("/user/a", current_message="Deposit", current_age=2.0),
        address="holon://bank/user/a#3",
        class_name="bank.Account",
        mailbox="Unbounded()",
        dispatcher="loop",
        supervision="OneForOne",
        stashed=0,
        timers=0,
        watchers=0,
        watching=[],
        groups=[],
        last_failure="restart: boom\nline two",
        stack=STACK,
    )
    text = detail_text(detail)
    assert "holon://bank/user/a#3" in text
    assert "stashed" not in text
    assert "  line two" in text.splitlines()
    assert "stack (task)" in text


def test_a_blocked_loop_names_who_and_where():
    blocked = LoopBlocked("/user/hog", "Work", 3.21, STACK)
    lines = blocked_text("bank", blocked).splitlines()
    assert lines[0] == "the event loop of bank has been blocked for 3.2s by /user/hog handling Work"
    assert "bank.py:7" in lines[1]


def test_a_record_and_an_event_are_one_line_that_drives_no_terminal():
    record = TraceRecord(0.0, "-", "/user/a", "tell", "'\x1b[31m\n'", "handled", 0.001)
    text = record_text(record, "12:00:00")
    assert text == "12:00:00 - -> /user/a tell '\\x1b[31m ' handled in 1ms"
    event = Event(1, 0.0, "ActorFailed", "/user/a", "boom\n\x07second")
    assert event_text(event, "12:00:00").splitlines() == [
        "12:00:00 ActorFailed /user/a boom",
        "  \\x07second",
    ]
