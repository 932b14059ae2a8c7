"""Timers and receive time-outs, on a virtual clock."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import Actor, ActorSystem, OneForOne, ReceiveTimeout
from tests.actors.kit import Boom, Echo, Scripted, turns, virtual


class Clockwork(Actor):
    """Schedules as it is told, and notes when messages come."""

    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case ("schedule", delay_s, what, every_s):
                return self.schedule(delay_s, what, every=every_s)
            case ("receive-timeout", seconds):
                return self.set_receive_timeout(seconds)
            case Boom():
                raise message
        self.seen.append((message, round(self.system.clock(), 6)))
        return None


@virtual
async def test_a_timer_tells_its_actor_once_after_the_delay() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        await ref.ask(("schedule", 2.5, "once", None))
        await asyncio.sleep(100)
        assert seen == [("once", 2.5)]


@virtual
async def test_timers_come_in_the_order_of_their_times() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        for delay in (3, 1, 2, 0):
            ref.tell(("schedule", delay, delay, None))
        await asyncio.sleep(10)
        assert seen == [(0, 0), (1, 1), (2, 2), (3, 3)]


@virtual
async def test_the_sender_of_a_timer_s_message_is_the_actor_itself() -> None:
    senders: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        if message == "schedule":
            me.schedule(1.0, "tick")
        else:
            senders.append(sender)

    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, handle)
        ref.tell("schedule")
        await asyncio.sleep(2)
        assert senders == [ref]


@virtual
async def test_a_periodic_timer_keeps_its_beat() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        await ref.ask(("schedule", 1.0, "tick", 0.1))
        await asyncio.sleep(100.05)
        assert len(seen) == 991
        assert seen[990][1] == pytest.approx(100.0)


@virtual
async def test_delays_of_the_actor_do_not_add_up_in_its_beat() -> None:
    """The handler takes longer than some beats; later beats are where they always were."""
    times: list[float] = []

    async def handle(me: Any, message: Any, sender: Any) -> None:
        if message == "start":
            me.schedule(1.0, "tick", every=1.0)
            return
        times.append(round(me.system.clock(), 6))
        if len(times) == 2:
            await asyncio.sleep(0.7)

    async with ActorSystem("test") as system:
        system.spawn(Scripted, handle).tell("start")
        await asyncio.sleep(5.5)
        assert times == [1.0, 2.0, 3.0, 4.0, 5.0]


@virtual
async def test_a_cancelled_timer_stays_silent() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        once: Any = await ref.ask(("schedule", 1.0, "once", None))
        tick: Any = await ref.ask(("schedule", 1.0, "tick", 1.0))
        once.cancel()
        once.cancel()
        await asyncio.sleep(2.5)
        tick.cancel()
        assert tick.cancelled
        await asyncio.sleep(10)
        assert seen == [("tick", 1.0), ("tick", 2.0)]


@pytest.mark.parametrize("end", ["stop", "kill", "restart"])
@virtual
async def test_timers_end_with_their_instance(end: str) -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        for every in (None, 1.0):
            await ref.ask(("schedule", 5.0, "never", every))
        await ref.ask(("receive-timeout", 5.0))
        if end == "restart":
            ref.tell(Boom())
        else:
            getattr(ref, end)()
        await asyncio.sleep(20)
        assert seen == []
        assert system.statistics().dead_letters == 0


@virtual
async def test_a_timer_may_be_set_again_after_a_restart() -> None:
    seen: list[Any] = []
    async with ActorSystem("test", supervision=OneForOne(100)) as system:
        ref = system.spawn(Clockwork, seen)
        ref.tell(Boom())
        await ref.ask(("schedule", 1.0, "again", None))
        await asyncio.sleep(2)
        assert seen == [("again", 1.0)]


@pytest.mark.parametrize(("delay", "every"), [(-1, None), (1, 0), (1, -1)])
async def test_times_out_of_range_are_refused(
    system: ActorSystem, delay: float, every: float | None
) -> None:
    ref = system.spawn(Clockwork, [])
    with pytest.raises(ValueError, match="schedule"):
        await ref.ask(("schedule", delay, "x", every))


@virtual
async def test_a_quiet_actor_gets_receive_timeouts() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        await ref.ask(("receive-timeout", 10.0))
        await asyncio.sleep(25)
        assert seen == [(ReceiveTimeout(), 10.0), (ReceiveTimeout(), 20.0)]


@virtual
async def test_a_message_puts_the_receive_timeout_off() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        await ref.ask(("receive-timeout", 10.0))
        for _ in range(5):
            await asyncio.sleep(6)
            ref.tell("here")
        await asyncio.sleep(11)
        assert seen == [*(("here", 6.0 * n) for n in range(1, 6)), (ReceiveTimeout(), 40.0)]


@virtual
async def test_an_actor_at_work_is_not_quiet() -> None:
    seen: list[Any] = []

    async def handle(me: Any, message: Any, sender: Any) -> None:
        if isinstance(message, ReceiveTimeout):
            seen.append(round(me.system.clock(), 6))
            return
        me.set_receive_timeout(10.0)
        await asyncio.sleep(35)

    async with ActorSystem("test") as system:
        system.spawn(Scripted, handle).tell("work")
        await asyncio.sleep(44)
        assert seen == []
        await asyncio.sleep(10)
        assert len(seen) == 1


@virtual
async def test_none_ends_the_receive_timeout() -> None:
    seen: list[Any] = []
    async with ActorSystem("test") as system:
        ref = system.spawn(Clockwork, seen)
        await ref.ask(("receive-timeout", 10.0))
        await ref.ask(("receive-timeout", 3.0))
        await asyncio.sleep(4)
        await ref.ask(("receive-timeout", None))
        await asyncio.sleep(100)
        assert seen == [(ReceiveTimeout(), 3.0)]


async def test_a_receive_timeout_out_of_range_is_refused(system: ActorSystem) -> None:
    with pytest.raises(ValueError, match="receive_timeout"):
        await system.spawn(Clockwork, []).ask(("receive-timeout", 0))


async def test_a_timer_that_is_cancelled_from_another_thread_stays_silent(
    system: ActorSystem,
) -> None:
    seen: list[Any] = []
    ref = system.spawn(Clockwork, seen)
    timer: Any = await ref.ask(("schedule", 0.0, "x", 1000.0))
    await asyncio.to_thread(timer.cancel)
    await turns()
    assert timer.cancelled
    assert await system.spawn(Echo).ask(1) == 1
