"""PySyncObj with three members in three processes; the load comes from the leader's process.

raft-commit-1000: 1,000 commands of 100 bytes under way at a time, with the period and tick that are
best for that many; stock PySyncObj never flushes its journal. raft-commit: the median seconds from
one command to its result, one at a time, without batching. The option `msync` flushes the journal
after each entry, which makes it as durable as ours; `unsynced` only names the other kind.
"""

import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import Any

from pysyncobj import FAIL_REASON, SyncObj, SyncObjConf, journal, replicated

from benchmarks.workers._serve import options, serve, warm_up_size

PAYLOAD = b"x" * 100
WINDOW = 1_000
_PATIENCE_S = 60.0
_NEVER = 10**9

logging.disable(logging.CRITICAL)


class Counter(SyncObj):  # type: ignore[misc]  # PySyncObj has no types
    """What is replicated: it counts the commands."""

    def __init__(self, own: str, others: list[str], conf: SyncObjConf) -> None:
        super().__init__(own, others, conf)
        self.count = 0

    @replicated  # type: ignore[untyped-decorator]
    def add(self, payload: bytes) -> int:
        self.count += 1
        return self.count


def _flush_each_entry() -> None:
    """Make a journal as durable as its word: an entry is on the disk before it counts."""
    add = journal.FileJournal.add

    def add_and_flush(self: Any, command: Any, index: int, term: int) -> None:
        add(self, command, index, term)
        self.flush()

    journal.FileJournal.add = add_and_flush


def _member(own: str, others: list[str], folder: str, batching: bool, leads: bool) -> Counter:
    if "msync" in options():
        _flush_each_entry()
    patience = 0.4 if leads else 20.0
    return Counter(
        own,
        others,
        SyncObjConf(
            appendEntriesPeriod=0.01,
            autoTickPeriod=0.005,
            appendEntriesUseBatch=batching,
            journalFile=str(Path(folder) / own.replace(":", "-")),
            logCompactionMinEntries=_NEVER,
            logCompactionMinTime=_NEVER,
            raftMinTimeout=patience,
            raftMaxTimeout=patience + 1.0,
            connectionTimeout=patience + 10.0,
            connectionRetryTime=0.1,
        ),
    )


@contextmanager
def _leader(*, batching: bool) -> Iterator[Counter]:
    """This process's member, once it leads two others that run in processes of their own."""
    addresses = [f"127.0.0.1:{port}" for port in _free_ports(3)]
    with tempfile.TemporaryDirectory() as folder:
        processes = [
            subprocess.Popen(
                [sys.executable, "-m", __spec__.name, "member", "0", *options()]
                + [folder, str(int(batching)), address]
                + [other for other in addresses if other != address]
            )
            for address in addresses[1:]
        ]
        leader = _member(addresses[0], addresses[1:], folder, batching, leads=True)
        try:
            _wait_for(lambda: leader._isLeader() and leader.isReady())
            yield leader
        finally:
            leader.destroy_synchronous()
            for process in processes:
                process.kill()
                process.wait()


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = perf_counter() + _PATIENCE_S
    pause = threading.Event()
    while not condition():
        assert perf_counter() < deadline, "the members did not find a leader"
        pause.wait(0.01)


def commit_many(count: int) -> float:
    """Commands per second with many under way."""
    with _leader(batching=True) as leader:
        _run_window(leader, warm_up_size(count))
        started = perf_counter()
        _run_window(leader, count)
        return count / (perf_counter() - started)


def _run_window(leader: Counter, count: int) -> None:
    """Each result sends the next command, from PySyncObj's own thread."""
    done = threading.Event()
    left = [count, count]  # to send, to hear of

    def heard(_result: Any, error: int) -> None:
        assert error == FAIL_REASON.SUCCESS, error
        left[1] -= 1
        if left[1] == 0:
            done.set()
        elif left[0] > 0:
            left[0] -= 1
            leader.add(PAYLOAD, callback=heard)

    first = min(WINDOW, count)
    left[0] -= first
    for _ in range(first):
        leader.add(PAYLOAD, callback=heard)
    assert done.wait(_PATIENCE_S), left


def commit_one(count: int) -> float:
    """Median seconds of a command on its own."""
    with _leader(batching=False) as leader:
        _one_by_one(leader, warm_up_size(count))
        return statistics.median(_one_by_one(leader, count))


def _one_by_one(leader: Counter, count: int) -> list[float]:
    """How long each took, sent from the thread that is free first: PySyncObj's own."""
    took: list[float] = []
    done = threading.Event()
    started = perf_counter()

    def heard(_result: Any, error: int) -> None:
        nonlocal started
        assert error == FAIL_REASON.SUCCESS, error
        now = perf_counter()
        took.append(now - started)
        if len(took) == count:
            done.set()
        else:
            started = perf_counter()
            leader.add(PAYLOAD, callback=heard)

    leader.add(PAYLOAD, callback=heard)
    assert done.wait(_PATIENCE_S), len(took)
    return took


def member() -> None:
    """One of the two others."""
    *_, folder, batching, own, first, second = sys.argv
    _member(own, [first, second], folder, bool(int(batching)), leads=False)
    threading.Event().wait()


if __name__ == "__main__":
    if sys.argv[1] == "member":
        member()
    else:
        serve({"raft-commit-1000": commit_many, "raft-commit": commit_one})
