"""The system: its limits, its shutdown, and several of them side by side."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorStopped,
    ActorSystem,
    ConfigError,
    InvalidAddress,
    ShutdownReport,
    SystemNotRunning,
)
from tests.actors.kit import Boom, Echo, Ping, Recorder, Scripted, turns, virtual


class Tree(Recorder):
    def __init__(self, log: list[Any], tag: str, depth: int) -> None:
        super().__init__(log, tag)
        if depth:
            for side in "lr":
                self.spawn(Tree, log, tag + side, depth - 1, name=side)


async def test_a_shutdown_stops_leaves_first_and_reports_all() -> None:
    log: list[Any] = []
    async with ActorSystem("test") as system:
        system.spawn(Tree, log, "t", 2, name="t")
        await turns()
        report = await system.shutdown()
    stopped = [tag for tag, what in log if what == "stopped"]
    assert len(stopped) == 7
    for tag in stopped:
        assert all(
            stopped.index(other) <= stopped.index(tag) for other in stopped if other.startswith(tag)
        )
    assert sorted(report.stopped) == sorted(
        "/user/t" + "".join(f"/{side}" for side in tag[1:]) for tag in stopped
    )
    assert report.abandoned == ()


async def test_a_shutdown_lets_current_messages_finish() -> None:
    holds, release = asyncio.Event(), asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> str:
        holds.set()
        await release.wait()
        return "finished"

    async with ActorSystem("test") as system:
        ask = asyncio.ensure_future(system.spawn(Scripted, hold).ask("x"))
        await holds.wait()
        shutdown = asyncio.ensure_future(system.shutdown())
        await turns()
        release.set()
        assert await ask == "finished"
        assert len((await shutdown).stopped) == 1


@virtual
async def test_an_actor_that_never_returns_is_abandoned_at_the_time_limit() -> None:
    cancelled: list[bool] = []

    async def never(me: Any, message: Any, sender: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    async with ActorSystem("test") as system:
        stuck = system.spawn(Scripted, never, name="stuck")
        system.spawn(Echo, name="good")
        ask = asyncio.ensure_future(stuck.ask("x", timeout=1000))
        await asyncio.sleep(0)
        report = await system.shutdown(timeout=3.0)
        assert report == ShutdownReport(stopped=("/user/good",), abandoned=("/user/stuck",))
        assert 3.0 <= system.clock() < 4.0
        with pytest.raises(ActorStopped):
            await ask
    assert cancelled == [True]
    assert asyncio.all_tasks() == {asyncio.current_task()}


@virtual
async def test_a_handler_that_ignores_its_cancellation_does_not_hold_up_the_shutdown() -> None:
    async def stubborn(me: Any, message: Any, sender: Any) -> None:
        for _ in range(2):
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue

    async with ActorSystem("test") as system:
        system.spawn(Scripted, stubborn, name="stubborn").tell("x")
        await asyncio.sleep(0)
        report = await system.shutdown(timeout=1.0)
        assert report.abandoned == ("/user/stubborn",)
        assert system.clock() < 3.0
    await asyncio.sleep(1)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_second_shutdown_waits_for_the_first_and_reports_the_same() -> None:
    async with ActorSystem("test") as system:
        system.spawn(Echo)
        first, second = await asyncio.gather(system.shutdown(), system.shutdown())
        assert first is second
        assert await system.shutdown() is first


async def test_a_cancelled_waiter_does_not_cancel_the_shutdown() -> None:
    release = asyncio.Event()

    async def hold(me: Any, message: Any, sender: Any) -> Any:
        return await release.wait()

    async with ActorSystem("test") as system:
        system.spawn(Scripted, hold).tell("x")
        await turns()
        first = asyncio.ensure_future(system.shutdown())
        await turns()
        first.cancel()
        await turns()
        release.set()
        assert len((await system.shutdown()).stopped) == 1


async def test_nothing_can_be_spawned_after_a_shutdown() -> None:
    async with ActorSystem("test") as system:
        await system.shutdown()
        with pytest.raises(ActorStopped):
            system.spawn(Echo)
        with pytest.raises(ActorStopped):
            system.spawn_pool(Echo)
    assert system.snapshot() == []


async def test_a_system_that_was_never_used_shuts_down() -> None:
    assert await ActorSystem("test").shutdown() == ShutdownReport((), ())


async def test_a_shutdown_leaves_no_tasks_and_no_threads() -> None:
    threads = set(threading.enumerate())
    tasks = asyncio.all_tasks()

    async def wait(me: Any, message: Any, sender: Any) -> None:
        me.schedule(1000.0, "timer", every=1000.0)
        me.pipe_to_self(asyncio.Event().wait())

    async with ActorSystem("test") as system:
        for n in range(5):
            ref = system.spawn(Scripted, wait)
            ref.tell(n)
            other = system.spawn(Echo, dispatcher="thread")
            await other.ask(Ping())
        with pytest.raises(Boom):
            await other.ask(Boom())
    await turns(2)
    assert asyncio.all_tasks() == tasks
    assert set(threading.enumerate()) <= threads


async def test_an_error_in_the_block_still_shuts_down() -> None:
    log: list[Any] = []

    async def fail() -> None:
        async with ActorSystem("test") as system:
            system.spawn(Recorder, log)
            await turns()
            raise Boom

    with pytest.raises(Boom):
        await fail()
    assert log[-1] == ("stopped",)


async def test_two_systems_live_side_by_side_and_do_not_mix() -> None:
    async with ActorSystem("one") as one, ActorSystem("two") as two:
        a, b = one.spawn(Echo, name="ada"), two.spawn(Echo, name="ada")
        assert a != b
        assert one.lookup("/user/ada") is a
        assert two.lookup("/user/ada") is b
        relay = one.spawn(Scripted, lambda me, message, sender: me.ask(b, message))
        assert await relay.ask("across") == "across"
        await one.shutdown()
        assert await b.ask(Ping()) == "pong"
        assert one.statistics().actors == 0
        assert two.statistics().actors == 1


async def test_two_systems_of_one_name_keep_their_references_apart() -> None:
    async with ActorSystem("same") as one, ActorSystem("same") as two:
        a, b = one.spawn(Echo), two.spawn(Echo)
        assert await a.ask(1) == 1
        assert await b.ask(2) == 2
        a.stop()
        assert await b.ask(3) == 3


def test_a_system_without_an_event_loop_says_so() -> None:
    system = ActorSystem("test")
    with pytest.raises(SystemNotRunning, match="event loop"):
        system.spawn(Echo)


async def test_an_unused_system_starts_with_its_first_actor() -> None:
    system = ActorSystem("test")
    assert await system.spawn(Echo).ask(Ping()) == "pong"
    await system.shutdown()


@pytest.mark.parametrize(
    "options", [{"ask_timeout": 0}, {"slow_handler": 0}, {"max_actors": 0}, {"max_actors": -5}]
)
def test_limits_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        ActorSystem("test", **options)


def test_a_name_that_does_not_fit_an_address_is_refused() -> None:
    with pytest.raises(InvalidAddress):
        ActorSystem("my bank")


async def test_statistics_count_what_has_happened(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    ref.tell(Boom())
    await ref.ask("x")
    system.ref("holon://test/user/nobody").tell("lost")
    counts = system.statistics()
    assert (counts.actors, counts.spawned, counts.failures, counts.dead_letters) == (1, 1, 1, 1)


async def test_what_user_code_leaves_in_context_variables_stays_with_its_actor(
    system: ActorSystem,
) -> None:
    from contextvars import ContextVar

    variable: ContextVar[str] = ContextVar("variable", default="unset")

    class Setter(Actor):
        def receive(self, message: Any, sender: Any) -> str:
            found = variable.get()
            variable.set(message)
            return found

    one, two = system.spawn(Setter), system.spawn(Setter)
    await one.ask("one's")
    await turns()
    assert await two.ask("two's") == "unset"
    assert variable.get() == "unset"


def test_a_reference_that_outlives_its_event_loop_takes_tells_and_stops_in_silence() -> None:
    async def main() -> tuple[ActorSystem, Any]:
        system = ActorSystem("test")
        return system, system.spawn(Echo)

    system, ref = asyncio.run(main())
    ref.tell(1)
    ref.tell(2)
    ref.stop()
    ref.kill()
    system._dispatcher.close()


def test_a_spawn_from_a_thread_after_the_event_loop_has_closed_says_so() -> None:
    async def main() -> ActorSystem:
        async with ActorSystem("test") as system:
            return system

    system = asyncio.run(main())
    raised: list[BaseException] = []

    def late() -> None:
        try:
            system.spawn(Echo)
        except SystemNotRunning as error:
            raised.append(error)

    thread = threading.Thread(target=late)
    thread.start()
    thread.join(30)
    gc.collect()  # nothing complains of never having been awaited
    assert len(raised) == 1


async def test_a_shutdown_may_be_awaited_on_another_event_loop(system: ActorSystem) -> None:
    ref = system.spawn(Echo)
    report = await asyncio.to_thread(lambda: asyncio.run(system.shutdown(5)))
    assert report == ShutdownReport((ref.path,), ())
