"""Every way an ask ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorStopped,
    ActorSystem,
    AskDeadlock,
    AskTimeout,
    HandlerCancelled,
    LateAnswer,
)
from tests.actors.kit import (
    Boom,
    Echo,
    Heard,
    Note,
    Ping,
    Scripted,
    ended,
    turns,
    until,
)

VALUES: list[Any] = ["text", 0, False, None, [], int, object()]


async def test_an_ask_ends_with_what_the_handler_returns(system: ActorSystem) -> None:
    async def later(me: Any, message: Any, sender: Any) -> Any:
        await asyncio.sleep(0)
        return message

    for ref in (system.spawn(Echo), system.spawn(Scripted, later)):
        for value in VALUES:
            assert await ref.ask(value) is value


async def test_an_awaitable_that_a_sync_handler_returns_is_awaited(system: ActorSystem) -> None:
    async def answer() -> str:
        return "awaited"

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "coroutine":
            return answer()
        if message == "task":
            return asyncio.ensure_future(answer())
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        future.set_result("awaited")
        return future

    ref = system.spawn(Scripted, handle)
    for kind in ("coroutine", "task", "future"):
        assert await ref.ask(kind) == "awaited"


@pytest.mark.parametrize("wait", [False, True])
async def test_an_ask_ends_with_the_very_exception_of_the_handler(
    system: ActorSystem, wait: bool
) -> None:
    error = Boom("mine")

    async def later() -> None:
        await asyncio.sleep(0)
        raise error

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if wait:
            return later()
        raise error

    with pytest.raises(Boom) as caught:
        await system.spawn(Scripted, handle).ask("fail")
    assert caught.value is error


@pytest.mark.parametrize("wait", [False, True])
async def test_a_handler_with_a_stray_stop_iteration_fails_like_any_other(
    system: ActorSystem, wait: bool
) -> None:
    """StopIteration must not end the asker's own generator, nor lose the answer."""

    async def later() -> Any:
        return next(iter(()))

    def handle(me: Any, message: Any, sender: Any) -> Any:
        return later() if wait else next(iter(()))

    ref = system.spawn(Scripted, handle)
    with pytest.raises(RuntimeError, match="StopIteration"):
        await ref.ask("next")
    assert (await Heard(system).wait(0)) == []
    assert system.statistics().failures == 1


@pytest.mark.parametrize("wait", [False, True])
async def test_a_cancellation_that_leaks_from_a_handler_is_its_failure(
    system: ActorSystem, wait: bool
) -> None:
    failures = Heard(system, ActorFailed)

    async def later() -> None:
        await asyncio.sleep(0)
        raise asyncio.CancelledError

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message != "leak":
            return message
        if wait:
            return later()
        raise asyncio.CancelledError

    ref = system.spawn(Scripted, handle)
    with pytest.raises(HandlerCancelled) as caught:
        await ref.ask("leak", timeout=2.0)
    assert (caught.value.address, caught.value.message_type) == (ref.address, "str")
    assert [type(failure.error) for failure in failures] == [HandlerCancelled]
    assert await ref.ask("restarted and well") == "restarted and well"


class Unusual(BaseException):
    """Derived from BaseException, as the outcomes of test frameworks are."""


@pytest.mark.parametrize("wait", [False, True])
async def test_a_handler_that_raises_a_base_exception_harms_only_its_actor(
    system: ActorSystem, wait: bool
) -> None:
    failures = Heard(system, ActorFailed)

    async def later() -> None:
        raise Unusual

    def handle(me: Any, message: Any, sender: Any) -> Any:
        if message != "fail":
            return message
        if wait:
            return later()
        raise Unusual

    ref, other = system.spawn(Scripted, handle), system.spawn(Echo)
    ref.tell("fail")
    await turns()
    assert await other.ask("well", timeout=2.0) == "well"
    assert await ref.ask("well", timeout=2.0) == "well"
    assert [type(failure.error) for failure in failures] == [Unusual]


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_unread_asks_end_when_the_actor_does(system: ActorSystem, end: str) -> None:
    holds = asyncio.Event()
    release = asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> None:
        holds.set()
        await release.wait()

    ref = system.spawn(Scripted, hold)
    ref.tell("hold")
    await holds.wait()
    asks = [asyncio.ensure_future(ref.ask(n)) for n in range(3)]
    await turns()
    getattr(ref, end)()
    release.set()
    for ask in asks:
        with pytest.raises(ActorStopped) as caught:
            await ask
        assert caught.value.address == ref.address
        assert caught.value.reason == {"stop": "stopped", "kill": "killed"}[end]


async def test_a_kill_ends_the_current_ask(system: ActorSystem) -> None:
    holds = asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> None:
        holds.set()
        await asyncio.Event().wait()

    ref = system.spawn(Scripted, hold)
    ask = asyncio.ensure_future(ref.ask("hold"))
    await holds.wait()
    ref.kill()
    with pytest.raises(ActorStopped) as caught:
        await ask
    assert caught.value.reason == "killed"


async def test_a_stop_lets_the_current_ask_finish(system: ActorSystem) -> None:
    holds, release = asyncio.Event(), asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> str:
        holds.set()
        await release.wait()
        return "finished"

    ref = system.spawn(Scripted, hold)
    ask = asyncio.ensure_future(ref.ask("hold"))
    await holds.wait()
    ref.stop()
    await turns()
    release.set()
    assert await ask == "finished"
    await ended(system, ref)


