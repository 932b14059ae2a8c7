"""Silent overflow: a bounded mailbox that is full drops what is told to it."""

import asyncio

from holon_actors import Actor, Bounded, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Reading:
    value: int


@message
class Count(Request[int]):
    pass


class Recorder(Actor):
    """Takes its time over each reading."""

    def __init__(self):
        self.readings = 0

    async def receive(self, message, sender):
        match message:
            case Reading():
                await asyncio.sleep(1)
                self.readings += 1
            case Count():
                return self.readings


class Sensor(Actor):
    """Hands on a burst of readings, no faster than they are taken."""

    def __init__(self, recorder):
        self.recorder = recorder

    async def receive(self, message, sender):
        for value in range(message.value):
            await self.hand_on(Reading(value))

    async def hand_on(self, reading):
        await self.recorder.send(reading)


class SensorThatOnlyTells(Sensor):
    async def hand_on(self, reading):
        self.tell(self.recorder, reading)


async def scenario(sim, sensor=Sensor):
    node = sim.node("lab")
    recorder = node.spawn(Recorder, mailbox=Bounded(5))
    sensors = [node.spawn(sensor, recorder) for _ in range(2)]
    sent = 0
    for _ in range(3):
        for probe in sensors:
            burst = sim.draw("burst", 5)
            probe.tell(Reading(burst))
            sent += burst
            await asyncio.sleep(sim.draw("gap", 12))
    await asyncio.sleep(60)
    counted = await recorder.ask(Count())
    assert counted == sent, f"{sent - counted} of {sent} readings were lost"


def test_a_silent_overflow_is_found():
    assert_found(mutant(scenario, sensor=SensorThatOnlyTells), AssertionError, "were lost")


def test_sensors_that_wait_for_room_are_right():
    assert_right(scenario)
