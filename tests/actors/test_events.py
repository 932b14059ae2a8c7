"""Events: who hears what, and what a listener's mistakes may not do."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from typing import Any

import pytest

from holon_actors import (
    ActorEvent,
    ActorFailed,
    ActorRestarted,
    ActorSystem,
    ActorTerminated,
    Bounded,
    DeadLetter,
    Directive,
)
from tests.actors.kit import Boom, Collector, Echo, Heard, Ping, ended, turns, until, virtual


def bury(system: ActorSystem, *messages: Any) -> None:
    for message in messages:
        system.ref("holon://test/user/nobody").tell(message)


async def test_a_callback_hears_the_classes_it_asked_for(system: ActorSystem) -> None:
    heard: list[Any] = []
    system.events.subscribe(DeadLetter, heard.append)
    bury(system, "one")
    ref = system.spawn(Echo)
    ref.stop()
    await ended(system, ref)
    assert [event.message for event in heard] == ["one"]


async def test_a_base_class_hears_everything(system: ActorSystem) -> None:
    heard: list[Any] = []
    system.events.subscribe(ActorEvent, heard.append)
    bury(system, "one")
    ref = system.spawn(Echo)
    ref.tell(Boom())
    await ref.ask("restarted")
    ref.stop()
    await ended(system, ref)
    assert [type(event) for event in heard] == [
        *(DeadLetter, ActorFailed, ActorRestarted, ActorTerminated)
    ]


async def test_several_classes_make_one_subscription(system: ActorSystem) -> None:
    heard: list[Any] = []
    subscription = system.events.subscribe((DeadLetter, ActorTerminated), heard.append)
    bury(system, "one")
    ref = system.spawn(Echo)
    ref.stop()
    await ended(system, ref)
    subscription.cancel()
    subscription.cancel()
    bury(system, "two")
    assert [type(event) for event in heard] == [DeadLetter, ActorTerminated]


async def test_an_actor_is_told_the_events(system: ActorSystem) -> None:
    seen: list[Any] = []
    system.events.subscribe(DeadLetter, system.spawn(Collector, seen))
    bury(system, "one", "two")
    await until(lambda: len(seen) == 2)
    assert [event.message for event in seen] == ["one", "two"]


async def test_a_failure_is_told_with_all_its_facts(system: ActorSystem) -> None:
    heard = Heard(system, ActorFailed)
    ref, error = system.spawn(Echo), Boom()
    ref.tell(error)
    await heard.wait()
    assert heard == [ActorFailed(ref, error, error, Directive.RESTART)]
    assert system.statistics().failures == 1


async def test_a_callback_that_raises_is_reported_and_keeps_its_place(system: ActorSystem) -> None:
    reported: list[Any] = []
    heard: list[Any] = []

    def broken(event: Any) -> None:
        heard.append(event)
        raise Boom("listener")

    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: reported.append(context["exception"]))
    system.events.subscribe(DeadLetter, broken)
    after = Heard(system, DeadLetter)
    bury(system, "one", "two")
    assert len(heard) == len(after) == len(reported) == 2
    assert {type(error) for error in reported} == {Boom}
    assert await system.spawn(Echo).ask(Ping()) == "pong"


async def test_a_callback_may_cancel_its_own_subscription(system: ActorSystem) -> None:
    heard: list[Any] = []

    def once(event: Any) -> None:
        heard.append(event)
        subscription.cancel()

    subscription = system.events.subscribe(DeadLetter, once)
    bury(system, "one", "two")
    assert len(heard) == 1


@pytest.mark.parametrize("why", ["ended", "full"])
async def test_dead_letters_about_a_dead_letter_listener_do_not_go_round_in_circles(
    system: ActorSystem, why: str
) -> None:
    """The listener cannot take the event, which is itself a dead letter, which ..."""
    reported: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: reported.append(context))
    listener = system.spawn(Collector, [], mailbox=Bounded(1))
    system.events.subscribe(DeadLetter, listener)
    if why == "ended":
        listener.stop()
        await ended(system, listener)
    bury(system, "one", "two", "three")
    await turns()
    assert reported == []
    assert system.statistics().dead_letters <= 8


async def test_an_event_from_another_thread_is_heard_on_the_loop(system: ActorSystem) -> None:
    threads: list[Any] = []
    system.events.subscribe(DeadLetter, lambda event: threads.append(threading.current_thread()))
    await asyncio.to_thread(bury, system, "one")
    await until(lambda: threads)
    assert threads == [threading.main_thread()]


# --- streams ---


async def test_a_stream_yields_events_in_order_and_ends_with_the_system() -> None:
    heard: list[Any] = []
    async with ActorSystem("test") as system:
        stream = system.events.stream(DeadLetter, ActorTerminated)

        async def listen() -> None:
            heard.extend([event async for event in stream])

        listening = asyncio.ensure_future(listen())
        await turns()
        bury(system, "one")
        ref = system.spawn(Echo)
        await system.shutdown()
    await listening
    assert [type(event) for event in heard][:2] == [DeadLetter, ActorTerminated]
    assert heard[1].ref == ref


async def test_a_stream_hears_from_its_making_on(system: ActorSystem) -> None:
    bury(system, "before")
    stream = system.events.stream(DeadLetter)
    bury(system, "after")
    assert (await anext(stream)).message == "after"


async def test_a_stream_is_bounded_and_counts_what_it_dropped(system: ActorSystem) -> None:
    stream = system.events.stream(DeadLetter, capacity=3)
    bury(system, *range(10))
    stream.close()
    assert [event.message async for event in stream] == [7, 8, 9]
    assert stream.dropped == 7


async def test_a_stream_without_classes_yields_everything(system: ActorSystem) -> None:
    async with system.events.stream() as stream:
        bury(system, "one")
        assert type(await anext(stream)) is DeadLetter


async def test_a_stream_that_is_left_ends(system: ActorSystem) -> None:
    async with system.events.stream(DeadLetter) as stream:
        bury(system, "inside")
    bury(system, "outside")
    assert [event.message async for event in stream] == ["inside"]


async def test_a_reader_that_waits_is_woken_when_the_stream_closes(system: ActorSystem) -> None:
    stream = system.events.stream(DeadLetter)
    waiting = asyncio.ensure_future(_next(stream))
    await turns()
    stream.close()
    with pytest.raises(StopAsyncIteration):
        await waiting


async def _next(stream: Any) -> Any:
    try:
        return await stream.__anext__()
    except StopAsyncIteration as end:
        raise end


# --- the log ---


class Records(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


@virtual
async def test_a_flood_of_dead_letters_is_counted_in_full_and_logged_in_part() -> None:
    handler = Records()
    records = handler.kept
    logger = logging.getLogger("holon_actors")
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.INFO)
    try:
        async with ActorSystem("test") as system:
            letters = Heard(system, DeadLetter)
            bury(system, *range(1000))
            assert len(letters) == system.statistics().dead_letters == 1000
            assert len(records) == 10
            await asyncio.sleep(2)
            bury(system, "later")
            assert "990 more dead letters" in records[10].getMessage()
            bury(system, *range(100))
        assert "91 more dead letters" in records[-1].getMessage()
        assert len(records) == 10 + 1 + 10 + 1
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


async def test_a_dead_letter_is_logged_with_what_where_and_why(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "holon_actors")
    bury(system, Ping())
    assert "dead letter: Ping to holon://test/user/nobody (not-found)" in caplog.text


async def test_a_failure_is_logged_with_its_traceback(
    system: ActorSystem, caplog: pytest.LogCaptureFixture
) -> None:
    ref = system.spawn(Echo, name="ada")
    ref.tell(Boom("look here"))
    await ref.ask("restarted")
    assert f"{ref.address} failed handling Boom: restart" in caplog.text
    assert "look here" in caplog.text
    assert "Traceback" in caplog.text


async def test_a_stream_that_was_dropped_is_forgotten(system: ActorSystem) -> None:
    async def first() -> Any:
        async for event in system.events.stream(DeadLetter):
            return event
        return None

    reading = asyncio.create_task(first())
    await turns()
    bury(system, "x")
    assert (await reading).message == "x"
    del reading
    gc.collect()
    assert not system.events.heard


async def test_a_subscription_cancelled_by_a_listener_hears_no_more_of_the_same_event(
    system: ActorSystem,
) -> None:
    heard: list[Any] = []
    system.events.subscribe(DeadLetter, lambda event: second.cancel())
    second = system.events.subscribe(DeadLetter, heard.append)
    bury(system, "x")
    assert heard == []


async def test_a_subscription_may_come_and_go_on_a_thread_while_events_are_published(
    system: ActorSystem,
) -> None:
    heard: list[Any] = []
    by_type: Any = system.events._by_type

    class Interrupted(type):
        """An event class that is looked at while another thread subscribes."""

        def __subclasscheck__(cls, other: type) -> bool:
            if not late:
                late.append(system.events.subscribe(DeadLetter, heard.append))
            return False

    late: list[Any] = []
    system.events.subscribe(Interrupted("Other", (), {}), heard.append)
    bury(system, "first")
    bury(system, "second")
    assert by_type is not system.events._by_type
    assert [event.message for event in heard] == ["second"]
