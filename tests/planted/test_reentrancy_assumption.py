"""Reentrancy assumption: what was checked before waiting need not hold after."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Charge(Request[None]):
    pass


@message
class Book(Request[bool]):
    pass


class Bank(Actor):
    async def receive(self, message, sender):
        await asyncio.sleep(1)


class BoxOffice(Actor):
    """Sells seats; takes other bookings while a card is being charged."""

    seats = 2

    def __init__(self, bank):
        self.bank = bank

    def receive(self, message, sender):
        match message:
            case Book():
                if self.seats == 0:
                    return False
                self.seats -= 1
                self.pipe_to_self(self.charge(self.defer_reply()))

    async def charge(self, reply):
        await self.ask(self.bank, Charge())
        reply.send(True)


class BoxOfficeThatCountsLate(BoxOffice):
    def receive(self, message, sender):
        match message:
            case Book():
                if self.seats == 0:
                    return False
                self.pipe_to_self(self.charge(self.defer_reply()))
            case reply:
                self.seats -= 1
                reply.send(True)

    async def charge(self, reply):
        await self.ask(self.bank, Charge())
        return reply


async def scenario(sim, office=BoxOffice):
    node = sim.node("theatre")
    desk = node.spawn(office, node.spawn(Bank))

    async def visitor():
        await asyncio.sleep(sim.draw("comes after", 120))
        return await desk.ask(Book())

    async with asyncio.TaskGroup() as evening:
        visitors = [evening.create_task(visitor()) for _ in range(4)]
    sold = sum(visitor.result() for visitor in visitors)
    assert sold == 2, f"{sold} tickets for 2 seats"


def test_a_reentrancy_assumption_is_found():
    assert_found(
        mutant(scenario, office=BoxOfficeThatCountsLate), AssertionError, "tickets for 2 seats"
    )


def test_a_box_office_that_counts_first_is_right():
    assert_right(scenario)