async def test_an_actor_that_stops_itself_in_an_ask_still_answers(system: ActorSystem) -> None:
    def handle(me: Any, message: Any, sender: Any) -> str:
        me.stop()
        return "goodbye"

    ref = system.spawn(Scripted, handle)
    assert await ref.ask("stop") == "goodbye"
    with pytest.raises(ActorStopped):
        await ref.ask("anybody?")


async def test_an_ask_to_an_ended_actor_ends_at_once(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    ref.stop()
    await ended(system, ref)
    with pytest.raises(ActorStopped):
        await ref.ask(Ping())


@pytest.mark.parametrize("verb", ["self.ask", "self.ref.ask", "gather"])
async def test_an_actor_that_asks_itself_is_told_so(system: ActorSystem, verb: str) -> None:
    async def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "me?":
            return None
        if verb == "self.ask":
            return await me.ask(me.ref, "me?")
        if verb == "gather":
            return await asyncio.gather(me.ask(me.ref, "me?"))
        return await me.ref.ask("me?")

    ref = system.spawn(Scripted, handle)
    with pytest.raises(AskDeadlock) as caught:
        await ref.ask(Note("ask yourself"), timeout=2.0)
    assert (caught.value.address, caught.value.message_type) == (ref.address, "str")


async def test_an_actor_that_asks_itself_in_its_started_hook_is_told_so(
    system: ActorSystem,
) -> None:
    raised: list[BaseException] = []

    class Narcissus(Actor):
        async def started(self) -> None:
            try:
                await self.ask(self.ref, "me?")
            except AskDeadlock as error:
                raised.append(error)

    ref = system.spawn(Narcissus)
    await until(lambda: raised)
    ref.stop()


async def test_asking_oneself_beside_the_handler_is_no_deadlock(system: ActorSystem) -> None:
    seen: list[Any] = []

    async def handle(me: Any, message: Any, sender: Any) -> Any:
        if message == "start":
            me.pipe_to_self(me.ask(me.ref, "question"))
            await turns(3)
            return None
        if message == "question":
            return "answer"
        seen.append(message)
        return None

    system.spawn(Scripted, handle).tell("start")
    await until(lambda: seen)
    assert seen == ["answer"]


async def test_an_async_handler_runs_in_a_task_of_its_own(system: ActorSystem) -> None:
    """What it does to its task, such as a time limit, must not reach the asker's."""
    tasks: list[Any] = []

    async def handle(me: Any, message: Any, sender: Any) -> str:
        tasks.append(asyncio.current_task())
        if message == "before a wait":
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        await asyncio.sleep(0)
        tasks.append(asyncio.current_task())
        async with asyncio.timeout(0):
            await asyncio.Event().wait()
        return "never"

    for message in ("before a wait", "after a wait"):
        ref = system.spawn(Scripted, handle)
        with pytest.raises(TimeoutError) as caught:
            await ref.ask(message, timeout=5.0)
        assert not isinstance(caught.value, AskTimeout)
    assert len(tasks) == 3
    assert asyncio.current_task() not in tasks
    assert tasks[1] is tasks[2]


@pytest.mark.parametrize("busy", [False, True])
async def test_an_asker_that_is_cancelled_does_not_take_the_handler_along(
    system: ActorSystem, busy: bool
) -> None:
    reached, release, done = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def handle(me: Any, message: Any, sender: Any) -> None:
        reached.set()
        await release.wait()
        done.set()

    ref = system.spawn(Scripted, handle)
    if busy:
        ref.tell("first")
    ask = asyncio.ensure_future(ref.ask("x"))
    await reached.wait()
    ask.cancel()
    await turns()
    assert ask.cancelled()
    release.set()
    await done.wait()
    assert system.statistics().failures == 0


async def test_asks_without_end_leave_the_loop_its_turns(system: ActorSystem) -> None:
    """A task that asks an idle actor in a loop does not keep all others from running."""
    echo = system.spawn(Echo)
    ran = asyncio.Event()
    asyncio.get_running_loop().call_soon(ran.set)
    for n in range(100_000):
        await echo.ask(n)
        if ran.is_set():
            break
    assert ran.is_set()


async def test_an_answer_after_the_asker_has_left_is_counted(system: ActorSystem) -> None:
    late = Heard(system, LateAnswer)
    holds, release = asyncio.Event(), asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> str:
        holds.set()
        await release.wait()
        return "too late"

    ref = system.spawn(Scripted, hold)
    ask = asyncio.ensure_future(ref.ask(Note("hold")))
    await holds.wait()
    ask.cancel()
    await turns()
    release.set()
    await late.wait()
    assert [(event.ref, event.message) for event in late] == [(ref, Note("hold"))]
    assert system.statistics().late_answers == 1


async def test_asks_from_another_thread_with_a_loop_of_its_own_are_answered(
    system: ActorSystem,
) -> None:
    echo = system.spawn(Echo)

    async def elsewhere() -> list[Any]:
        answers: list[Any] = [await echo.ask(n) for n in range(3)]
        try:
            await echo.ask(Boom("there"))
        except Boom as error:
            answers.append(str(error))
        await echo.send("sent")
        return answers

    assert await asyncio.to_thread(asyncio.run, elsewhere()) == [0, 1, 2, "there"]
