"""Restart losing state: what an instance had collected goes with it."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Line:
    text: str


@message
class Batch:
    numbers: tuple[int, ...]


@message
class Flush:
    pass


@message
class Total(Request[int]):
    pass


class Archive(Actor):
    def __init__(self):
        self.total = 0

    def receive(self, message, sender):
        match message:
            case Batch(numbers=numbers):
                self.total += sum(numbers)
            case Total():
                return self.total


class Collector(Actor):
    """Hands on in batches; a line that is no number ends the instance."""

    def __init__(self, archive):
        self.archive = archive
        self.numbers = []

    def started(self):
        self.schedule(5, Flush(), every=5)

    def restarting(self, error, message):
        self.flush()

    def receive(self, message, sender):
        match message:
            case Line(text=text):
                self.numbers.append(int(text))
            case Flush():
                self.flush()

    def flush(self):
        self.tell(self.archive, Batch(tuple(self.numbers)))
        self.numbers = []


class CollectorThatForgets(Collector):
    def restarting(self, error, message):
        pass


async def scenario(sim, collector=Collector):
    node = sim.node("office")
    archive = node.spawn(Archive)
    inbox = node.spawn(collector, archive)
    good = 0
    for _ in range(10):
        await asyncio.sleep(2)
        is_bad = sim.draw("line", 60) == 59
        inbox.tell(Line("x" if is_bad else "1"))
        good += not is_bad
    await asyncio.sleep(10)
    total = await archive.ask(Total())
    assert total == good, f"{good - total} of {good} lines were lost"


def test_lost_state_is_found():
    assert_found(
        mutant(scenario, collector=CollectorThatForgets), AssertionError, "lines were lost"
    )


def test_a_collector_that_hands_on_before_its_restart_is_right():
    assert_right(scenario)
