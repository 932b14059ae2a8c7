from __future__ import annotations

import asyncio
from typing import Any

import pytest
from holon_transports.codec import dumps
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus import NotYet, StateMachine
from holon_actors.distributed.consensus.commands import sessions as sessions_module
from holon_actors.distributed.consensus.commands.applying import (
    Applier,
    UnreadableEntry,
    UnreadableSnapshot,
    framed,
)
from holon_actors.distributed.consensus.commands.commands import (
    Body,
    clock_entry,
    close_entry,
    command_entry,
    open_entry,
    read_entry,
)
from holon_actors.distributed.consensus.commands.outcomes import (
    EXPIRED,
    NOT_YET,
    STALE,
    Failure,
    Refusal,
)
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.core.reasons import BUSY

RAISED = {"memory": MemoryError, "cancel": asyncio.CancelledError, "wait": NotYet}
ALONE = Configuration(voters=("a",), addresses=(("a", "sim://a"),))


class Adder(StateMachine):
    """Adds; notes the times it is told."""

    def __init__(self) -> None:
        self.total = 0
        self.times: list[float] = []

    def apply(self, command: Any) -> Any:
        if command == "fail":
            self.total += 1000
            raise RuntimeError("no")
        if command == "memory":
            raise MemoryError
        if command == "cancel":
            raise asyncio.CancelledError
        self.total += command
        return self.total

    def query(self, request: Any) -> Any:
        if request in RAISED:
            raise RAISED[request]
        return self.total + request

    def snapshot(self) -> Any:
        return [self.total, self.times]

    def restore(self, state: Any) -> None:
        self.total, self.times = state

    def advance(self, now: float) -> None:
        self.times.append(now)

    def deadline(self) -> float | None:
        return 5.0


class Log:
    """Feeds an applier with entries of one term."""

    def __init__(self, applier: Applier | None = None) -> None:
        self.applier = applier or Applier(Adder(), ALONE)

    def add(self, data: bytes, kind: int = EntryKind.COMMAND, **options: Any) -> list[Any]:
        return self.applier.apply(Entry(self.applier.index + 1, 1, kind, data), **options)

    def open(self, sessions_max: int = 10) -> int:
        (number,) = self.add(open_entry(sessions_max, 0.0))
        return number

    def commands(self, session: int, commands: dict[int, Any], below: int = 1, **o: Any) -> Any:
        return self.add(entry_of(session, commands, below, **o))


def entry_of(session: int, commands: dict[int, Any], below: int = 1, **options: Any) -> bytes:
    body = Body(10**6)
    for sequence, value in commands.items():
        body.add(sequence, value)
    stamp, left_out = options.get("stamp", 0.0), options.get("left_out", ())
    return command_entry(session, below, stamp, left_out, body.data())


def snapshot_of(applier: Applier) -> bytes:
    return b"".join(applier.parts())


def restored(data: bytes, configuration: Configuration = ALONE) -> Applier:
    applier = Applier(Adder(), Configuration())
    read = lambda offset, size: data[offset : offset + size]  # noqa: E731
    for _ in applier.restoring(read, len(data), configuration):
        pass
    return applier


def test_a_command_that_comes_twice_is_applied_once_and_answered_alike() -> None:
    log = Log()
    session = log.open()
    assert log.commands(session, {1: 5, 2: 6}) == [5, 11]
    assert log.commands(session, {1: 5, 2: 6}) == [5, 11]
    assert log.commands(session, {2: 6, 3: 1}) == [11, 12]
    assert log.applier.query(0) == 12


def test_sessions_do_not_share_their_numbers() -> None:
    log = Log()
    one, other = log.open(), log.open()
    assert log.commands(one, {1: 5}) == [5]
    assert log.commands(other, {1: 5}) == [10]


def test_a_command_below_what_the_client_waits_for_is_not_applied_again() -> None:
    log = Log()
    session = log.open()
    log.commands(session, {1: 5})
    log.commands(session, {2: 5}, below=2)
    assert log.commands(session, {1: 5}) == [Refusal(STALE, "", unknown=True)]
    assert log.applier.query(0) == 10


def test_what_was_left_out_is_not_applied() -> None:
    log = Log()
    session = log.open()
    outcomes = log.commands(session, {1: 5, 2: 7}, left_out=[1])
    assert outcomes[1] == 7
    assert isinstance(outcomes[0], Refusal)


def test_a_forgotten_client_is_told_so_and_changes_nothing() -> None:
    log = Log()
    session = log.open(sessions_max=1)
    log.open(sessions_max=1)
    assert log.commands(session, {1: 5, 2: 6}) == [Refusal(EXPIRED, "", unknown=False)] * 2
    assert log.applier.query(0) == 0


def test_a_client_that_says_goodbye_is_forgotten() -> None:
    log = Log()
    session = log.open()
    log.add(close_entry(session, 0.0))
    assert log.applier.sessions == 0
    assert log.commands(session, {1: 5})[0].reason == EXPIRED


