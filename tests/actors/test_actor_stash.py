"""What an actor puts aside, and how it comes back."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorStopped,
    ActorSystem,
    Bounded,
    DeadLetter,
    MailboxFull,
    Priority,
)
from tests.actors.kit import Boom, Heard, Scripted, ended, turns, until


class Hoarder(Actor):
    """Stashes everything until "open", then echoes."""

    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen
        self.is_open = False

    def receive(self, message: Any, sender: Any) -> Any:
        if message == "open":
            self.is_open = True
            self.unstash_all()
        elif isinstance(message, Boom):
            raise message
        elif self.is_open:
            self.seen.append(message)
            return message
        else:
            self.stash()
        return None


@pytest.mark.parametrize("mailbox", [None, Bounded(50), Priority(lambda message: 0)])
async def test_what_was_stashed_comes_back_in_order_ahead_of_the_unread(
    system: ActorSystem, mailbox: Any
) -> None:
    seen: list[Any] = []
    ref = system.spawn(Hoarder, seen, mailbox=mailbox)
    for n in range(5):
        ref.tell(n)
    ref.tell("open")
    for n in range(5, 10):
        ref.tell(n)
    await until(lambda: len(seen) == 10)
    assert seen == list(range(10))


async def test_a_stashed_ask_is_answered_after_all(system: ActorSystem) -> None:
    ref = system.spawn(Hoarder, [])
    asks = [asyncio.ensure_future(ref.ask(n)) for n in range(3)]
    await turns()
    assert not any(ask.done() for ask in asks)
    ref.tell("open")
    assert await asyncio.gather(*asks) == [0, 1, 2]


async def test_a_message_can_be_stashed_more_than_once_in_its_life(system: ActorSystem) -> None:
    seen: list[Any] = []

    class Twice(Actor):
        def __init__(self) -> None:
            self.opened = 0

        def receive(self, message: Any, sender: Any) -> Any:
            if message == "open":
                self.opened += 1
                self.unstash_all()
            elif self.opened < 2:
                self.stash()
            else:
                seen.append(message)
                return "answered"
            return None

    ref = system.spawn(Twice)
    ref.tell("a")
    ask = asyncio.ensure_future(ref.ask("b"))
    await turns()
    for _ in range(2):
        ref.tell("open")
        await turns()
    assert await ask == "answered"
    assert seen == ["a", "b"]


async def test_stashing_one_message_twice_does_not_double_it(system: ActorSystem) -> None:
    """At most once: a second stash of the same message is refused or does nothing."""
    seen: list[Any] = []

    class Double(Actor):
        def __init__(self) -> None:
            self.is_open = False

        def receive(self, message: Any, sender: Any) -> None:
            if message == "open":
                self.is_open = True
                self.unstash_all()
            elif self.is_open:
                seen.append(message)
            else:
                self.stash()
                try:
                    self.stash()
                except RuntimeError:
                    seen.append("refused")

    ref = system.spawn(Double)
    ref.tell("a")
    ref.tell("open")
    ref.tell("last")
    await until(lambda: "last" in seen)
    assert [m for m in seen if m != "refused"] == ["a", "last"]


async def test_the_stash_of_a_bounded_mailbox_is_bounded(system: ActorSystem) -> None:
    ref = system.spawn(Hoarder, [], mailbox=Bounded(2))
    for n in range(2):
        ref.tell(n)
        await turns()
    with pytest.raises(MailboxFull, match="stash"):
        await ref.ask("third")


async def test_a_stash_is_neither_lost_nor_silent_when_its_actor_ends(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    ref = system.spawn(Hoarder, [])
    ref.tell("stashed")
    ask = asyncio.ensure_future(ref.ask("stashed ask"))
    await turns()
    ref.stop()
    with pytest.raises(ActorStopped):
        await ask
    await ended(system, ref)
    assert [letter.message for letter in letters] == ["stashed"]


async def test_a_restart_puts_the_stash_back_into_the_mailbox(system: ActorSystem) -> None:
    seen: list[Any] = []
    ref = system.spawn(Hoarder, seen)
    ask = asyncio.ensure_future(ref.ask("a"))
    await turns()
    ref.tell("b")
    ref.tell(Boom())
    ref.tell("open")
    await until(lambda: len(seen) == 2)
    assert seen == ["a", "b"]
    assert await ask == "a"


async def test_unstashing_nothing_is_fine(system: ActorSystem) -> None:
    ref = system.spawn(Scripted, lambda me, message, sender: me.unstash_all())
    assert await ref.ask("x") is None


@pytest.mark.parametrize("how", ["sync", "async", "thread"])
async def test_a_message_that_is_stashed_and_then_fails_is_dropped(
    system: ActorSystem, how: str
) -> None:
    seen: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        seen.append(message)
        if message == "bad":
            me.stash()
            raise Boom

    async def handle_later(me: Any, message: Any, sender: Any) -> None:
        await asyncio.sleep(0)
        handle(me, message, sender)

    ref = system.spawn(
        Scripted,
        handle_later if how == "async" else handle,
        dispatcher="thread" if how == "thread" else "loop",
    )
    with pytest.raises(Boom):
        await ref.ask("bad")
    await ref.ask("good")
    assert seen == ["bad", "good"]
