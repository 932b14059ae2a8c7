"""What holds on a simulated disk whatever is done to it and drawn."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors.storage import (
    OsDisk,
)
from holon_actors.testing._choices.tape import ReplayedChoices, SeededChoices
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.profiles import DiskProfile
from tests.testing.disk_kit import run


@given(st.integers(0, 2**32), st.floats(0, 1), st.booleans())
@settings(deadline=None)
def test_the_same_tape_gives_the_same_crash(seed: int, survival: float, torn: bool) -> None:
    async def main(disk: SimDisk) -> list[Any]:
        for name in ("x", "y"):
            file = disk.open(name, create=True)
            file.append(name.encode() * 5)
            file.append(b"more")
        await disk.open("x").sync()
        disk.rename("y", "z")
        disk.crash(torn=torn)
        return [(name, disk.open(name).read(0, 99)) for name in disk.names()]

    profile = DiskProfile(survival=survival)
    choices = SeededChoices(seed)
    first = run(main, profile, choices=choices)
    replayed = ReplayedChoices(choices.tape())
    assert run(main, profile, choices=replayed) == first
    replayed.finish()


# A disk against a simple account of what it was told.


@dataclass(eq=False)
class Known:
    """A file: what is in it, what was at its last sync, and whether it has only grown since."""

    content: bytes = b""
    synced: bytes = b""
    only_grown: bool = True


@dataclass
class Account:
    names: dict[str, Known] = field(default_factory=dict)
    synced_names: dict[str, Known] = field(default_factory=dict)
    all_names: set[str] = field(default_factory=set)  # since the last sync of the names


NAMES = st.sampled_from(["a", "b", "c"])
OPERATIONS = st.one_of(
    st.tuples(st.just("append"), NAMES, st.binary(min_size=1, max_size=6)),
    st.tuples(st.just("write"), NAMES, st.integers(0, 8), st.binary(max_size=6)),
    st.tuples(st.just("truncate"), NAMES, st.integers(0, 8)),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("sync"), NAMES),
    st.tuples(st.just("sync_names")),
)


async def perform(disk: Any, operation: tuple[Any, ...]) -> object:
    """Do it, and say what came of it."""
    match operation:
        case ("append", name, data):
            return disk.open(name, create=True).append(data)
        case ("write", name, offset, data):
            disk.open(name, create=True).write(offset, data)
        case ("truncate", name, size):
            disk.open(name, create=True).truncate(size)
        case ("remove", name) if disk.exists(name):
            disk.remove(name)
        case ("rename", old, new) if disk.exists(old):
            disk.rename(old, new)
        case ("sync", name) if disk.exists(name):
            await disk.open(name).sync()
        case ("sync_names",):
            await disk.sync_names()
    return [(name, disk.open(name).read(0, 99), disk.open(name).size) for name in disk.names()]


def note(account: Account, operation: tuple[Any, ...]) -> None:
    match operation:
        case ("append" | "write" | "truncate" as verb, name, *rest):
            known = account.names.setdefault(name, Known())
            account.all_names.add(name)
            before = known.content
            match verb, rest:
                case "append", [data]:
                    known.content = before + data
                case "write", [offset, data] if data:
                    known.content = before.ljust(offset, b"\0")[:offset] + data
                    known.content += before[offset + len(data) :]
                case "truncate", [size]:
                    known.content = before[:size].ljust(size, b"\0")
            known.only_grown &= verb == "append"
        case ("remove", name):
            account.names.pop(name, None)
        case ("rename", old, new) if old in account.names and old != new:
            account.names[new] = account.names.pop(old)
            account.all_names.add(new)
        case ("sync", name) if name in account.names:
            known = account.names[name]
            known.synced, known.only_grown = known.content, True
        case ("sync_names",):
            account.synced_names = dict(account.names)
            account.all_names = set(account.names)


def check_after_crash(disk: SimDisk, account: Account, survival: float, torn: bool) -> None:
    found = {name: disk.open(name).read(0, 99) for name in disk.names()}
    if survival == 1 and not torn:
        assert found == {name: known.content for name, known in account.names.items()}
    if survival == 0:
        assert set(found) == set(account.synced_names)
    assert set(found) <= account.all_names | set(account.synced_names)
    for name, known in account.synced_names.items():
        if account.names.get(name) is known and survival == 0:
            if not torn:
                assert found[name] == known.synced
            elif known.only_grown:
                assert found[name].startswith(known.synced)
                assert known.content.startswith(found[name])
    names_kept = account.names == account.synced_names and account.all_names == set(account.names)
    for name, known in account.names.items() if names_kept else ():
        if known.content == known.synced and known.only_grown:  # nothing since its last sync
            assert found[name] == known.synced


@given(
    st.lists(OPERATIONS, max_size=25),
    st.sampled_from([0, 0.5, 1]),
    st.booleans(),
    st.integers(0, 1000),
)
@settings(deadline=None, max_examples=200)
def test_a_crash_leaves_what_was_synced_and_a_legal_rest(
    operations: list[Any], survival: float, torn: bool, seed: int
) -> None:
    async def main(disk: SimDisk) -> None:
        account = Account()
        for operation in operations:
            await perform(disk, operation)
            note(account, operation)
        disk.crash(torn=torn)
        check_after_crash(disk, account, survival, torn)
        left = {name: disk.open(name).read(0, 99) for name in disk.names()}
        disk.crash()
        assert {name: disk.open(name).read(0, 99) for name in disk.names()} == left

    run(main, DiskProfile(survival=survival), seed=seed)


@given(st.lists(OPERATIONS, max_size=25))
@settings(deadline=None, max_examples=60)
def test_without_crashes_it_does_what_a_real_disk_does(operations: list[Any]) -> None:
    async def results(disk: Any) -> list[object]:
        return [await perform(disk, operation) for operation in operations]

    with tempfile.TemporaryDirectory() as folder:
        real = OsDisk(folder)
        expected = asyncio.run(results(real))
        real.close()
    assert run(results) == expected