def test_a_client_with_too_many_results_has_to_fetch_some(monkeypatch) -> None:
    monkeypatch.setattr(sessions_module, "RESULTS_MAX", 2)
    log = Log()
    session = log.open()
    outcomes = log.commands(session, {1: 1, 2: 1, 3: 1})
    assert outcomes[:2] == [1, 2]
    assert outcomes[2].reason == BUSY
    assert log.commands(session, {3: 1}, below=2) == [3]


def test_a_command_that_raises_is_a_result_and_the_log_goes_on() -> None:
    log = Log()
    session = log.open()
    failed = Failure("RuntimeError", "no")
    assert log.commands(session, {1: "fail", 2: 1}) == [failed, 1001]
    assert log.commands(session, {1: "fail"}) == [failed], "it is not tried again"
    assert log.applier.query(0) == 1001


def test_a_lack_of_memory_is_no_result() -> None:
    log = Log()
    session = log.open()
    with pytest.raises(MemoryError):
        log.commands(session, {1: "memory"})


def test_a_query_that_lacks_memory_fails_alone() -> None:
    assert Log().applier.query("memory").type_name == "MemoryError"


def test_a_command_that_was_cancelled_within_is_a_result_like_others() -> None:
    log = Log()
    session = log.open()
    assert log.commands(session, {1: "cancel", 2: 1}) == [Failure("CancelledError", ""), 1]
    assert log.applier.query("cancel").type_name == "CancelledError"


def test_a_query_may_have_no_answer_yet() -> None:
    assert Log().applier.query("wait") == Refusal(NOT_YET, "", unknown=False)


def test_a_query_that_raises_fails_alone() -> None:
    assert Log().applier.query(None).type_name == "TypeError"


def test_time_comes_from_the_log_and_never_goes_back() -> None:
    log = Log()
    machine = log.applier._machine
    log.add(clock_entry(1.5))
    log.add(clock_entry(1.0))
    log.add(clock_entry(1.5))
    session = log.open()
    log.commands(session, {1: 1}, stamp=2.0)
    assert machine.times == [1.5, 2.0]
    assert log.applier.now == 2.0
    assert log.applier.deadline() == 5.0


def test_configurations_count_where_they_are() -> None:
    log = Log()
    other = Configuration(voters=("a", "b"), addresses=(("a", "sim://a"), ("b", "sim://b")))
    log.add(other.encode(), EntryKind.CONFIGURATION)
    log.add(b"", EntryKind.NOOP)
    assert log.applier.configuration == other
    assert log.applier.index == 2


def test_an_entry_that_cannot_be_read_is_not_passed_over() -> None:
    log = Log()
    with pytest.raises(UnreadableEntry, match="entry 1"):
        log.add(b"\xff\xff")
    assert log.applier.index == 0


def test_what_an_entry_means_is_not_read_twice() -> None:
    log = Log()
    session = log.open()
    data = entry_of(session, {1: 5})
    assert log.add(b"not looked at", read=read_entry(data)) == [5]


COMMANDS = st.lists(
    st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(1, 4), st.integers(0, 9)),
    max_size=20,
)


@given(COMMANDS, st.integers(0, 20))
def test_a_snapshot_at_any_point_changes_nothing(commands, cut) -> None:
    log = Log()
    log.open()
    log.open()
    other = Log(restored(snapshot_of(log.applier)))
    for number, (session, sequence, below, value) in enumerate(commands):
        entry = entry_of(session, {sequence: value}, below, stamp=float(value))
        assert log.add(entry) == other.add(entry)
        if number == cut:
            other = Log(restored(snapshot_of(other.applier)))
    assert snapshot_of(log.applier) == snapshot_of(other.applier)


def test_the_state_in_a_snapshot_is_that_of_the_call() -> None:
    log = Log()
    session = log.open()
    log.commands(session, {1: 5})
    parts = log.applier.parts()
    log.commands(session, {2: 5})
    applier = restored(b"".join(parts))
    assert applier.query(0) == 5
    assert (applier.index, applier.term) == (2, 1)
    assert Log(applier).commands(session, {2: 5}) == [10]


class InParts(Adder):
    def snapshot_parts(self) -> Any:
        total = self.total
        yield from (total // 2, total - total // 2)

    def restore_parts(self, parts: Any) -> None:
        self.total = sum(parts)


def test_a_large_state_goes_in_parts_that_are_made_when_they_are_fetched() -> None:
    log = Log(Applier(InParts(), ALONE))
    session = log.open()
    log.commands(session, {1: 7})
    parts = list(log.applier.parts())
    assert len(parts) == 2
    applier = Applier(InParts(), ALONE)
    data = b"".join(parts)
    for _ in applier.restoring(lambda at, size: data[at : at + size], len(data), ALONE):
        pass
    assert applier.query(0) == 7


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0",
        framed(b"\xff"),
        framed(dumps([1, 2])),
        framed(dumps([99, 1, 1, 0.0, []])),
        framed(dumps([1, 1, 1, 0.0, [[1]]])),
        framed(dumps([1, 1, 1, 0.0, []]))[:-1],
    ],
)
def test_a_snapshot_that_means_nothing_here_is_refused(data: bytes) -> None:
    with pytest.raises(UnreadableSnapshot):
        restored(data)
