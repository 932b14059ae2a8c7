"""Group membership race: a member that leaves is given work before anybody hears of it."""

import asyncio

from holon_actors import Actor, GroupJoined, GroupLeft, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Job:
    number: int


@message
class Done:
    number: int


@message
class Finished(Request[list[int]]):
    pass


@message
class Retire:
    pass


class Worker(Actor):
    async def receive(self, message, sender):
        match message:
            case Job(number=number):
                await asyncio.sleep(1)
                self.tell(sender, Done(number))
            case Retire():
                self.stop()


class Dispatcher(Actor):
    """Gives jobs to members of the group "workers", and again if one leaves with its jobs."""

    def __init__(self):
        self.workers = []
        self.given = {}
        self.done = set()

    def started(self):
        self.system.groups.subscribe("workers", self.ref)

    def receive(self, message, sender):
        match message:
            case GroupJoined(ref=worker):
                self.workers.append(worker)
            case GroupLeft(ref=worker):
                self.workers.remove(worker)
                self.give_again(worker)
            case Job(number=number):
                worker = self.workers[number % len(self.workers)]
                self.given[number] = worker
                self.tell(worker, message)
            case Done(number=number):
                self.given.pop(number, None)
                self.done.add(number)
            case Finished():
                return sorted(self.done)

    def give_again(self, lost):
        for number, worker in list(self.given.items()):
            if worker == lost:
                self.ref.tell(Job(number))


class DispatcherThatForgets(Dispatcher):
    def give_again(self, lost):
        pass


async def scenario(sim, dispatcher=Dispatcher):
    node = sim.node("plant")
    desk = node.spawn(dispatcher, name="dispatcher")
    workers = [node.spawn(Worker, name=f"worker-{n}") for n in range(2)]
    for worker in workers:
        node.groups.join("workers", worker)

    async def retirement():
        await asyncio.sleep(sim.draw("retires after", 40))
        workers[0].tell(Retire())

    async with asyncio.TaskGroup() as day:
        day.create_task(retirement())
        for number in range(4):
            await asyncio.sleep(2 + sim.draw("gap", 8))
            desk.tell(Job(number))
    await asyncio.sleep(10)
    finished = await desk.ask(Finished())
    assert finished == [0, 1, 2, 3], f"only {finished} were done"


def test_a_membership_race_is_found():
    assert_found(mutant(scenario, dispatcher=DispatcherThatForgets), AssertionError, "were done")


def test_a_dispatcher_that_gives_again_is_right():
    assert_right(scenario)
