"""Laws that hold whatever happens: every message has exactly one fate, and order is kept.

A message told to an actor is handled, or fails its handler, or becomes a dead letter: one of
these, once. An ask ends in exactly one way.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from holon_actors import (
    Actor,
    ActorRef,
    ActorStopped,
    ActorSystem,
    Backoff,
    Bounded,
    DeadLetter,
    Directive,
    MailboxFull,
    OneForAll,
    OneForOne,
    Priority,
    RestForOne,
    Unbounded,
)
from tests.actors.kit import Boom

ACTORS = 3


@dataclass(frozen=True)
class Numbered:
    """The n-th message of the test."""

    n: int
    sender: int
    fails: bool = False
    waits: bool = False
    stops: bool = False
    stashes: bool = False


@dataclass
class Fates:
    """What became of each message, by number."""

    handled: list[tuple[int, Numbered]] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)
    buried: list[int] = field(default_factory=list)

    def all(self) -> Counter[int]:
        return Counter([m.n for _, m in self.handled] + self.failed + self.buried)


class Subject(Actor):
    def __init__(self, index: int, fates: Fates) -> None:
        self.index, self.fates = index, fates
        self.stashed: set[int] = set()

    def receive(self, message: Any, sender: Any) -> Any:
        if message.stashes and message.n not in self.stashed:
            self.stashed.add(message.n)
            self.stash()
            return None
        if self.stashed:
            self.unstash_all()
        if message.waits:
            return self._later(message)
        return self._handle(message)

    async def _later(self, message: Numbered) -> int:
        await asyncio.sleep(0)
        return self._handle(message)

    def _handle(self, message: Numbered) -> int:
        if message.fails:
            self.fates.failed.append(message.n)
            raise Boom(message.n)
        self.fates.handled.append((self.index, message))
        if message.stops:
            self.stop()
        return message.n


TELLS = st.tuples(
    st.just("tell"),
    st.integers(0, ACTORS - 1),
    st.integers(0, 1),
    st.sampled_from(["plain", "plain", "plain", "waits", "fails", "waits fails", "stops"]),
)
STEPS = st.one_of(
    TELLS,
    TELLS,
    TELLS,
    st.tuples(st.just("pause"), st.integers(1, 6)),
    st.tuples(st.sampled_from(["stop", "kill"]), st.integers(0, ACTORS - 1)),
)
MAILBOXES = st.sampled_from(
    [
        Unbounded(),
        Unbounded(high_water=2),
        Bounded(2),
        Bounded(2, "drop-new"),
        Bounded(2, "drop-old"),
        Priority(lambda message: message.sender),
        Priority(lambda message: 0, capacity=3),
    ]
)
POLICIES = st.sampled_from(
    [
        OneForOne(),
        OneForOne(max_restarts=1000),
        OneForAll(max_restarts=1000),
        RestForOne(max_restarts=2),
        OneForOne(1000, backoff=Backoff(0.0001, 1.0, 0.0001)),
        OneForOne(decide=lambda error: Directive.RESUME),
        OneForOne(decide=lambda error: Directive.STOP),
        OneForOne(decide=lambda error: Directive.ESCALATE),
    ]
)


def numbered(n: int, sender: int, kind: str) -> Numbered:
    return Numbered(n, sender, "fails" in kind, "waits" in kind, "stops" in kind, "stash" in kind)


def kept_order(fates: Fates) -> None:
    """Per sender and receiver, what was handled was handled in the order of sending."""
    for receiver in range(ACTORS):
        for sender in range(2):
            mine = [m.n for i, m in fates.handled if i == receiver and m.sender == sender]
            assert mine == sorted(mine)


def letters_into(fates: Fates, system: ActorSystem) -> None:
    def bury(letter: DeadLetter) -> None:
        fates.buried.append(letter.message.n)

    system.events.subscribe(DeadLetter, bury)


async def play(system: ActorSystem, refs: list[ActorRef[Any]], steps: list[Any]) -> int:
    told = 0
    for step in steps:
        match step:
            case ("tell", actor, sender, kind):
                refs[actor].tell(numbered(told, sender, kind))
                told += 1
            case ("pause", times):
                for _ in range(times):
                    await asyncio.sleep(0)
            case (verb, actor):
                getattr(refs[actor], verb)()
    return told


@pytest.mark.parametrize("dispatcher", ["loop", "thread"])
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(STEPS, max_size=40), mailbox=MAILBOXES, policy=POLICIES)
def test_every_message_has_exactly_one_fate_and_keeps_its_order(
    dispatcher: str, steps: list[Any], mailbox: Any, policy: Any
) -> None:
    # What a kill interrupts has begun and is not done: neither handled nor unread.
    fates, killed = Fates(), any(step[0] == "kill" for step in steps)

    async def main() -> int:
        async with ActorSystem("test", supervision=policy) as system:
            letters_into(fates, system)
            refs = [
                system.spawn(Subject, n, fates, mailbox=mailbox, dispatcher=dispatcher)
                for n in range(ACTORS)
            ]
            told = await play(system, refs, steps)
            for _ in range(5):
                await asyncio.sleep(0)
            await system.shutdown()
            assert system.statistics().dead_letters == len(fates.buried)
            return told

    told = asyncio.run(main())
    counts = fates.all()
    assert max(counts.values(), default=1) == 1
    if killed:
        assert set(counts) <= set(range(told))
        assert told - len(counts) <= ACTORS
    else:
        assert set(counts) == set(range(told))
    kept_order(fates)


KINDS = st.sampled_from(["plain", "waits", "fails", "waits fails", "stops", "stash", "stash fails"])
ASKS = st.lists(
    st.tuples(st.integers(0, ACTORS - 1), KINDS, st.integers(0, 2), st.booleans()), max_size=30
)


@settings(max_examples=60, deadline=None)
@given(asks=ASKS, mailbox=MAILBOXES, policy=POLICIES)
def test_every_ask_ends_as_its_message_did(asks: list[Any], mailbox: Any, policy: Any) -> None:
    async def ask(ref: ActorRef[Any], message: Numbered) -> None:
        try:
            answer = await ref.ask(message, timeout=5.0)
        except Boom as error:
            answers[message.n] = error.args[0] if message.fails else None
        except (ActorStopped, MailboxFull):
            answers[message.n] = message.n
            assert message.n not in [m.n for _, m in fates.handled]
        else:
            answers[message.n] = answer
            assert message.n in [m.n for _, m in fates.handled]

    fates, answers = Fates(), dict[int, Any]()

    async def main() -> None:
        async with ActorSystem("test", supervision=policy) as system:
            refs = [system.spawn(Subject, n, fates, mailbox=mailbox) for n in range(ACTORS)]
            asking = []
            for n, (actor, kind, pauses, stop) in enumerate(asks):
                asking.append(asyncio.ensure_future(ask(refs[actor], numbered(n, 0, kind))))
                for _ in range(pauses):
                    await asyncio.sleep(0)
                if stop and n % 7 == 6:
                    refs[actor].stop()
            for _ in range(5):
                await asyncio.sleep(0)
            await system.shutdown()
            await asyncio.gather(*asking)

    asyncio.run(main())
    assert answers == {n: n for n in range(len(asks))}
