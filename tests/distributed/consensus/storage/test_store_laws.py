"""What holds of a store whatever is written, lost and damaged."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace

import pytest

from holon_actors.distributed.consensus.storage import (
    LogCorrupted,
    LogStore,
    StoreBroken,
    StoreSettings,
)
from holon_actors.storage import StorageClosed
from holon_actors.testing.delays import Uniform
from holon_actors.testing.disk import SimDisk
from holon_actors.testing.profiles import DiskProfile
from tests.distributed.consensus.storage.kit import Author, Ledger
from tests.testing.disk_kit import run

GROUPS = ("one", "two", "three")


async def write_some(store: LogStore, author: Author, ledger: Ledger, count: int) -> None:
    for _ in range(count):
        author.write(store.log(author.rng.choice(GROUPS)))
        if author.rng.random() < 0.4:
            await store.log("one").sync()
            ledger.synced = len(ledger.records)


def drawn_settings(rng: random.Random) -> StoreSettings:
    return StoreSettings(
        segment_bytes=rng.choice([1, 600, 3_000, 100_000]), fill_bytes=rng.choice([0, 200, 3_000])
    )


def lives(rng: random.Random) -> DiskProfile:
    return DiskProfile(survival=rng.choice([0.0, 0.3, 0.7, 1.0]), torn=rng.random() < 0.5)


@pytest.mark.parametrize("block", range(4))
def test_after_a_crash_what_was_acknowledged_is_there_and_nothing_without_what_came_before(block):
    for seed in range(block * 20, block * 20 + 20):
        rng = random.Random(seed)
        settings = drawn_settings(rng)

        async def main(disk: SimDisk, rng=rng, settings=settings) -> None:
            ledger = Ledger()
            author = Author(rng, ledger)
            for _ in range(rng.randint(1, 6)):
                disk.profile = lives(rng)
                store = await LogStore.open(disk, "a", settings)
                ledger.check(store)
                await write_some(store, author, ledger, rng.randint(0, 12))
                if rng.random() < 0.2:
                    await store.close()
                    ledger.synced = len(ledger.records)
                else:
                    disk.crash(torn=rng.random() < 0.3)
            ledger.check(await LogStore.open(disk, "a", settings))

        try:
            run(main, seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.parametrize("block", range(4))
def test_a_bit_that_flips_in_what_was_durable_is_refused_and_changes_nothing(block):
    for seed in range(block * 20, block * 20 + 20):
        rng = random.Random(seed)
        settings = drawn_settings(rng)

        async def main(disk: SimDisk, rng=rng, settings=settings) -> None:
            ledger = Ledger()
            store = await LogStore.open(disk, "a", settings)
            await write_some(store, Author(rng, ledger), ledger, rng.randint(0, 30))
            await store.log("one").sync()
            if rng.random() < 0.5:
                await store.close()
            disk.crash()
            await LogStore.open(disk, "a", settings)  # files that do not count are gone
            disk.crash()
            name = rng.choice(disk.names())
            before = disk.durable(name)
            offset = rng.randrange(len(before))
            disk.corrupt(name, offset, rng.randrange(8))
            files = {name: disk.durable(name) for name in disk.names()}
            with pytest.raises(LogCorrupted) as caught:
                await LogStore.open(disk, "a", settings)
            assert caught.value.file == name
            assert caught.value.offset <= offset
            assert files == {name: disk.open(name).read(0, 10**6) for name in disk.names()}

        try:
            run(main, seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.parametrize("block", range(4))
def test_once_a_verb_has_failed_nothing_is_acknowledged_and_nothing_acknowledged_is_lost(block):
    for seed in range(block * 20, block * 20 + 20):
        rng = random.Random(seed)
        settings = drawn_settings(rng)

        async def main(disk: SimDisk, rng=rng, settings=settings) -> None:
            ledger = Ledger()
            author = Author(rng, ledger)
            for _ in range(5):
                disk.profile = lives(rng)
                store = await LogStore.open(disk, "a", settings)
                ledger.check(store)
                room = rng.choice([None, 500, 3000])
                used = sum(disk.open(name).size for name in disk.names())
                disk.profile = DiskProfile(
                    survival=rng.choice([0.0, 0.5, 1.0]),
                    error=rng.choice([0.0, 0.05]),
                    capacity=None if room is None else used + room,
                )
                try:
                    await write_some(store, author, ledger, 20)
                    await store.close()
                    ledger.synced = len(ledger.records)
                except StoreBroken:
                    with pytest.raises(StoreBroken):
                        author.write(store.log("one"))
                    with pytest.raises(StoreBroken):
                        await store.log("one").sync()
                    await store.close()
                disk.crash(torn=rng.random() < 0.5)
            disk.profile = DiskProfile()
            ledger.check(await LogStore.open(disk, "a", settings))

        try:
            run(main, seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.parametrize("block", range(4))
def test_members_that_write_and_wait_at_the_same_time_lose_nothing_that_was_acknowledged(block):
    for seed in range(block * 20, block * 20 + 20):
        rng = random.Random(seed)
        settings = drawn_settings(rng)

        async def member(store: LogStore, group: str, author: Author, ledger: Ledger) -> None:
            log = store.log(group)
            for _ in range(author.rng.randint(1, 10)):
                for _ in range(author.rng.randint(1, 3)):
                    author.write(log)
                written = len(ledger.records)
                await log.sync()
                ledger.synced = max(ledger.synced, written)
                await asyncio.sleep(author.rng.random() * 0.002)

        async def main(disk: SimDisk, rng=rng, settings=settings) -> None:
            ledger = Ledger()
            author = Author(rng, ledger)
            for _ in range(3):
                disk.profile = replace(lives(rng), sync=Uniform(0.000_1, 0.003))
                store = await LogStore.open(disk, "a", settings)
                ledger.check(store)
                work = [member(store, group, author, ledger) for group in GROUPS]
                tasks = [asyncio.ensure_future(task) for task in work]
                await asyncio.sleep(rng.random() * 0.04)
                disk.crash(torn=rng.random() < 0.5)
                for task in tasks:
                    task.cancel()
                ended = await asyncio.gather(*tasks, return_exceptions=True)
                allowed = (asyncio.CancelledError, StorageClosed, type(None))
                assert all(isinstance(end, allowed) for end in ended), ended
            ledger.check(await LogStore.open(disk, "a", settings))

        try:
            run(main, seed=seed)
        except BaseException as error:
            error.add_note(f"seed {seed}")
            raise
