"""Timer race: a timer is called off, but its message is in the mailbox already."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Touch(Request[bool]):
    pass


@message
class IsOpen(Request[bool]):
    pass


@message
class Expire:
    touches: int


class Session(Actor):
    """Ends when nobody has touched it for half a minute."""

    idle_s = 30.0

    def __init__(self):
        self.is_open = True
        self.touches = 0
        self.timer = self.schedule(self.idle_s, Expire(0))

    def receive(self, message, sender):
        match message:
            case Touch() if self.is_open:
                self.touches += 1
                self.timer.cancel()
                self.timer = self.schedule(self.idle_s, Expire(self.touches))
                return True
            case Touch():
                return False
            case Expire(touches=touches):
                if self.is_due(touches):
                    self.is_open = False
            case IsOpen():
                return self.is_open

    def is_due(self, touches):
        return touches == self.touches


class SessionThatTrustsItsTimer(Session):
    def is_due(self, touches):
        return True


async def scenario(sim, session=Session):
    visit = sim.node("site").spawn(session)
    for _ in range(4):
        await asyncio.sleep(15 + sim.draw("gap", 20))
        if await visit.ask(Touch()):
            await asyncio.sleep(1)
            assert await visit.ask(IsOpen()), "ended a second after it was touched"


def test_a_timer_race_is_found():
    assert_found(
        mutant(scenario, session=SessionThatTrustsItsTimer), AssertionError, "ended a second"
    )


def test_a_session_that_counts_its_touches_is_right():
    assert_right(scenario)
