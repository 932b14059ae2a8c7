"""Real processes on a real disk, killed at random points."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

from holon_actors.distributed.consensus.core.effects import Recovered
from holon_actors.distributed.consensus.storage import LogStore
from holon_actors.storage import OsDisk

CHILD = Path(__file__).with_name("killed_child.py")
SOAK = int(os.environ.get("HOLON_SOAK", "1"))


def acknowledged(folder: Path, count: int) -> int:
    """The last entry that a process told to be durable, which was killed after so many words.

    After the first it reads what is there.
    """
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [sys.executable, str(CHILD), str(folder), str(writing)], pass_fds=[writing]
    )
    os.close(writing)
    told = b""
    with os.fdopen(reading, "rb", buffering=0) as pipe:
        while told.count(b"\n") < count and (more := pipe.read(4096)):
            told += more
        process.kill()
        while more := pipe.read(4096):
            told += more
    assert process.wait() == -9
    return int(told.split()[-1]) if told.split() else 0


async def found(folder: Path) -> Recovered | None:
    disk = OsDisk(folder)
    store = await LogStore.open(disk, "a")
    recovered = store.log("orders").recovered
    if recovered is not None and recovered.snapshot.size:
        state = await store.log("orders").snapshots.load(recovered.snapshot)
        assert state == b"%d" % recovered.snapshot.index
    await store.close()
    disk.close()
    return recovered


async def test_a_process_that_is_killed_at_any_point_has_lost_nothing_that_it_acknowledged(
    tmp_path,
):
    rng = random.Random(5)
    before = 0
    for _ in range(20 * SOAK):
        before = max(before, acknowledged(tmp_path, rng.choice([1, 2, 6, 30, 100])))
        recovered = await found(tmp_path)
        if recovered is None:
            assert before == 0
            continue
        entries = recovered.entries
        first, last = recovered.compacted_index + 1, recovered.compacted_index + len(entries)
        assert last >= before
        assert recovered.snapshot.index <= last
        assert [entry.index for entry in entries] == list(range(first, last + 1))
        assert all(entry.data == b"%d" % entry.index * 50 for entry in entries)
