"""Following messages, and leaving no trace of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holon_actors import Actor, ActorSystem, ActorTerminated
from holon_actors.actors._cell import Cell
from holon_actors.actors._threads import ThreadCell
from holon_actors.actors.admin._feed import Feed
from holon_actors.actors.admin._tracing import Tracer
from tests.actors.kit import (
    Boom,
    Collector,
    Counter,
    Echo,
    Heard,
    Latch,
    Note,
    Scripted,
    on_thread,
    turns,
    until,
)


@pytest.fixture
def tracer(system):
    return Tracer(system)


def follow(tracer, system, path):
    feed = Feed(1, path, system.clock())
    found = system.lookup(path)
    tracer.begin(feed, [found] if found._parent is not None else list(found._children.values()))
    return feed


def records(tracer, feed):
    return [
        (each.sender, each.recipient, each.verb, each.message, each.outcome)
        for each in tracer.read(feed).records
    ]


async def test_messages_are_noted_with_their_sender_and_outcome(system, tracer):
    echo = system.spawn(Echo, name="echo")
    other = system.spawn(Collector, [], name="other")
    feed = follow(tracer, system, "/user/echo")
    echo.tell(Note("hi"), other)
    assert await echo.ask("x") == "x"
    with pytest.raises(Boom):
        await echo.ask(Boom("no"))
    assert records(tracer, feed) == [
        ("/user/other", "/user/echo", "tell", "Note(text='hi')", "handled"),
        ("-", "/user/echo", "ask", "'x'", "answered 'x'"),
        ("-", "/user/echo", "ask", "Boom('no')", "failed Boom"),
    ]
    tracer.end(feed)


async def test_a_handler_that_waits_is_noted_when_it_is_done(system, tracer):
    gate = asyncio.Event()

    async def handler(me, message, sender):
        await gate.wait()
        if message == "bad":
            raise Boom
        return "done"

    ref = system.spawn(Scripted, handler, name="slow")
    feed = follow(tracer, system, "/user/slow")
    ref.tell("bad")
    asking = asyncio.create_task(ref.ask("good"))
    await turns()
    assert records(tracer, feed) == []
    gate.set()
    assert await asking == "done"
    assert [record[4] for record in records(tracer, feed)] == ["failed Boom", "answered 'done'"]
    tracer.end(feed)


async def test_what_a_followed_actor_sends_is_noted(system, tracer):
    seen: list[Any] = []
    target = system.spawn(Collector, seen, name="target")

    async def handler(me, message, sender):
        me.tell(target, "told")
        return await me.ask(target, "asked", timeout=5)

    ref = system.spawn(Scripted, handler, name="sender")
    feed = follow(tracer, system, "/user/sender")
    await ref.ask("go")
    assert records(tracer, feed) == [
        ("/user/sender", "/user/target", "tell", "'told'", "sent"),
        ("/user/sender", "/user/target", "ask", "'asked'", "sent"),
        ("-", "/user/sender", "ask", "'go'", "answered None"),
    ]
    assert seen == ["told", "asked"]
    tracer.end(feed)


async def test_between_two_followed_actors_a_message_is_noted_once(system, tracer):
    target = system.spawn(Collector, [], name="target")
    ref = system.spawn(Scripted, lambda me, message, sender: me.tell(target, message), name="a")
    feed = follow(tracer, system, "/user")
    ref.tell("x")
    await target.ask("end")
    await turns()
    noted = [record[:2] for record in records(tracer, feed)]
    assert noted.count(("/user/a", "/user/target")) == 1
    tracer.end(feed)


async def test_children_are_followed_from_their_birth(system, tracer):
    def handler(me, message, sender):
        me.spawn(Echo, name=message).tell("first")

    ref = system.spawn(Scripted, handler, name="parent")
    feed = follow(tracer, system, "/user/parent")
    await ref.ask("kid")
    await turns()
    assert ("-", "/user/parent/kid", "tell", "'first'", "handled") in records(tracer, feed)
    assert tracer.actors == 2
    tracer.end(feed)


async def test_an_actor_that_comes_again_under_the_same_name_is_followed(system, tracer):
    heard = Heard(system, ActorTerminated)
    first = system.spawn(Echo, name="echo")
    system.spawn(Echo, name="other")
    feed = follow(tracer, system, "/user/echo")
    first.stop()
    await heard.wait()
    assert tracer.actors == 0
    again = system.spawn(Echo, name="echo")
    system.spawn(Echo, name="third")
    await again.ask("x")
    assert [record[1] for record in records(tracer, feed)] == ["/user/echo"]
    assert tracer.actors == 1
    tracer.end(feed)


async def test_a_restart_and_a_new_behaviour_change_nothing(system, tracer):
    class Fickle(Actor):
        def receive(self, message, sender):
            if message == "become":
                self.become(self.second)
            if message == "fail":
                raise Boom
            self.tell(other, "from first")

        def second(self, message, sender):
            if message == "back":
                self.unbecome()
            return "second"

    other = system.spawn(Collector, [], name="other")
    ref = system.spawn(Fickle, name="fickle")
    feed = follow(tracer, system, "/user/fickle")
    for message in ("become", "x", "back", "y", "fail", "z"):
        ref.tell(message)
    await until(lambda: system.statistics().failures)
    await turns()
    noted = records(tracer, feed)
    assert [record[3] for record in noted if record[4] != "sent"] == [
        "'become'",
        "'x'",
        "'back'",
        "'y'",
        "'fail'",
        "'z'",
    ]
    assert [record[4] for record in noted].count("sent") == 3
    tracer.end(feed)
    assert await ref.ask("become") is None
    assert await ref.ask("x") == "second"
    assert await ref.ask("back") == "second"


async def test_a_behaviour_that_began_while_followed_goes_on_after_it(system, tracer):
    class Two(Actor):
        def receive(self, message, sender):
            if message == "become":
                self.become(self.second)
            return "first"

        def second(self, message, sender):
            self.unbecome()
            return "second"

    ref = system.spawn(Two, name="two")
    feed = follow(tracer, system, "/user/two")
    await ref.ask("become")
    tracer.end(feed)
    assert [await ref.ask("x"), await ref.ask("y")] == ["second", "first"]


async def test_an_actor_on_a_thread_is_followed_too(system, tracer):
    latch = Latch()
    ref = on_thread(system, latch, name="thread")
    feed = follow(tracer, system, "/user/thread")
    asking = asyncio.create_task(ref.ask("x", timeout=30))
    await latch.wait_reached()
    latch.let_go.set()
    assert await asking == "x"
    assert records(tracer, feed) == [("-", "/user/thread", "ask", "'x'", "answered 'x'")]
    tracer.end(feed)
    assert type(ref) is ThreadCell


async def test_dead_letters_of_a_followed_actor_are_noted(system, tracer):
    heard = Heard(system, ActorTerminated)
    ref = system.spawn(Collector, [], name="a")
    feed = follow(tracer, system, "/user/a")
    ref.stop()
    await heard.wait()
    ref.tell("late")
    assert records(tracer, feed) == [("-", "/user/a", "tell", "'late'", "dead-letter stopped")]
    tracer.end(feed)


async def test_when_it_is_over_everything_is_as_it_was(system, tracer):
    def handler(me, message, sender):
        me.spawn(Echo, name=message)

    ref = system.spawn(Scripted, handler, name="parent")
    counter = system.spawn(Counter, name="counter")
    before = {cell.path: dict(vars(cell._actor)) for cell in (ref, counter)}
    feed = follow(tracer, system, "/user")
    await ref.ask("kid")
    await counter.ask("x")
    tracer.end(feed)
    for cell in (ref, counter, system.lookup("/user/parent/kid")):
        assert type(cell) is Cell
        assert type(cell._children) in (dict, type(None))
        assert vars(cell._actor).keys() == before.get(cell.path, {}).keys()
        assert cell._handler is None
    assert type(system._user._children) is dict
    assert tracer.actors == 0
    assert not system.events.heard


async def test_two_traces_do_not_disturb_each_other(system, tracer):
    a, b = system.spawn(Echo, name="a"), system.spawn(Echo, name="b")
    all_of_it = follow(tracer, system, "/user")
    one = Feed(2, "/user/a", system.clock())
    tracer.begin(one, [a])
    await a.ask("1")
    await b.ask("2")
    assert [record[1] for record in records(tracer, one)] == ["/user/a"]
    tracer.end(all_of_it)
    await a.ask("3")
    assert [record[3] for record in records(tracer, one)] == ["'3'"]
    assert (type(b) is Cell, type(a) is Cell) == (True, False)
    tracer.end(one)
    assert type(a) is Cell


async def test_a_message_between_nodes_is_noted_on_both_with_the_others_name():
    async with (
        ActorSystem("here", bind="inproc://here", attach=False) as here,
        ActorSystem("there", bind="inproc://there", attach=False) as there,
    ):
        echo = there.spawn(Echo, name="echo")
        far = here.ref(echo.address)

        async def handler(me, message, sender):
            return await me.ask(far, message, timeout=5)

        asker = here.spawn(Scripted, handler, name="asker")
        followed = []
        for system in (here, there):
            tracer = Tracer(system)
            followed.append((tracer, follow(tracer, system, "/user")))
        assert await asker.ask("x") == "x"
        on_here, on_there = (records(tracer, feed) for tracer, feed in followed)
        assert ("/user/asker", "there/user/echo", "ask", "'x'", "sent") in on_here
        assert ("here/user/asker", "/user/echo", "ask", "'x'", "answered 'x'") in on_there
        for tracer, feed in followed:
            tracer.end(feed)
