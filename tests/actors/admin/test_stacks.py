"""Stacks of actors, tasks and threads."""

from __future__ import annotations

import asyncio
import threading

import pytest

from holon_actors import Actor, ActorSystem
from holon_actors.actors.admin import _stacks
from tests.actors.kit import Collector, Latch, Scripted, on_thread, turns, until


class Patient(Actor):
    """Waits where the test can see it."""

    def __init__(self, wait) -> None:
        self.wait = wait

    async def receive(self, message, sender):
        await self.deeper(message)

    async def deeper(self, message):
        await self.wait(self, message)


class Late(Actor):
    """Takes for ever to start."""

    async def started(self) -> None:
        await asyncio.Event().wait()


async def busy(system, wait):
    ref = system.spawn(Patient, wait, name="patient")
    ref.tell("x")
    await turns()
    return ref


def functions(stack):
    return [frame.function for frame in stack.frames]


async def test_the_stack_of_a_waiting_handler_begins_with_it_and_ends_where_it_waits(system):
    async def for_ever(me, message):
        await asyncio.Event().wait()

    stack = _stacks.of_actor(await busy(system, for_ever))
    assert stack.where == "task"
    names = functions(stack)
    assert names[:2] == ["Patient.receive", "Patient.deeper"]
    assert names[-1] == "Event.wait"
    assert stack.frames[0].code == "await self.deeper(message)"
    assert stack.frames[0].file == __file__
    assert stack.waits_for == "a future"


async def test_it_says_whose_answer_is_awaited(system):
    deaf = system.spawn(Scripted, lambda me, message, sender: me.defer_reply(), name="deaf")

    async def ask(me, message):
        await me.ask(deaf, "please", timeout=60)

    stack = _stacks.of_actor(await busy(system, ask))
    assert stack.waits_for == "the answer of /user/deaf to str"


async def test_it_says_on_which_node_the_answer_is_awaited(system):
    async with (
        ActorSystem("here", bind="inproc://here") as here,
        ActorSystem("there", bind="inproc://there") as there,
    ):
        deaf = there.spawn(Scripted, lambda me, message, sender: me.defer_reply(), name="deaf")

        async def ask(me, message):
            await me.ask(here.ref(deaf.address), "please", timeout=60)

        ref = await busy(here, ask)
        await until(lambda: deaf._processed)
        assert _stacks.of_actor(ref).waits_for == "the answer of /user/deaf of there to str"
        ref.kill()


async def test_an_idle_actor_has_no_stack(system):
    ref = system.spawn(Collector, [])
    await ref.ask(None)
    assert _stacks.of_actor(ref) is None


async def test_a_handler_on_a_thread_is_seen_where_it_blocks(system):
    latch = Latch()
    ref = on_thread(system, latch, name="blocker")
    ref.tell("x")
    await latch.wait_reached()
    try:
        stack = _stacks.of_actor(ref)
        assert stack.where == "thread"
        assert functions(stack)[:2] == ["Scripted.receive", "Latch.__call__"]
    finally:
        latch.let_go.set()


async def test_a_hook_that_waits_is_seen_too(system):
    ref = system.spawn(Late, name="late")
    await turns()
    assert "Late.started" in functions(_stacks.of_actor(ref))
    ref.kill()


async def test_all_tasks_are_named_and_bounded():
    event = asyncio.Event()

    async def wait_here():
        await event.wait()

    tasks = [asyncio.create_task(wait_here(), name=f"waiter-{n}") for n in range(5)]
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    stacks, left_out = _stacks.all_tasks(loop, 100)
    waiting = [each for each in stacks if each.name.startswith("waiter-")]
    assert len(waiting) == 5
    assert "wait_here" in waiting[0].name
    assert left_out == 0
    assert _stacks.all_tasks(loop, 2)[1] == len(stacks) - 2
    event.set()
    await asyncio.gather(*tasks)


def test_all_threads_are_named():
    release, began = threading.Event(), threading.Event()

    def block_here():
        began.set()
        release.wait()

    thread = threading.Thread(target=block_here, name="blocked thread")
    thread.start()
    began.wait()
    try:
        (found,) = [each for each in _stacks.all_threads() if each.name == "blocked thread"]
        assert any("block_here" in name for name in functions(found.stack))
    finally:
        release.set()
        thread.join()


@pytest.mark.parametrize("depth", [5, 500])
def test_a_deep_stack_is_cut_at_its_outer_end(depth):
    found = []

    def dive(left):
        if left:
            dive(left - 1)
        else:
            found.append(_stacks.of_loop(threading.get_ident()))

    dive(depth)
    assert len(found[0].frames) <= 200
    assert any("dive" in frame.function for frame in found[0].frames[-5:])
