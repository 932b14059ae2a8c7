"""Messages that are told in a row and travel together: nobody can tell that they did."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holon_actors import ActorSystem, Bounded, DeadLetter, Priority, message
from tests.actors.kit import Heard
from tests.actors.remote.kit import Listener, sizes, two
from tests.support.waiting import until


@message
class Small:
    number: int
    body: bytes = b""


@message
class Word:
    text: str


@message
class Bare:
    pass


@message
class Listing:
    numbers: list[int]


@message
class Any1:
    value: Any


@pytest.fixture
async def pair(tmp_path: Any) -> AsyncIterator[Any]:
    async with two("inproc", tmp_path) as systems:
        yield systems


def listener(here: ActorSystem, there: ActorSystem, **options: Any) -> tuple[Any, list[Any]]:
    seen: list[Any] = []
    return here.ref(there.spawn(Listener, seen, **options).address), seen


def kinds(rng: random.Random, number: int) -> Any:
    return rng.choice(
        [
            Small(number),
            Small(number, bytes(2_000)),
            Small(number, bytes(20_000)),
            Word(str(number)),
            Bare(),
            Listing([number]),
            Any1(number),
            Any1((number,)),
            number,
            str(number),
            (number, None, None),
            None,
        ]
    )


@pytest.mark.parametrize("seed", range(8))
async def test_all_kinds_from_all_senders_keep_their_order(pair: Any, seed: int) -> None:
    one, other = pair
    rng = random.Random(seed)
    ref, seen = listener(one, other)
    again, beside = listener(one, other)
    senders = [None, one.spawn(Listener, []), one.spawn(Listener, [])]
    told: list[Any] = []
    for number in range(600):
        message, sender = kinds(rng, number), rng.choice(senders)
        for _ in range(rng.choice([1, 1, 2, 40])):
            ref.tell(message, sender)
            told.append((message, sender))
        if rng.random() < 0.1:
            again.tell(message, sender)
        if rng.random() < 0.02:
            await asyncio.sleep(0)
    await ref.ask("last")
    assert seen[:-1] == told
    await again.ask("last")
    assert all(pair in told for pair in beside[:-1])


async def test_more_than_a_run_holds_arrives_in_one_turn(pair: Any) -> None:
    one, other = pair
    ref, seen = listener(one, other)
    for number in range(5_000):
        ref.tell(Small(number, bytes(100)))
    await ref.ask("last")
    assert [message.number for message, _ in seen[:-1]] == list(range(5_000))


async def test_what_is_told_is_a_copy_from_then_on(pair: Any) -> None:
    one, other = pair
    ref, seen = listener(one, other)
    numbers = [1]
    ref.tell(Any1(1))
    ref.tell(Listing(numbers))
    ref.tell(Any1(numbers))
    numbers.append(2)
    await ref.ask("last")
    assert [message for message, _ in seen[:-1]] == [Any1(1), Listing([1]), Any1([1])]


@pytest.mark.parametrize("place", [0, 7, 19])
async def test_what_cannot_travel_is_a_dead_letter_and_its_neighbours_arrive(
    pair: Any, place: int
) -> None:
    one, other = pair
    letters = Heard(one, DeadLetter)
    ref, seen = listener(one, other)
    told = [Word(str(n)) for n in range(20)]
    told[place] = Word("\ud800")
    sender = one.spawn(Listener, [])
    for word in told:
        ref.tell(word, sender)
    await ref.ask("last")
    assert [message for message, _ in seen[:-1]] == told[:place] + told[place + 1 :]
    [letter] = letters
    assert (letter.message, letter.sender, letter.reason) == (told[place], sender, "codec")
    assert letter.recipient == ref


async def test_what_is_told_because_of_a_dead_letter_is_not_lost(pair: Any) -> None:
    one, other = pair
    ref, seen = listener(one, other)
    one.events.subscribe(DeadLetter, lambda letter: ref.tell(Word("heard")))
    for text in ("first", "\ud800", "second"):
        ref.tell(Word(text))
    ref.tell(Small(3))
    ref.tell(Word("last"))
    await until(lambda: len(seen) == 5)
    assert [word for word, _ in seen] == [
        Word("first"),
        Word("second"),
        Small(3),
        Word("last"),
        Word("heard"),
    ]


@message
class Chatty:
    """Its reader may be interrupted: by a finalizer, a signal handler, code of its own."""

    text: str

    def __getattribute__(self, name: str) -> Any:
        if name == "text" and INTERRUPTIONS:
            INTERRUPTIONS.pop()()
        return object.__getattribute__(self, name)


INTERRUPTIONS: list[Any] = []


@pytest.mark.parametrize("place", range(6))
@pytest.mark.parametrize("times", [1, 2, 3])
async def test_what_is_told_while_a_message_is_read_harms_neither(
    pair: Any, place: int, times: int
) -> None:
    one, other = pair
    ref, seen = listener(one, other)
    beside, heard = listener(one, other)

    def interrupt() -> None:
        for _ in range(times):
            beside.tell(Bare())

    for number in range(6):
        if number == place:
            INTERRUPTIONS.append(interrupt)
        ref.tell(Chatty(str(number)))
    beside.tell(Bare())
    beside.tell(Bare())
    await ref.ask("last")
    await beside.ask("last")
    assert [message.text for message, _ in seen[:-1]] == list("012345")
    assert len(heard) == times + 3


async def test_a_class_that_cannot_be_looked_at_is_a_dead_letter_each_time(pair: Any) -> None:
    @message
    class Odd:
        number: int

    Odd.__signature__ = "none"  # type: ignore[attr-defined]
    one, other = pair
    letters = Heard(one, DeadLetter)
    ref, seen = listener(one, other)
    for number in range(3):
        ref.tell(Odd(number))
    await ref.ask("last")
    assert [letter.reason for letter in letters] == ["codec"] * 3
    assert len(seen) == 1


async def test_what_the_receiver_refuses_does_not_harm_its_neighbours(pair: Any) -> None:
    one, other = pair
    letters = Heard(other, DeadLetter)
    ref, seen = listener(one, other)
    for value in (1, "two", 3):
        ref.tell(Small(value, b""))  # type: ignore[arg-type]
    ref.tell(Small(4))
    await ref.ask("last")
    assert [message for message, _ in seen[:-1]] == [Small(1), Small(3), Small(4)]
    assert [(letter.reason, letter.message.field) for letter in letters] == [("codec", "number")]


async def test_full_mailboxes_refuse_as_many_as_they_would_one_by_one(pair: Any) -> None:
    one, other = pair
    letters = Heard(other, DeadLetter)
    ref, seen = listener(one, other, mailbox=Bounded(3))
    for number in range(10):
        ref.tell(Small(number))
    await until(lambda: len(seen) + len(letters) == 10)
    assert [message for message, _ in seen] == [Small(0), Small(1), Small(2)]
    assert {letter.reason for letter in letters} == {"mailbox-full"}


async def test_priority_mailboxes_have_their_say(pair: Any) -> None:
    one, other = pair
    ref, seen = listener(one, other, mailbox=Priority(lambda message: -message.number))
    for number in range(5):
        ref.tell(Small(number))
    await until(lambda: len(seen) == 5)
    assert [message.number for message, _ in seen] == [4, 3, 2, 1, 0]


async def test_actors_that_have_ended_make_a_dead_letter_of_each(pair: Any) -> None:
    one, other = pair
    letters = Heard(other, DeadLetter)
    ref, seen = listener(one, other)
    await ref.ask("first")
    ref.stop()
    for number in range(5):
        ref.tell(Small(number))
    await until(lambda: len(letters) == 5)
    assert [letter.message for letter in letters] == [Small(n) for n in range(5)]
    assert len(seen) == 1


async def test_room_is_counted_in_messages(pair: Any) -> None:
    one, other = pair
    letters = Heard(one, DeadLetter)
    ref, seen = listener(one, other)
    room = one._remote.settings.buffer_messages
    for number in range(room + 3):
        ref.tell(number)
    first = letters[0].message
    assert room - 10 < first <= room
    assert [letter.message for letter in letters] == list(range(first, room + 3))
    assert {letter.reason for letter in letters} == {"link-full"}
    await ref.send("last")
    await until(lambda: len(seen) == first + 1)
    assert [message for message, _ in seen] == [*range(first), "last"]


async def test_what_was_under_way_when_the_link_was_lost_is_a_dead_letter_each(pair: Any) -> None:
    one, other = pair
    letters = Heard(one, DeadLetter)
    ref, _ = listener(one, other)
    await ref.ask("first")
    sender = one.spawn(Listener, [])
    for number in range(3):
        ref.tell(Small(number), sender)
    ref.tell(Bare())
    one._remote.hang_up(other.endpoint, "pulled out")
    assert [(letter.message, letter.sender) for letter in letters] == [
        *((Small(n), sender) for n in range(3)),
        (Bare(), None),
    ]
    assert {letter.reason for letter in letters} == {"node-lost"}
    ref.tell(Small(9))
    await ref.ask("over a new link")
    assert not sizes(one)["unacknowledged"]


async def test_a_run_that_is_open_is_not_overtaken_by_other_envelopes(pair: Any) -> None:
    one, other = pair
    letters = Heard(other, DeadLetter)
    ref, seen = listener(one, other)
    await ref.ask("first")
    ref.tell(Small(1))
    ref.kill()
    ref.tell(Small(2))
    await until(lambda: len(letters) == 2)
    assert [letter.message for letter in letters] == [Small(1), Small(2)]
    assert len(seen) == 1
