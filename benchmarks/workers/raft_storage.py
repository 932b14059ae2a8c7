"""Where a Raft log is kept: Holon's append-only store, and the same records as rows of SQLite.

Both make a record durable before it counts as written: fdatasync here, WAL with synchronous=FULL
there, each off the event loop in a thread of its own as a member needs it. Entries are 200 bytes.

Work: `one`, `batch`, `large`: durable entries per second in batches of 1, 32 and 1,000, one batch
at a time; `latency`: the median of single appends in seconds. Option: `sqlite`.

    python -m benchmarks.workers.raft_storage batch 20000 sqlite
"""

import asyncio
import sqlite3
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

from benchmarks.workers._serve import options, serve
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import Entry, SnapshotMeta
from holon_actors.distributed.consensus.storage import LogStore
from holon_actors.distributed.consensus.wire.packing import pack_entries
from holon_actors.storage import OsDisk

DATA = bytes(range(200))
GENESIS = SnapshotMeta(0, 0, Configuration(("a",)))


class Ours:
    """The store of Holon."""

    async def open(self, folder: str) -> None:
        """Begin a log."""
        self.disk = OsDisk(folder)
        self.store = await LogStore.open(self.disk, "a")
        self.log = self.store.log("group")
        self.log.append(Record(1, 0, None, 0, snapshot=GENESIS, reset=True))

    async def put(self, number: int, entries: tuple[Entry, ...]) -> None:
        """One durable record."""
        self.log.append(Record(number, 1, "a", 0, entries))
        await self.log.sync()

    async def close(self) -> None:
        """Let go of the folder."""
        await self.store.close()
        self.disk.close()


class Sqlite:
    """A table of records."""

    async def open(self, folder: str) -> None:
        """Begin a database."""
        self.pool = ThreadPoolExecutor(1)
        self.loop = asyncio.get_running_loop()
        await self.loop.run_in_executor(self.pool, self._open, str(Path(folder) / "log.db"))

    async def put(self, number: int, entries: tuple[Entry, ...]) -> None:
        """One durable transaction."""
        row = (number, 1, "a", 0, pack_entries(entries))
        await self.loop.run_in_executor(self.pool, self._put, row)

    async def close(self) -> None:
        """Let go of the database."""
        await self.loop.run_in_executor(self.pool, self.database.close)
        self.pool.shutdown()

    def _open(self, path: str) -> None:
        self.database = sqlite3.connect(path, isolation_level=None)
        self.database.execute("PRAGMA journal_mode=WAL")
        self.database.execute("PRAGMA synchronous=FULL")
        self.database.execute(
            "CREATE TABLE log (number INTEGER PRIMARY KEY, term, vote, committed, entries)"
        )

    def _put(self, row: tuple[int, int, str, int, bytes]) -> None:
        self.database.execute("INSERT INTO log VALUES (?, ?, ?, ?, ?)", row)


def one(count: int) -> float:
    """Durable entries per second, each on its own."""
    return count / sum(_times(count, 1))


def batch(count: int) -> float:
    """Durable entries per second in batches of 32."""
    return count / sum(_times(count, 32))


def large(count: int) -> float:
    """Durable entries per second in batches of 1,000."""
    return count / sum(_times(count, 1_000))


def latency(count: int) -> float:
    """The median of single appends, in seconds."""
    return statistics.median(_times(count, 1))


def _times(count: int, size: int) -> list[float]:
    """How long each batch took."""
    return asyncio.run(_run(count, size))


async def _run(count: int, size: int) -> list[float]:
    log = Sqlite() if "sqlite" in options() else Ours()
    with tempfile.TemporaryDirectory() as folder:
        await log.open(folder)
        times = []
        for number in range(2, count // size + 2):
            first = (number - 2) * size + 1
            entries = tuple(Entry(first + at, 1, 0, DATA) for at in range(size))
            started = perf_counter()
            await log.put(number, entries)
            times.append(perf_counter() - started)
        await log.close()
        return times


if __name__ == "__main__":
    serve({"one": one, "batch": batch, "large": large, "latency": latency})
