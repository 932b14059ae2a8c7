"""What an actor may do from the inside: become, stash, children, pipes, logs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorRef,
    ActorSystem,
    DeadLetter,
    MessageUnhandled,
    PipeFailed,
    Request,
    Terminated,
    message,
)
from tests.actors.kit import Boom, Collector, Echo, Heard, Ping, Scripted, ended, turns, until

# --- who and where ---


async def test_an_actor_knows_itself_its_parent_and_its_children(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> Any:
        first, second = me.spawn(Echo, name="first"), me.spawn(Echo, name="second")
        return me.ref, me.address, me.parent, me.children, (first, second), me.system

    ref = system.spawn(Scripted, handle, name="ada")
    who: Any = await ref.ask("who")
    itself, address, parent, children, spawned, its_system = who
    assert itself == ref
    assert address == ref.address
    assert parent.path == "/user"
    assert children == spawned
    assert [child.path for child in children] == ["/user/ada/first", "/user/ada/second"]
    assert its_system is system


async def test_a_child_that_has_ended_is_no_child_any_more(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "spawn":
            return me.spawn(Echo)
        if message == "stop":
            me.stop_child(me.children[0])
            return None
        return me.children

    ref = system.spawn(Scripted, handle)
    child: Any = await ref.ask("spawn")
    await ref.ask("stop")
    await ended(system, child)
    assert await ref.ask("children") == ()


async def test_only_one_s_own_children_can_be_stopped_by_stop_child(system: ActorSystem) -> None:
    stranger = system.spawn(Echo)
    ref = system.spawn(Scripted, lambda me, message, sender: me.stop_child(stranger))
    with pytest.raises(ValueError, match="not a child"):
        await ref.ask("stop")
    assert await stranger.ask(Ping()) == "pong"


async def test_the_log_begins_each_line_with_the_path(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ref = system.spawn(
        Scripted, lambda me, message, sender: me.log.info("got %s", message), name="ada"
    )
    await ref.ask("mail")
    assert [r.getMessage() for r in caplog.records if r.levelno == logging.INFO] == [
        "/user/ada: got mail"
    ]


async def test_an_actor_may_use_its_reference_in_its_constructor(system: ActorSystem) -> None:
    class Early(Actor):
        def __init__(self) -> None:
            self.child = self.spawn(Echo)
            self.tell(self.ref, "from the constructor")
            self.seen: list[Any] = []

        def receive(self, message: Any, sender: Any) -> Any:
            self.seen.append(message)
            return self.seen, self.child

    answer: Any = await system.spawn(Early).ask("x")
    seen, child = answer
    assert seen == ["from the constructor", "x"]
    assert await child.ask(Ping()) == "pong"


async def test_an_actor_without_a_handler_makes_dead_letters(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    ref = system.spawn(Actor)
    sender = system.spawn(Echo)
    ref.tell("what is this", sender)
    await letters.wait()
    assert [(e.message, e.sender, e.recipient, e.reason) for e in letters] == [
        ("what is this", sender, ref, "unhandled")
    ]


@pytest.mark.parametrize("dispatcher", ["loop", "thread"])
async def test_an_ask_that_means_nothing_to_the_actor_ends_with_an_error(
    system: ActorSystem, dispatcher: str
) -> None:
    ref = system.spawn(Actor, dispatcher=dispatcher)
    with pytest.raises(MessageUnhandled) as caught:
        await ref.ask(Ping())
    assert (caught.value.address, caught.value.message_type) == (ref.address, "Ping")
    assert system.statistics().dead_letters == 1
    assert system.statistics().failures == 0
    assert ref.is_alive


async def test_what_an_async_handler_does_not_know_ends_its_own_ask_only(
    system: ActorSystem,
) -> None:
    async def handle(me: Any, message: Any, sender: Any) -> Any:
        await asyncio.sleep(0)
        return me.unhandled(message) if message == "what?" else message

    ref = system.spawn(Scripted, handle)
    first, second = await asyncio.gather(ref.ask("what?"), ref.ask("x"), return_exceptions=True)
    assert isinstance(first, MessageUnhandled)
    assert second == "x"


async def test_an_answer_that_was_given_stands_when_the_message_is_unhandled_after_all(
    system: ActorSystem,
) -> None:
    def handle(me: Any, message: Any, sender: Any) -> None:
        me.reply("mine")
        me.unhandled(message)

    ref = system.spawn(Scripted, handle)
    assert await ref.ask("x") == "mine"
    assert await ref.ask("y") == "mine"
    assert system.statistics().late_answers == 0


async def test_signals_that_nobody_wants_are_let_go(system: ActorSystem) -> None:
    class Watcher(Actor):
        def __init__(self, other: ActorRef[Any]) -> None:
            self.watch(other)

    other = system.spawn(Echo)
    system.spawn(Watcher, other)
    other.stop()
    await ended(system, other)
    await turns()
    assert system.statistics().dead_letters == 0


async def test_an_actor_asks_another_with_itself_as_sender(system: ActorSystem) -> None:
    asked = system.spawn(Scripted, lambda me, message, sender: (message, sender))

    async def handle(me: Any, message: Any, sender: Any) -> Any:
        return await me.ask(asked, message, timeout=1.0)

    asker = system.spawn(Scripted, handle)
    assert await asker.ask("hello") == ("hello", asker)


async def test_blocking_the_loop_with_an_ask_is_refused(system: ActorSystem) -> None:
    echo = system.spawn(Echo)
    ref = system.spawn(Scripted, lambda me, message, sender: me.ask_blocking(echo, message))
    with pytest.raises(RuntimeError, match="thread"):
        await ref.ask("x")


# --- become ---


async def test_behaviours_are_stacked_and_change_with_the_next_message(system: ActorSystem) -> None:
    class Door(Actor):
        def receive(self, message: Any, sender: Any) -> str:
            if message == "push":
                self.become(self.open)
            return "closed"

        def open(self, message: Any, sender: Any) -> str:
            if message == "push":
                self.become(self.wide_open)
            if message == "pull":
                self.unbecome()
            return "open"

        async def wide_open(self, message: Any, sender: Any) -> str:
            await asyncio.sleep(0)
            self.unbecome()
            return "wide open"

    ref = system.spawn(Door)
    words = ["look", "push", "push", "look", "look", "pull", "look"]
    assert [await ref.ask(word) for word in words] == [
        *("closed", "closed", "open", "wide open", "open", "open", "closed")
    ]


async def test_unbecome_without_a_become_stays(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> Any:
        me.unbecome()
        return message

    ref = system.spawn(Scripted, handle)
    assert [await ref.ask(n) for n in range(3)] == [0, 1, 2]


async def test_a_change_of_behaviour_applies_to_messages_of_the_same_batch(
    system: ActorSystem,
) -> None:
    seen: list[Any] = []

    def second(message: Any, sender: Any) -> None:
        seen.append(("second", message))

    def handle(me: Any, message: Any, sender: Any) -> None:
        seen.append(("first", message))
        me.become(second)

    ref = system.spawn(Scripted, handle)
    for n in range(3):
        ref.tell(n)
    await until(lambda: len(seen) == 3)
    assert seen == [("first", 0), ("second", 1), ("second", 2)]


# --- pipe_to_self ---


class Piper(Actor):
    """Pipes the awaitable that it is told, and keeps what comes back."""

    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen

    def receive(self, message: Any, sender: Any) -> None:
        if hasattr(message, "__await__"):
            self.pipe_to_self(message)
        elif isinstance(message, Boom):
            raise message
        else:
            self.seen.append((message, sender == self.ref))


async def value(result: Any) -> Any:
    await asyncio.sleep(0)
    if isinstance(result, BaseException):
        raise result
    return result


async def test_the_result_of_a_pipe_is_a_message_from_oneself(system: ActorSystem) -> None:
    seen: list[Any] = []
    ref = system.spawn(Piper, seen)
    ref.tell(value("result"))
    future = asyncio.get_running_loop().create_future()
    ref.tell(future)
    future.set_result("of a future")
    await until(lambda: len(seen) == 2)
    assert sorted(seen) == [("of a future", True), ("result", True)]


@pytest.mark.parametrize("error", [Boom("outside"), asyncio.CancelledError()])
async def test_the_failure_of_a_pipe_comes_as_a_signal(
    system: ActorSystem, error: BaseException
) -> None:
    """Also when somebody else has cancelled what is awaited."""
    seen: list[Any] = []
    system.spawn(Piper, seen).tell(value(error))
    await turns()
    assert [(type(signal), type(signal.error), own) for signal, own in seen] == [
        (PipeFailed, type(error), True)
    ]
    if isinstance(error, Boom):
        assert seen[0][0].error is error


@pytest.mark.parametrize("end", ["stop", "kill", "restart"])
async def test_a_pipe_is_cancelled_when_its_instance_ends(system: ActorSystem, end: str) -> None:
    cancelled = asyncio.Event()
    running = asyncio.Event()

    async def outside() -> str:
        running.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return "never"

    seen: list[Any] = []
    ref = system.spawn(Piper, seen)
    ref.tell(outside())
    await running.wait()
    if end == "restart":
        ref.tell(Boom())
    else:
        getattr(ref, end)()
    await cancelled.wait()
    await turns()
    assert seen == []


async def test_a_pipe_does_not_hold_up_the_actor(system: ActorSystem) -> None:
    release = asyncio.Event()
    seen: list[Any] = []
    ref = system.spawn(Piper, seen)
    ref.tell(release.wait())
    ref.tell("meanwhile")
    await until(lambda: seen)
    release.set()
    await until(lambda: len(seen) == 2)
    assert [message for message, _ in seen] == ["meanwhile", True]


# --- the example of the contract ---


@message
class Deposit:
    amount: int


@message
class Balance(Request[int]):
    pass


class Account(Actor):
    def __init__(self, opening: int = 0) -> None:
        self.balance = opening

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Deposit(amount=amount):
                self.balance += amount
            case Balance():
                return self.balance
        return None


async def test_an_account_keeps_its_balance() -> None:
    async with ActorSystem("bank") as system:
        account = system.spawn(Account, 10, name="ada")
        account.tell(Deposit(5))
        assert await account.ask(Balance(), timeout=1.0) == 15


async def test_watching_from_a_constructor_works(system: ActorSystem) -> None:
    seen: list[Any] = []
    other = system.spawn(Echo)

    class Watcher(Collector):
        def __init__(self) -> None:
            super().__init__(seen)
            self.watch(other)

    system.spawn(Watcher)
    other.stop()
    await until(lambda: seen)
    assert seen == [Terminated(other, "stopped")]
