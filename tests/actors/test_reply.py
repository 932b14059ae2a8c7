"""Answers given by `reply`, and answers given later."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from holon_actors import (
    ActorStopped,
    ActorSystem,
    AlreadyReplied,
    AskTimeout,
    DeadLetter,
    DeferredReply,
    LateAnswer,
    NotInHandler,
)
from tests.actors.kit import Boom, Collector, Heard, Ping, Scripted, turns, until


async def test_a_reply_ends_the_ask_before_the_handler_does(system: ActorSystem) -> None:
    release = asyncio.Event()

    async def handle(me: Any, message: Any, sender: Any) -> str:
        me.reply("early")
        await release.wait()
        return "ignored"

    ref = system.spawn(Scripted, handle)
    assert await ref.ask("x") == "early"
    release.set()
    assert await ref.ask("y") == "early"


async def test_none_is_an_answer(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> str:
        me.reply(None)
        return "ignored"

    assert await system.spawn(Scripted, handle).ask("x") is None


async def test_a_second_reply_is_an_error_and_the_first_stands(system: ActorSystem) -> None:
    raised: list[AlreadyReplied] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        me.reply("first")
        for again in (lambda: me.reply("second"), me.defer_reply, me.stash):
            try:
                again()
            except AlreadyReplied as error:
                raised.append(error)

    ref = system.spawn(Scripted, handle)
    assert await ref.ask(Ping()) == "first"
    await until(lambda: len(raised) == 3)
    assert {(e.address, e.message_type) for e in raised} == {(ref.address, "Ping")}


async def test_the_answer_to_a_tell_goes_to_its_sender(system: ActorSystem) -> None:
    heard: list[Any] = []
    teller = system.spawn(Collector, heard)

    def handle(me: Any, message: Any, sender: Any) -> None:
        me.reply("answer")

    system.spawn(Scripted, handle).tell("question", teller)
    await until(lambda: heard)
    assert heard == ["answer"]


async def test_the_answer_to_nobody_is_a_dead_letter(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    ref = system.spawn(Scripted, lambda me, message, sender: me.reply("answer"))
    ref.tell("question")
    await letters.wait()
    assert [(letter.message, letter.sender) for letter in letters] == [("answer", ref)]


@pytest.mark.parametrize("verb", ["reply", "defer_reply", "stash"])
async def test_outside_a_handler_there_is_nothing_to_answer(system: ActorSystem, verb: str) -> None:
    actors: list[Any] = []
    ref = system.spawn(Scripted, lambda me, message, sender: actors.append(me))
    await ref.ask("who")
    with pytest.raises(NotInHandler, match=verb) as caught:
        getattr(actors[0], verb)(*(["x"] if verb == "reply" else []))
    assert (caught.value.address, caught.value.verb) == (ref.address, verb)


class Later(Scripted):
    """Defers every answer and hands the handles to the test."""

    def __init__(self, handles: list[DeferredReply]) -> None:
        def handle(me: Any, message: Any, sender: Any) -> str:
            handles.append(me.defer_reply())
            return "ignored"

        super().__init__(handle)


async def test_a_deferred_answer_ends_the_ask_when_it_is_sent(system: ActorSystem) -> None:
    handles: list[DeferredReply] = []
    ref = system.spawn(Later, handles)
    asks = [asyncio.ensure_future(ref.ask(n)) for n in range(2)]
    await until(lambda: len(handles) == 2)
    handles[1].send("second")
    assert await asks[1] == "second"
    assert not asks[0].done()
    handles[0].send(None)
    assert await asks[0] is None


@pytest.mark.parametrize("error", [Boom("later"), StopIteration("odd"), KeyError("k")])
async def test_a_deferred_failure_is_raised_by_the_ask(
    system: ActorSystem, error: Exception
) -> None:
    handles: list[DeferredReply] = []
    ask = asyncio.ensure_future(system.spawn(Later, handles).ask("x", timeout=2.0))
    await until(lambda: handles)
    handles[0].fail(error)
    with pytest.raises(RuntimeError if isinstance(error, StopIteration) else type(error)):
        await ask


async def test_a_deferred_answer_can_be_given_once(system: ActorSystem) -> None:
    handles: list[DeferredReply] = []
    ref = system.spawn(Later, handles)
    ask = asyncio.ensure_future(ref.ask(Ping()))
    await until(lambda: handles)
    handles[0].send("once")
    with pytest.raises(AlreadyReplied) as caught:
        handles[0].send("twice")
    assert caught.value.message_type == "Ping"
    with pytest.raises(AlreadyReplied):
        handles[0].fail(Boom())
    assert await ask == "once"


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_deferred_answer_dies_with_its_actor(system: ActorSystem, end: str) -> None:
    handles: list[DeferredReply] = []
    ref = system.spawn(Later, handles)
    ask = asyncio.ensure_future(ref.ask("x"))
    await until(lambda: handles)
    getattr(ref, end)()
    with pytest.raises(ActorStopped):
        await ask
    with pytest.raises(AlreadyReplied):
        handles[0].send("too late")


async def test_a_deferred_answer_to_an_asker_who_left_is_late(system: ActorSystem) -> None:
    late = Heard(system, LateAnswer)
    handles: list[DeferredReply] = []
    ref = system.spawn(Later, handles)
    ask = asyncio.ensure_future(ref.ask("x"))
    await until(lambda: handles)
    ask.cancel()
    await turns()
    handles[0].send("late")
    await late.wait()
    assert late[0].ref == ref


async def test_a_deferred_answer_to_a_tell_goes_to_its_sender(system: ActorSystem) -> None:
    handles: list[DeferredReply] = []
    heard: list[Any] = []
    ref, teller = system.spawn(Later, handles), system.spawn(Collector, heard)
    ref.tell("question", teller)
    ref.tell("question", teller)
    await until(lambda: len(handles) == 2)
    handles[0].fail(Boom("dropped"))
    handles[1].send("answer")
    await until(lambda: heard)
    assert heard == ["answer"]


async def test_a_deferred_answer_may_come_from_another_thread(system: ActorSystem) -> None:
    handles: list[DeferredReply] = []
    ask = asyncio.ensure_future(system.spawn(Later, handles).ask("x"))
    await until(lambda: handles)
    thread = threading.Thread(target=handles[0].send, args=("from a thread",))
    thread.start()
    assert await ask == "from a thread"
    thread.join()


async def test_an_ask_that_was_answered_and_then_fails_keeps_its_answer(
    system: ActorSystem,
) -> None:
    def handle(me: Any, message: Any, sender: Any) -> None:
        me.reply("answered")
        raise Boom

    ref = system.spawn(Scripted, handle)
    assert await ref.ask("x") == "answered"
    assert system.statistics().failures == 1
    assert await ref.ask("y") == "answered"


async def test_a_deferred_reply_that_is_never_used_is_forgotten_with_its_ask(
    system: ActorSystem,
) -> None:
    ref: Any = system.spawn(Scripted, lambda me, message, sender: me.defer_reply() and None)
    with pytest.raises(AskTimeout):
        await ref.ask(1, timeout=0.001)
    await turns()
    assert not ref._rare.deferred
