"""Torn write: a journal believes what it finds after a crash, or answers before it is durable."""

import asyncio
import zlib

from holon_actors import Actor, ActorStopped, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Append(Request[None]):
    text: str


@message
class Entries(Request[list[str]]):
    pass


class Journal(Actor):
    """Entries on a disk, each with its length and a checksum."""

    def __init__(self, disk):
        self.disk = disk

    async def started(self):
        self.file = self.disk.open("journal", create=True)
        await self.disk.sync_names()
        self.entries, size = self.read()
        self.file.truncate(size)

    async def receive(self, message, sender):
        match message:
            case Append(text=text):
                data = text.encode()
                head = len(data).to_bytes(2, "big") + zlib.crc32(data).to_bytes(4, "big")
                self.file.append(head + data)
                await self.make_durable()
                self.entries.append(text)
            case Entries():
                return self.entries

    def read(self):
        """The entries that are whole, and where they end."""
        entries, place = [], 0
        while head := self.file.read(place, 6):
            data = self.file.read(place + 6, int.from_bytes(head[:2], "big"))
            if not self.is_whole(head, data):
                break
            entries.append(data.decode())
            place += 6 + len(data)
        return entries, place

    def is_whole(self, head, data):
        return len(head) == 6 and zlib.crc32(data) == int.from_bytes(head[2:], "big")

    async def make_durable(self):
        await self.file.sync()


class JournalThatBelievesLengths(Journal):
    def is_whole(self, head, data):
        return len(head) == 6


class JournalThatDoesNotWait(Journal):
    async def make_durable(self):
        self.pipe_to_self(self.file.sync())


async def scenario(sim, journal=Journal):
    def start(system):
        system.spawn(journal, sim.disk("a"), name="journal")

    sim.node("a", start=start)
    answered = []

    async def write():
        await asyncio.sleep(1)
        for text in ("first entry", "second entry", "third entry", "fourth entry"):
            await sim.node("a").lookup("/user/journal").ask(Append(text))
            answered.append(text)
            await asyncio.sleep(sim.draw("gap", 3) * 0.01)

    writing = asyncio.create_task(write())
    await asyncio.sleep(1 + sim.draw("crashes after", 400) * 0.000_1)
    sim.crash("a", torn=True)
    try:
        await writing
    except ActorStopped:
        pass  # that one is not answered
    sim.restart("a")
    await asyncio.sleep(1)
    entries = await sim.node("a").lookup("/user/journal").ask(Entries())
    texts = ["first entry", "second entry", "third entry", "fourth entry"]
    whole = entries == texts[: len(entries)]
    assert whole, f"the journal makes things up: {entries}"
    assert len(entries) >= len(answered), f"{answered} were answered, {entries} are left"


def test_a_torn_write_is_found():
    assert_found(
        mutant(scenario, journal=JournalThatBelievesLengths), AssertionError, "makes things up"
    )


def test_an_answer_before_its_time_is_found():
    assert_found(mutant(scenario, journal=JournalThatDoesNotWait), AssertionError, "were answered")


def test_a_journal_with_checksums_and_syncs_is_right():
    assert_right(scenario)
