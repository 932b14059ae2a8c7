"""Actors on the thread dispatcher."""

from __future__ import annotations

import asyncio
import sys
import threading
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorRestarted,
    ActorStopped,
    ActorSystem,
    BlockingHandler,
    Bounded,
    DeadLetter,
    MailboxFull,
    PipeFailed,
    Priority,
    ReceiveTimeout,
    Terminated,
)
from tests.actors.kit import (
    LOOP,
    Boom,
    Collector,
    Echo,
    Heard,
    Latch,
    Ping,
    ended,
    on_thread,
    turns,
    until,
)


async def test_each_actor_has_a_pykka_thread_of_its_own(system: ActorSystem) -> None:
    import pykka

    def where(me: Any, message: Any, sender: Any) -> threading.Thread:
        return threading.current_thread()

    first, second = on_thread(system, where), on_thread(system, where)
    threads = [await first.ask(1), await first.ask(2), await second.ask(1)]
    assert threads[0] is threads[1] is not threads[2]
    assert LOOP not in threads
    assert len(pykka.ActorRegistry.get_all()) >= 2


async def test_a_handler_that_blocks_does_not_block_the_loop(system: ActorSystem) -> None:
    blocked = Heard(system, BlockingHandler)
    latch = Latch()
    ref = on_thread(system, latch)
    ask = asyncio.ensure_future(ref.ask("blocked"))
    await latch.wait_reached()
    assert await system.spawn(Echo).ask(Ping()) == "pong"
    assert not ask.done()
    latch.let_go.set()
    assert await ask == "blocked"
    assert blocked == []


async def test_order_holds_and_one_message_is_handled_at_a_time(system: ActorSystem) -> None:
    seen: list[int] = []
    inside: list[int] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        inside.append(message)
        assert len(inside) == 1
        seen.append(message)
        inside.pop()

    ref = on_thread(system, handle)
    for n in range(500):
        ref.tell(n)
    await ref.ask(500)
    assert seen == list(range(501))


async def test_the_verbs_of_an_actor_work_from_its_thread(system: ActorSystem) -> None:
    seen: list[Any] = []
    collector, echo = system.spawn(Collector, seen), system.spawn(Echo)

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message != "go":
            seen.append(("to oneself", message))
            return None
        me.tell(collector, "told")
        child = me.spawn(Echo, name="child")
        me.schedule(0.0, "scheduled")
        me.reply((me.ask_blocking(echo, Ping()), child, me.children, me.ref))
        return "ignored"

    ref = on_thread(system, handle)
    answer, child, children, itself = await ref.ask("go")
    assert answer == "pong"
    assert children == (child,)
    assert itself == ref
    assert await child.ask(Ping()) == "pong"
    await until(lambda: len(seen) == 2)
    assert seen == ["told", ("to oneself", "scheduled")] or seen[::-1] == [
        "told",
        ("to oneself", "scheduled"),
    ]


async def test_what_a_blocking_ask_raises_is_the_other_actor_s_error(system: ActorSystem) -> None:
    echo = system.spawn(Echo)
    error = Boom()
    ref = on_thread(system, lambda me, message, sender: me.ask_blocking(echo, error))
    with pytest.raises(Boom) as caught:
        await ref.ask("x")
    assert caught.value is error


async def test_a_deferred_answer_may_be_given_from_the_thread(system: ActorSystem) -> None:
    kept: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "later":
            kept.append(me.defer_reply())
        else:
            kept[0].send("now")
        return None

    ref = on_thread(system, handle)
    ask = asyncio.ensure_future(ref.ask("later"))
    await until(lambda: kept)
    await ref.ask("answer")
    assert await ask == "now"


async def test_stash_and_become_work_from_the_thread(system: ActorSystem) -> None:
    class Door(Actor):
        def receive(self, message: Any, sender: Any) -> Any:
            if message != "open":
                self.stash()
                return
            self.become(self.opened)
            self.unstash_all()

        def opened(self, message: Any, sender: Any) -> Any:
            return ("opened", message)

    ref = system.spawn(Door, dispatcher="thread")
    asks = [asyncio.ensure_future(ref.ask(n)) for n in range(3)]
    await turns()
    await ref.ask("open")
    assert await asyncio.gather(*asks) == [("opened", n) for n in range(3)]


async def test_signals_are_handled_in_the_thread_too(system: ActorSystem) -> None:
    """A handler that blocks on `Terminated` must not block the loop either."""
    handled: dict[type, threading.Thread] = {}
    other = system.spawn(Echo)

    async def broken() -> None:
        raise Boom

    class Listener(Actor):
        def started(self) -> None:
            self.watch(other)
            self.set_receive_timeout(0.01)
            self.pipe_to_self(broken())

        def receive(self, message: Any, sender: Any) -> None:
            handled[type(message)] = threading.current_thread()

    system.spawn(Listener, dispatcher="thread")
    other.stop()
    await until(lambda: len(handled) == 3)
    assert set(handled) == {Terminated, ReceiveTimeout, PipeFailed}
    assert LOOP not in handled.values()


