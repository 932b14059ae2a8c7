"""Mailboxes: queues as plain values, and what senders and askers see of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import (
    ActorFailed,
    ActorRef,
    ActorStopped,
    ActorSystem,
    Bounded,
    ConfigError,
    DeadLetter,
    MailboxFull,
    MailboxHighWater,
    OneForOne,
    Priority,
    Unbounded,
)
from holon_actors.actors.mailbox import Queue, make_queue
from holon_actors.actors.supervision import Directive
from tests.actors.kit import Boom, Collector, Echo, Heard, HowMany, Scripted, ended, turns, until


def envelope(message: Any) -> tuple[Any, None, None, float]:
    return (message, None, None, 0.0)


def drained(queue: Queue) -> list[Any]:
    return [queue.popleft()[0] for _ in range(len(queue))]


# --- queues ---


@given(st.lists(st.integers()))
def test_an_unbounded_queue_refuses_nothing_and_keeps_order(messages: list[int]) -> None:
    queue = make_queue(Unbounded())
    assert all(queue.append(envelope(m)) is None for m in messages)
    assert drained(queue) == messages


@given(st.lists(st.integers()), st.integers(1, 5), st.sampled_from(["fail", "drop-new"]))
def test_a_bounded_queue_refuses_the_newest(messages: list[int], room: int, how: Any) -> None:
    queue = make_queue(Bounded(room, how))
    refused = [r[0] for m in messages if (r := queue.append(envelope(m))) is not None]
    assert refused == messages[room:]
    assert drained(queue) == messages[:room]


@given(st.lists(st.integers()), st.integers(1, 5))
def test_drop_old_gives_up_the_oldest(messages: list[int], room: int) -> None:
    queue = make_queue(Bounded(room, "drop-old"))
    refused = [r[0] for m in messages if (r := queue.append(envelope(m))) is not None]
    kept = drained(queue)
    assert kept == messages[-room:]
    assert refused + kept == messages


@given(st.lists(st.tuples(st.integers(0, 3), st.integers())))
def test_a_priority_queue_sorts_by_key_and_keeps_equals_in_order(
    messages: list[tuple[int, int]],
) -> None:
    queue = make_queue(Priority(lambda message: message[0]))
    for message in messages:
        queue.append(envelope(message))
    assert drained(queue) == sorted(messages, key=lambda message: message[0])


def test_a_priority_queue_with_a_capacity_refuses_the_newest() -> None:
    queue = make_queue(Priority(lambda message: message, capacity=2))
    assert queue.append(envelope(5)) is None
    assert queue.append(envelope(6)) is None
    refused = queue.append(envelope(1))
    assert refused is not None
    assert refused[0] == 1
    assert drained(queue) == [5, 6]


@given(st.lists(st.one_of(st.integers(0, 3), st.sampled_from(["text", None, 2.5]))))
def test_keys_that_raise_or_do_not_compare_lose_no_message(messages: list[Any]) -> None:
    def key(message: Any) -> Any:
        if message is None:
            raise ValueError("no key")
        return message

    queue = make_queue(Priority(key))
    for message in messages:
        assert queue.append(envelope(message)) is None
    assert sorted(map(repr, drained(queue))) == sorted(map(repr, messages))


def test_keys_that_raise_come_last() -> None:
    queue = make_queue(Priority(lambda message: 10 // message))
    for message in (0, 5, 10):
        queue.append(envelope(message))
    assert drained(queue) == [10, 5, 0]


@pytest.mark.parametrize("spec", [Unbounded(), Bounded(2), Priority(lambda message: 0)])
def test_what_is_put_back_goes_ahead_in_its_old_order(spec: Any) -> None:
    queue = make_queue(spec)
    queue.append(envelope(3))
    queue.extendleft([envelope(2), envelope(1)])  # last first, as to a deque
    assert drained(queue) == [1, 2, 3]


@pytest.mark.parametrize("spec", [Unbounded(), Bounded(9), Priority(lambda message: message)])
def test_looking_at_a_queue_takes_nothing(spec: Any) -> None:
    queue = make_queue(spec)
    for message in (1, 2, 3):
        queue.append(envelope(message))
    assert [e[0] for e in queue] == [1, 2, 3]
    assert len(queue) == 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: Unbounded(high_water=0),
        lambda: Bounded(0),
        lambda: Bounded(-1),
        lambda: Bounded(1, "drop-all"),  # type: ignore[arg-type]
        lambda: Priority(7),  # type: ignore[arg-type]
        lambda: Priority(len, capacity=0),
        lambda: make_queue("bounded"),  # type: ignore[arg-type]
    ],
)
def test_mailboxes_that_cannot_be_are_refused(make: Callable[[], object]) -> None:
    with pytest.raises(ConfigError):
        make()


# --- as senders see them ---


class Gate:
    """An actor that keeps a message until it is let go, and what it has handled."""

    def __init__(self, system: ActorSystem, mailbox: Any) -> None:
        self.seen: list[Any] = []
        self.open = asyncio.Event()
        self.holds = asyncio.Event()
        self.ref = system.spawn(Scripted, self._handle, mailbox=mailbox)

    async def _handle(self, me: Any, message: Any, sender: Any) -> Any:
        self.seen.append(message)
        self.holds.set()
        await self.open.wait()
        return message

    async def busy(self) -> Gate:
        """Held by its first message, so that what follows stays in the mailbox."""
        self.ref.tell("first")
        await self.holds.wait()
        return self


async def test_a_full_fail_mailbox_refuses_an_ask_and_buries_a_tell(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    gate = await Gate(system, Bounded(1)).busy()
    gate.ref.tell("fits")
    gate.ref.tell("too much")
    with pytest.raises(MailboxFull) as caught:
        await gate.ref.ask("also too much")
    assert (caught.value.address, caught.value.capacity) == (gate.ref.address, 1)
    assert [(e.message, e.recipient, e.reason) for e in letters] == [
        ("too much", gate.ref, "mailbox-full")
    ]
    gate.open.set()
    await until(lambda: gate.seen == ["first", "fits"])


async def test_drop_new_buries_the_new_tell(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    gate = await Gate(system, Bounded(1, "drop-new")).busy()
    for message in ("fits", "new"):
        gate.ref.tell(message)
    with pytest.raises(MailboxFull):
        await gate.ref.ask("new ask")
    assert [e.message for e in letters] == ["new"]


async def test_drop_old_buries_the_oldest_and_ends_its_ask(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    gate = await Gate(system, Bounded(2, "drop-old")).busy()
    gate.ref.tell("old tell")
    old_ask = asyncio.ensure_future(gate.ref.ask("old ask"))
    await turns()
    gate.ref.tell("new")
    gate.ref.tell("newer")
    with pytest.raises(MailboxFull):
        await old_ask
    assert [e.message for e in letters] == ["old tell"]
    gate.open.set()
    await until(lambda: gate.seen == ["first", "new", "newer"])


@pytest.mark.parametrize("mailbox", [Bounded(1), Priority(lambda message: 0, capacity=1)])
async def test_send_waits_for_room_first_come_first_served(
    system: ActorSystem, mailbox: Any
) -> None:
    gate = await Gate(system, mailbox).busy()
    gate.ref.tell("fits")
    sends = [asyncio.ensure_future(gate.ref.send(n)) for n in range(5)]
    await turns()
    assert not any(send.done() for send in sends)
    gate.open.set()
    await asyncio.gather(*sends)
    await until(lambda: len(gate.seen) == 7)
    assert gate.seen == ["first", "fits", 0, 1, 2, 3, 4]


async def test_send_does_not_wait_while_there_is_room(system: ActorSystem) -> None:
    gate = await Gate(system, Bounded(2)).busy()
    await gate.ref.send("a")
    await gate.ref.send("b")
    assert gate.seen == ["first"]


async def test_a_cancelled_send_sends_nothing_and_passes_its_room_on(system: ActorSystem) -> None:
    gate = await Gate(system, Bounded(1)).busy()
    gate.ref.tell("fits")
    first, second = (asyncio.ensure_future(gate.ref.send(m)) for m in ("first", "second"))
    await turns()
    first.cancel()
    gate.open.set()
    await second
    await until(lambda: gate.seen == ["first", "fits", "second"])
    assert first.cancelled()


async def test_room_given_to_a_send_that_is_cancelled_goes_to_the_next(
    system: ActorSystem,
) -> None:
    seen: list[Any] = []
    sends: list[asyncio.Future[None]] = []
    holds, release = asyncio.Event(), asyncio.Event()

    async def handle(me: Any, message: Any, sender: Any) -> None:
        seen.append(message)
        if message == "first":
            holds.set()
            await release.wait()
        if message == "fits":
            # Runs when the first sender has been given the room, and before it wakes.
            asyncio.get_running_loop().call_soon(sends[0].cancel)

    ref = system.spawn(Scripted, handle, mailbox=Bounded(1))
    ref.tell("first")
    await holds.wait()
    ref.tell("fits")
    sends += [asyncio.ensure_future(ref.send(message)) for message in ("cancelled", "next")]
    await turns()
    release.set()
    await asyncio.wait_for(sends[1], 5)
    await until(lambda: seen == ["first", "fits", "next"])
    assert sends[0].cancelled()


async def test_send_to_an_actor_that_ends_raises(system: ActorSystem) -> None:
    gate = await Gate(system, Bounded(1)).busy()
    gate.ref.tell("fits")
    waiting = asyncio.ensure_future(gate.ref.send("waiting"))
    await turns()
    gate.ref.stop()
    gate.open.set()
    with pytest.raises(ActorStopped):
        await waiting
    with pytest.raises(ActorStopped):
        await gate.ref.send("late")


@pytest.mark.parametrize("directive", [Directive.RESUME, Directive.RESTART])
async def test_the_room_of_a_failing_message_goes_to_a_waiting_sender(directive: Directive) -> None:
    seen: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        if isinstance(message, Boom):
            raise message
        seen.append(message)

    async with ActorSystem("test", supervision=OneForOne(decide=lambda e: directive)) as system:
        ref = system.spawn(Scripted, handle, mailbox=Bounded(1))
        ref.tell(Boom())  # fills the mailbox until the actor's turn
        await asyncio.wait_for(ref.send("after"), 5)
        await until(lambda: seen == ["after"])


async def test_drop_mailboxes_never_make_send_wait(system: ActorSystem) -> None:
    gate = await Gate(system, Bounded(1, "drop-new")).busy()
    for n in range(3):
        await gate.ref.send(n)
    assert system.statistics().dead_letters == 2


async def test_priority_is_lowest_first_for_what_is_unread(system: ActorSystem) -> None:
    def key(message: Any) -> int:
        return int(message)

    gate = Gate(system, Priority(key))
    gate.ref.tell(0)
    await gate.holds.wait()
    for n in (5, 3, 9, 1):
        gate.ref.tell(n)
    gate.open.set()
    await until(lambda: len(gate.seen) == 5)
    assert gate.seen == [0, 1, 3, 5, 9]


async def test_a_key_that_raises_never_reaches_the_sender(system: ActorSystem) -> None:
    seen: list[Any] = []
    ref = system.spawn(Collector, seen, mailbox=Priority(lambda message: message["priority"]))
    failures = Heard(system, ActorFailed)
    for message in ("no key", {"priority": 2}, {"priority": 1}, {"priority": "text"}):
        ref.tell(message)
    assert [(failed.ref, failed.message, failed.directive) for failed in failures] == [
        (ref, "no key", Directive.RESUME),
        (ref, {"priority": "text"}, Directive.RESUME),
    ]
    await until(lambda: len(seen) == 4)
    assert seen[0] == {"priority": 1}
    assert await ref.ask(HowMany()) == 4


async def test_who_listens_to_failures_may_have_a_key_that_fails_for_them(
    system: ActorSystem,
) -> None:
    seen: list[Any] = []
    ref = system.spawn(Collector, seen, mailbox=Priority(lambda message: message["priority"]))
    system.events.subscribe(ActorFailed, ref)
    ref.tell("no key")
    await until(lambda: len(seen) == 2)
    assert system.statistics().failures == 1


async def test_passing_the_high_water_mark_is_told_once(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    marks = Heard(system, MailboxHighWater)
    gate = await Gate(system, Unbounded(high_water=10)).busy()
    for n in range(15):
        gate.ref.tell(n)
        await turns(2)
    assert [(mark.ref, mark.depth) for mark in marks] == [(gate.ref, 11)]
    assert "unread messages in an unbounded mailbox" in caplog.text


async def test_each_passing_of_the_mark_is_told(system: ActorSystem) -> None:
    marks = Heard(system, MailboxHighWater)
    gate = await Gate(system, Unbounded(high_water=10)).busy()

    async def flood_and_drain(total: int) -> None:
        for n in range(15):
            gate.ref.tell(n)
            await turns(2)
        gate.open.set()
        await until(lambda: len(gate.seen) == total)

    await flood_and_drain(16)
    assert len(marks) == 1
    gate.open.clear()
    gate.holds.clear()
    gate.ref.tell("held again")
    await gate.holds.wait()
    await flood_and_drain(32)
    assert len(marks) == 2


async def test_an_unbounded_mailbox_below_its_mark_says_nothing(system: ActorSystem) -> None:
    marks = Heard(system, MailboxHighWater)
    gate = await Gate(system, Unbounded(high_water=10)).busy()
    for n in range(10):
        gate.ref.tell(n)
        await turns(2)
    assert marks == []


async def test_an_unknown_mailbox_is_refused_at_spawn(system: ActorSystem) -> None:
    with pytest.raises(ConfigError, match="mailbox"):
        system.spawn(Echo, mailbox=10)  # type: ignore[arg-type]
    assert system.snapshot() == []


async def test_system_signals_pass_user_messages(system: ActorSystem) -> None:
    """A stop does not wait for a thousand unread messages."""
    letters = Heard(system, DeadLetter)
    gate = await Gate(system, Unbounded()).busy()
    for n in range(1000):
        gate.ref.tell(n)
    gate.ref.stop()
    gate.open.set()
    await ended(system, gate.ref)
    assert gate.seen == ["first"]
    assert [letter.message for letter in letters] == list(range(1000))


async def test_references_are_typed_by_what_they_take(system: ActorSystem) -> None:
    ref: ActorRef[int] = system.spawn(Echo)
    assert await ref.ask(3) == 3
