"""Process actors do what other actors do."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from holon_actors import (
    ActorStopped,
    ActorSystem,
    AskDeadlock,
    AskTimeout,
    Bounded,
    CodecError,
    DeadLetter,
    MailboxFull,
    MessageUnhandled,
    Priority,
    Terminated,
)
from tests.actors.kit import (
    Collector,
    Echo,
    Heard,
    Scripted,
    ended,
    ends_seen,
    on_process,
    turns,
    until,
)
from tests.actors.process.kit import (
    Add,
    Blocking,
    Busybody,
    Counter,
    Die,
    Nesting,
    Numbers,
    Parent,
    Pid,
    Spinner,
    Tell,
    Unknown,
)


async def test_its_handler_runs_in_another_process(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    pid = await ref.ask(Pid())
    assert pid != os.getpid()
    assert psutil.Process(pid).is_running()


async def test_it_keeps_its_state_between_messages(system: ActorSystem) -> None:
    ref = on_process(system, Counter, 10, name="counter")
    ref.tell(Add(1))
    assert await ref.ask(Add(2)) == 13
    assert ref.path == "/user/counter"
    assert system.lookup("/user/counter") is ref


async def test_it_is_named_for_its_class_when_it_has_no_name(system: ActorSystem) -> None:
    assert on_process(system, Counter).path.startswith("/user/counter~")


async def test_messages_are_handled_in_order(system: ActorSystem) -> None:
    seen: list[Any] = []
    collector = system.spawn(Collector, seen)
    ref = on_process(system, Counter)
    for n in range(100):
        ref.tell(Tell(collector, n))
    await ref.ask(Add(0))
    await until(lambda: len(seen) == 100)
    assert seen == list(range(100))


async def test_it_knows_who_and_where_it_is(system: ActorSystem) -> None:
    ref = on_process(system, Busybody, name="busy")
    own, parent, itself, sender = await ref.ask("who")
    assert own == str(ref.address)
    assert parent.startswith("holon://test/user#")
    assert itself is ref
    assert sender is None


async def test_its_messages_have_it_as_sender(system: ActorSystem) -> None:
    senders: list[Any] = []
    other = system.spawn(Scripted, lambda me, message, sender: senders.append(sender))
    ref = on_process(system, Counter)
    await ref.ask(Tell(other, "x"))
    await until(lambda: senders)
    assert senders == [ref]


async def test_it_can_ask_others(system: ActorSystem) -> None:
    ref = on_process(system, Busybody, system.spawn(Echo))
    assert await ref.ask("ask other") == "question"


async def test_asking_itself_is_a_deadlock_that_is_told(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    with pytest.raises(AskDeadlock):
        await ref.ask("ask itself")


async def test_it_can_be_spawned_by_an_actor_and_see_its_parent(system: ActorSystem) -> None:
    def spawning(me: Any, message: Any, sender: Any) -> Any:
        return me.spawn(Busybody, dispatcher="process", name="child")

    parent = system.spawn(Scripted, spawning, name="parent")
    ref: Any = await parent.ask("go")
    assert ref.path == "/user/parent/child"
    _, seen, _, _ = await ref.ask("who")
    assert seen == str(parent.address)


async def test_two_process_actors_talk_to_each_other(system: ActorSystem) -> None:
    counter = on_process(system, Counter)
    other = on_process(system, Counter)
    await other.ask(Tell(counter, Add(5)))
    await until_total(counter, 5)


async def until_total(counter: Any, total: int) -> None:
    while await counter.ask(Add(0)) != total:
        pass


async def test_reply_and_deferred_reply_answer_the_ask(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    assert await ref.ask("reply") == "replied"
    deferred = asyncio.ensure_future(ref.ask("defer"))
    await ref.ask("notes")
    assert not deferred.done()
    ref.tell("answer")
    assert await deferred == "deferred"


async def test_an_answer_between_messages_is_not_kept_back(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    assert await ref.ask("answer soon") == "soon"


async def test_a_deferred_reply_ends_with_the_actor(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    deferred = asyncio.ensure_future(ref.ask("defer"))
    await ref.ask("notes")
    ref.stop()
    with pytest.raises(ActorStopped):
        await deferred


async def test_stashed_messages_come_back_in_order(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    for item in ("become", "a", "b"):
        ref.tell(item)
    asked = asyncio.ensure_future(ref.ask("notes"))
    await turns(1)
    ref.tell("open")
    ref.tell("c")
    assert await asked == ["a", "b"]
    assert await ref.ask("notes") == ["a", "b", "c"]


async def test_a_message_can_be_stashed_and_come_back_at_once(system: ActorSystem) -> None:
    ref = on_process(system, Busybody)
    ref.tell("stash and unstash")
    ref.tell("behind")
    assert await ref.ask("notes") == ["once", "stash and unstash", "behind"]


async def test_timers_pipes_and_receive_timeouts_work(system: ActorSystem) -> None:
    seen: list[Any] = []
    ref = on_process(system, Busybody, system.spawn(Collector, seen))
    for order, note in (("schedule", "tick"), ("pipe", "piped")):
        await ref.ask(order)
        while note not in await ref.ask("notes"):
            pass
    await ref.ask("quiet")
    await until(lambda: seen == ["quiet"])  # to ask would keep it from being quiet


async def test_it_hears_of_the_end_of_whom_it_watches(system: ActorSystem) -> None:
    other = system.spawn(Echo)
    ref = on_process(system, Busybody, other)
    await ref.ask("watch")
    other.stop()
    while not (notes := await ref.ask("notes")):
        pass
    assert notes == [[other, "stopped"]]


async def test_it_does_not_hear_of_whom_it_watches_no_more(system: ActorSystem) -> None:
    other = system.spawn(Echo)
    ref = on_process(system, Busybody, other)
    await ref.ask("watch")
    await ref.ask("unwatch")
    other.stop()
    await ended(system, other)
    assert await ref.ask("notes") == []


async def test_its_end_is_told_to_watchers(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    seen = await ends_seen(system, ref)
    ref.tell("stop")
    await until(lambda: seen)
    assert seen == [Terminated(ref, "stopped")]


async def test_numpy_arrays_travel_both_ways(system: ActorSystem) -> None:
    ref = on_process(system, Numbers)
    array = np.arange(1_000_000, dtype=np.float64).reshape(1000, 1000)
    doubled: Any = await ref.ask(array)
    assert np.array_equal(doubled, array * 2)


async def test_what_is_no_message_ends_an_ask_and_makes_a_dead_letter(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    ref = on_process(system, Counter)
    with pytest.raises(CodecError):
        await ref.ask(Unknown())
    ref.tell(Unknown())
    assert (await letters.wait())[0].reason == "codec"
    assert await ref.ask(Add(1)) == 1


async def test_an_unhandled_message_is_a_dead_letter_here_and_ends_its_ask(
    system: ActorSystem,
) -> None:
    letters = Heard(system, DeadLetter)
    ref = on_process(system, Busybody)
    with pytest.raises(MessageUnhandled) as caught:
        await ref.ask("unhandled")
    assert (str(caught.value.address), caught.value.message_type) == (str(ref.address), "str")
    letter = (await letters.wait())[0]
    assert (letter.message, letter.recipient, letter.reason) == ("unhandled", ref, "unhandled")


async def test_a_handler_that_blocks_its_process_blocks_nobody_else(
    system: ActorSystem, tmp_path: Path
) -> None:
    ref = on_process(system, Blocking)
    path = tmp_path / "go"
    blocked = asyncio.ensure_future(ref.ask([str(path), False], timeout=30))
    await until(path.with_suffix(".reached").exists)
    assert await system.spawn(Echo).ask("x") == "x"
    with pytest.raises(AskTimeout):
        await ref.ask("hello", timeout=0.01)
    path.touch()
    assert await blocked == "done"


async def test_mailboxes_are_bounded_and_sorted_as_for_others(
    system: ActorSystem, tmp_path: Path
) -> None:
    bounded = on_process(system, Blocking, mailbox=Bounded(1))
    path = tmp_path / "go"
    blocked = asyncio.ensure_future(bounded.ask([str(path), False], timeout=30))
    await until(path.with_suffix(".reached").exists)
    bounded.tell("hello")
    with pytest.raises(MailboxFull):
        await bounded.ask("hello")
    path.touch()
    assert await blocked == "done"

    seen: list[Any] = []
    collector = system.spawn(Collector, seen)
    first = Priority(lambda message: message.what)
    sorting = on_process(system, Counter, mailbox=first)
    for n in (3, 1, 2):
        sorting.tell(Tell(collector, n))
    await until(lambda: len(seen) == 3)
    assert seen == [1, 2, 3]


async def test_its_children_live_in_its_process_and_are_reached_from_here(
    system: ActorSystem,
) -> None:
    ref = on_process(system, Parent, name="parent")
    kid: Any = await ref.ask("kid")
    assert kid.path == "/user/parent/kid"
    assert await kid.ask(Add(1)) == 101
    assert await ref.ask("total") == 102
    assert await kid.ask(Pid()) == ref.pid
    again = system.ref(str(kid.address))
    assert await again.ask(Add(1)) == 103


async def test_the_end_of_its_child_is_told_on_both_sides(system: ActorSystem) -> None:
    ref = on_process(system, Parent, name="parent")
    kid: Any = await ref.ask("kid")
    seen = await ends_seen(system, kid)
    kid.stop()
    await until(lambda: seen)
    assert seen == [Terminated(kid, "stopped")]
    while not (told := await ref.ask("ended")):
        pass
    assert told == ["/user/parent/kid stopped"]


async def test_a_pool_of_processes_works_in_parallel(system: ActorSystem) -> None:
    pool = system.spawn_pool(Spinner, size=4, dispatcher="process")
    answers: list[Any] = await asyncio.gather(*(pool.ask(10_000, timeout=30) for _ in range(16)))
    assert len({pid for pid, _ in answers}) == 4
    assert {total for _, total in answers} == {sum(range(10_000))}


async def test_stop_lets_the_current_message_finish(system: ActorSystem, tmp_path: Path) -> None:
    letters = Heard(system, DeadLetter)
    ref = on_process(system, Blocking)
    path = tmp_path / "go"
    current = asyncio.ensure_future(ref.ask([str(path), False], timeout=30))
    await until(path.with_suffix(".reached").exists)
    ref.tell("unread")
    ref.stop()
    path.touch()
    assert await current == "done"
    await ended(system, ref)
    assert [letter.message for letter in letters] == ["unread"]


async def test_an_actor_of_a_simulation_gets_no_process() -> None:
    from holon_actors.testing import Simulation
    from holon_actors.testing.errors import RealWorldRefused

    async def scenario(sim: Any) -> None:
        with pytest.raises(RealWorldRefused):
            sim.node("a").spawn(Counter, dispatcher="process")

    await asyncio.to_thread(Simulation(seed=1).run, scenario)


async def test_the_process_of_each_message_is_the_same(system: ActorSystem) -> None:
    ref = on_process(system, Counter)
    assert len({await ref.ask(Pid()) for _ in range(3)}) == 1
    ref.tell(Die("kill"))
    await ref.ask(Pid())


async def test_a_process_actor_can_have_process_actors(system: ActorSystem) -> None:
    ref = on_process(system, Nesting, name="outer")
    outer, inner, answer = await ref.ask("go", timeout=30)
    assert len({outer, inner, os.getpid()}) == 3
    assert answer == 1
    ref.stop()
    await ended(system, ref)
    await until(lambda: not psutil.pid_exists(inner))


async def test_process_actors_and_other_nodes_reach_each_other() -> None:
    async with (
        ActorSystem("here", bind="inproc://here") as here,
        ActorSystem("there", bind="inproc://there") as there,
    ):
        echo = there.spawn(Echo, name="echo")
        ref = on_process(here, Busybody, here.ref(str(echo.address)), name="busy")
        afar = there.ref(str(ref.address))
        assert await afar.ask("ask other", timeout=10) == "question"
        own, _, itself, _ = await afar.ask("who", timeout=10)
        assert own == str(ref.address)
        assert itself == ref
        assert (await afar.ask("other")) == echo


async def test_arrays_reach_an_actor_that_has_not_imported_numpy(system: ActorSystem) -> None:
    ref = on_process(system, Echo)
    array = np.arange(10)
    assert np.array_equal(np.asarray(await ref.ask(array)), array)
    large = np.arange(100_000)
    assert np.array_equal(np.asarray(await ref.ask([large])), [large])