async def test_hooks_run_in_the_thread(system: ActorSystem) -> None:
    where: list[tuple[str, bool]] = []

    class Hooked(Actor):
        def _note(self, hook: str) -> None:
            where.append((hook, threading.current_thread() is LOOP))

        def started(self) -> None:
            self._note("started")

        def stopped(self) -> None:
            self._note("stopped")

        def restarting(self, error: BaseException, message: Any) -> None:
            self._note("restarting")

        def restarted(self, error: BaseException) -> None:
            self._note("restarted")

        def receive(self, message: Any, sender: Any) -> Any:
            if isinstance(message, Boom):
                raise message
            return message

    ref = system.spawn(Hooked, dispatcher="thread")
    ref.tell(Boom())
    await ref.ask("m")
    ref.stop()
    await ended(system, ref)
    assert where == [(h, False) for h in ("started", "restarting", "restarted", "stopped")]


async def test_a_failure_in_the_thread_is_supervised(system: ActorSystem) -> None:
    class Counter(Actor):
        def __init__(self) -> None:
            self.count = 0

        def receive(self, message: Any, sender: Any) -> Any:
            if isinstance(message, Boom):
                raise message
            self.count += 1
            return self.count

    ref = system.spawn(Counter, dispatcher="thread")
    error = Boom()
    assert await ref.ask("m") == 1
    with pytest.raises(Boom) as caught:
        await ref.ask(error)
    assert caught.value is error
    assert await ref.ask("m") == 1


@pytest.mark.parametrize("error", [SystemExit, KeyboardInterrupt, asyncio.CancelledError])
async def test_what_ends_a_thread_ends_only_its_actor(
    system: ActorSystem, error: type[BaseException]
) -> None:
    failures = Heard(system, ActorFailed)

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "end":
            raise error
        return message

    ref, other = on_thread(system, handle), on_thread(system, handle)
    ref.tell("end")
    await failures.wait()
    assert failures[0].ref == ref
    assert await ref.ask("restarted", timeout=2.0) == "restarted"
    assert await other.ask("well", timeout=2.0) == "well"


async def test_an_ask_ends_when_a_thread_handler_calls_exit(system: ActorSystem) -> None:
    """The asker gets an error that it can catch; a SystemExit would end its whole program."""
    ref = on_thread(system, lambda me, message, sender: sys.exit(3))
    ask = asyncio.ensure_future(_caught(ref.ask("x", timeout=2.0)))
    assert isinstance(await ask, Exception)


async def _caught(asking: Any) -> BaseException:
    try:
        await asking
    except BaseException as error:  # noqa: BLE001  # SystemExit is what it must not be
        return error
    raise AssertionError("no error")


async def test_an_async_handler_of_a_thread_actor_runs_on_the_loop(system: ActorSystem) -> None:
    echo = system.spawn(Echo)

    async def handle(me: Any, message: Any, sender: Any) -> Any:
        return await me.ask(echo, message), threading.current_thread()

    ref = on_thread(system, handle)
    assert await ref.ask("hello") == ("hello", LOOP)
    assert await ref.ask("again") == ("again", LOOP)


async def test_what_the_thread_has_not_begun_is_unread_when_the_actor_stops(
    system: ActorSystem,
) -> None:
    letters = Heard(system, DeadLetter)
    latch = Latch()
    ref = on_thread(system, latch)
    current = asyncio.ensure_future(ref.ask("current"))
    await latch.wait_reached()
    ref.tell("unread")
    unread = asyncio.ensure_future(ref.ask("unread ask"))
    await turns()
    ref.stop()
    latch.let_go.set()
    assert await current == "current"
    with pytest.raises(ActorStopped):
        await unread
    await ended(system, ref)
    assert [letter.message for letter in letters] == ["unread"]


@pytest.mark.parametrize("mailbox", [Bounded(2), Priority(lambda message: 0, capacity=2)])
async def test_bounded_mailboxes_bound_thread_actors_too(system: ActorSystem, mailbox: Any) -> None:
    latch = Latch()
    ref = on_thread(system, latch, mailbox=mailbox)
    ref.tell("current")
    await latch.wait_reached()
    for n in range(2):
        ref.tell(n)
    with pytest.raises(MailboxFull):
        await ref.ask("too much")
    send = asyncio.ensure_future(ref.send("waits"))
    await turns()
    assert not send.done()
    latch.let_go.set()
    await send


async def test_a_thread_actor_can_stop_itself_and_its_system_goes_on(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> str:
        me.stop()
        return "goodbye"

    ref = on_thread(system, handle)
    assert await ref.ask("stop") == "goodbye"
    await ended(system, ref)


async def test_a_restart_happens_after_the_failing_batch_and_keeps_the_rest(
    system: ActorSystem,
) -> None:
    seen: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        if isinstance(message, Boom):
            raise message
        seen.append(message)

    restarts = Heard(system, ActorRestarted)
    ref = on_thread(system, handle)
    for item in (1, 2, Boom(), 3, Boom(), 4):
        ref.tell(item)
    await until(lambda: len(seen) == 4)
    assert seen == [1, 2, 3, 4]
    assert len(restarts) == 2
