"""The start of a member of Holon's Raft with a long log and no snapshot.

raft-restart: seconds from the start to the answer to a linearizable read, so with all of the log
read, checked and applied. The size is the number of entries, each with one command of 100 bytes.
The group has this one member, so that nothing else is waited for.
"""

import tempfile
from collections.abc import Iterator
from time import perf_counter

from benchmarks.workers._raft import PATIENCE_S, PAYLOAD, Count, free_ports
from benchmarks.workers._serve import on_loop, serve
from holon_actors.distributed.consensus import RaftGroup, RaftSettings
from holon_actors.distributed.consensus.commands.commands import Body, command_entry, open_entry
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind, SnapshotMeta
from holon_actors.distributed.consensus.storage import LogStore
from holon_actors.storage import OsDisk

_NAME = "a"
_GROUP = "raft"
_SESSION = 1
_RECORD = 100  # entries
_BODY_MAX = 1 << 20


async def restart(count: int) -> float:
    """Seconds."""
    members = {_NAME: f"tcp://127.0.0.1:{free_ports(1)[0]}"}
    settings = RaftSettings(snapshot_entries=2 * count)
    with tempfile.TemporaryDirectory() as folder:
        await _write(folder, members, count)
        started = perf_counter()
        async with RaftGroup(_NAME, members, Count(), folder, settings=settings) as group:
            assert await group.read(timeout=PATIENCE_S) == count
            return perf_counter() - started


async def _write(folder: str, members: dict[str, str], count: int) -> None:
    """A log as the member itself would have written it, of that many commands."""
    disk = OsDisk(folder)
    store = await LogStore.open(disk, _NAME)
    log = store.log(_GROUP)
    first = Configuration((_NAME,), addresses=tuple(members.items()))
    log.append(Record(1, 0, None, 0, snapshot=SnapshotMeta(0, 0, first)))
    for number, entries in enumerate(_records(count), 2):
        log.append(Record(number, 1, _NAME, entries[0].index - 1, entries))
    await store.close()
    disk.close()


def _records(count: int) -> Iterator[tuple[Entry, ...]]:
    yield (Entry(1, 1, EntryKind.COMMAND, open_entry(1, 0.0)),)
    for first in range(1, count + 1, _RECORD):
        after = min(first + _RECORD, count + 1)
        yield tuple(Entry(1 + n, 1, EntryKind.COMMAND, _command(n)) for n in range(first, after))


def _command(sequence: int) -> bytes:
    body = Body(_BODY_MAX)
    body.add(sequence, PAYLOAD)
    return command_entry(_SESSION, sequence, 0.0, (), body.data())


if __name__ == "__main__":
    serve({"raft-restart": on_loop(restart)})
