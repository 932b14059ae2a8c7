"""The events that are remembered."""

from __future__ import annotations

import gc
import weakref

from holon_actors.actors.address import Address
from holon_actors.actors.admin._history import _KEPT, _PER_SECOND, History
from holon_actors.actors.events import ActorFailed, DeadLetter, MailboxHighWater
from holon_actors.actors.ref import DeadRef
from holon_actors.actors.supervision import Directive
from tests.actors.kit import Boom, Counter, Heard, Note


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def letter(text: object = "x") -> DeadLetter:
    return DeadLetter(Note(str(text)), None, DeadRef(None, Address("bank", "/user/a")), "stopped")


def test_events_are_kept_with_their_age_as_text():
    clock = Clock()
    history = History(clock)
    history.note(letter("secret"))
    clock.now = 2.0
    (event,) = history.page(0).events
    assert (event.number, event.age_s, event.kind, event.path) == (1, 2.0, "DeadLetter", "/user/a")
    assert event.text == "Note: stopped"
    assert history.page(1).events == []


def test_the_message_of_an_event_is_not_kept_alive():
    class Big:
        pass

    big = Big()
    gone = weakref.ref(big)
    history = History(Clock())
    history.note(DeadLetter(big, None, DeadRef(None, Address("bank", "/user/a")), "stopped"))
    del big
    gc.collect()
    assert gone() is None


def test_a_flood_is_cut_and_counted_but_failures_are_kept():
    clock = Clock()
    history = History(clock)
    ref = DeadRef(None, Address("bank", "/user/a"))
    for _ in range(_PER_SECOND + 5):
        history.note(letter())
    history.note(ActorFailed(ref, Boom("late"), None, Directive.RESTART))
    page = history.page(0)
    assert len(page.events) == _PER_SECOND + 1
    assert page.dropped == 5
    assert "Boom: late" in history.last_failure("/user/a")
    assert history.last_failure("/user/b") == ""
    clock.now = 1.0
    history.note(MailboxHighWater(ref, 9))
    assert history.page(0).events[-1].text == "9 unread messages"


def test_only_the_latest_are_kept():
    clock = Clock()
    history = History(clock)
    for number in range(2 * _KEPT):
        clock.now = number / 10
        history.note(letter())
    events = history.page(0).events
    assert len(events) == _KEPT
    assert events[-1].number == 2 * _KEPT


async def test_it_hears_a_failure_with_its_traceback(system):
    history = History(system.clock)
    subscription = history.listen(system)
    heard = Heard(system, ActorFailed)
    ref = system.spawn(Counter, name="counter")
    ref.tell(Boom("here"))
    await heard.wait()
    failure = history.last_failure("/user/counter")
    assert failure.startswith("restart handling Boom: Traceback")
    assert "Boom: here" in failure
    subscription.cancel()
