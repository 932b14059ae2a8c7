"""What the kernel promises, under many seeds: an order of things that breaks it would be found.

`HOLON_SIM_SEEDS` asks for more of them than the default.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from holon_actors import (
    Actor,
    ActorRef,
    ActorStopped,
    AskTimeout,
    Bounded,
    DeadLetter,
    Directive,
    MailboxFull,
    NodeUnreachable,
    OneForAll,
    OneForOne,
    Terminated,
    Unbounded,
    message,
)
from holon_actors.testing import FaultPlan, Simulation, simulated
from tests.testing.kit import Register


@message
class Numbered:
    sender: str
    number: int


class Collector(Actor):
    """Notes what it handles; may be slow, may fail at some."""

    def __init__(self, sim: Simulation, seen: list[Any], fails: bool = False) -> None:
        self.sim = sim
        self.seen = seen
        self.fails = fails

    async def receive(self, message: Any, sender: Any) -> Any:
        if self.sim.draw("waits", 3):
            await asyncio.sleep(self.sim.draw("ms", 5) / 1000)
        if self.fails and self.sim.draw("fails", 6) == 5:
            raise ValueError(message)
        self.seen.append(message)
        return message


class Sender(Actor):
    """Sends numbered messages by all verbs there are."""

    def __init__(self, sim: Simulation, target: ActorRef[Any], count: int) -> None:
        self.sim = sim
        self.target = target
        self.count = count

    async def receive(self, message: Any, sender: Any) -> None:
        for number in range(self.count):
            try:
                await self.deliver(Numbered(self.ref.path, number))
            except (MailboxFull, NodeUnreachable):
                continue

    async def deliver(self, numbered: Numbered) -> None:
        match self.sim.draw("verb", 4):
            case 0:
                self.tell(self.target, numbered)
            case 1:
                await self.target.send(numbered, self.ref)
            case 2:
                await self.ask(self.target, numbered, timeout=60)
            case 3:
                self.tell(self.target, numbered)
                await asyncio.sleep(0.001)


async def _each_pair_in_order(sim: Simulation, nodes: str, mailbox: Any) -> list[Any]:
    seen: list[Any] = []
    collector = sim.node("a").spawn(Collector, sim, seen, mailbox=mailbox)
    done = []
    for number, name in enumerate(nodes):
        system = sim.node(name)
        sender = system.spawn(Sender, sim, system.ref(collector.address), 8, name=f"s{number}")
        done.append(sender.ask("go", timeout=300))
    await asyncio.gather(*done)
    await asyncio.sleep(5)
    for sender_name in {numbered.sender for numbered in seen}:
        numbers = [m.number for m in seen if m.sender == sender_name]
        assert numbers == sorted(set(numbers)), f"{sender_name}: {numbers}"
    return seen


@simulated(seeds=150)
async def test_messages_of_a_pair_come_in_order_whatever_the_verb(sim: Simulation) -> None:
    mailbox = (Unbounded(), Bounded(3, overflow="fail"))[sim.draw("mailbox", 2)]
    seen = await _each_pair_in_order(sim, "aaa", mailbox)
    if isinstance(mailbox, Unbounded):
        assert len(seen) == 24


@simulated(seeds=40)
async def test_messages_of_a_pair_come_in_order_across_nodes(sim: Simulation) -> None:
    assert len(await _each_pair_in_order(sim, "bc", Unbounded())) == 16


@simulated(
    seeds=25, faults=FaultPlan(loss=0.2, duplicate=0.2, reorder=0.3, late_s=0.05, clog_every_s=1.0)
)
async def test_order_survives_a_bad_network(sim: Simulation) -> None:
    await _each_pair_in_order(sim, "bc", Unbounded())


ENDS = (ActorStopped, AskTimeout, MailboxFull, NodeUnreachable, ValueError)


@simulated(seeds=150)
async def test_an_ask_always_ends(sim: Simulation) -> None:
    system = sim.node("a", supervision=OneForOne(max_restarts=2))
    seen: list[Any] = []
    mailbox = (Unbounded(), Bounded(2, overflow="fail"), Bounded(2, overflow="drop-old"))
    target = system.spawn(Collector, sim, seen, fails=True, mailbox=mailbox[sim.draw("mailbox", 3)])

    async def end() -> None:
        await asyncio.sleep(sim.draw("end", 20) / 1000)
        (target.stop, target.kill, lambda: None)[sim.draw("how", 3)]()

    async def ask(number: int) -> None:
        await asyncio.sleep(sim.draw("start", 20) / 1000)
        try:
            assert await target.ask(number, timeout=0.05) == number
        except ENDS:
            pass

    async with asyncio.timeout(10):
        await asyncio.gather(end(), *(ask(number) for number in range(10)))


@simulated(seeds=40, faults=FaultPlan.swarm())
async def test_an_ask_of_another_node_always_ends(sim: Simulation) -> None:
    def start(system: Any) -> None:
        system.spawn(Register, 1, name="register")

    for name in "ab":
        sim.node(name, start=start)
    register = sim.node("c").ref("holon://a@sim:a/user/register")

    async def ask(number: int) -> None:
        await asyncio.sleep(number / 2)
        try:
            await register.ask("anything", timeout=2.0)
        except ENDS:
            pass

    async with asyncio.timeout(30):
        await asyncio.gather(*(ask(number) for number in range(8)))


@simulated(seeds=200)
async def test_what_is_told_is_handled_or_a_dead_letter(sim: Simulation) -> None:
    system = sim.node("a", supervision=OneForOne(max_restarts=1))
    handled: list[int] = []
    fates: Counter[int] = Counter()
    system.events.subscribe(DeadLetter, lambda letter: fates.update([letter.message]))
    overflow = ("fail", "drop-new", "drop-old")[sim.draw("overflow", 3)]
    mailbox = (Unbounded(), Bounded(3, overflow=overflow))[sim.draw("mailbox", 2)]  # type: ignore[arg-type]

    class Target(Actor):
        def receive(self, message: int, sender: Any) -> None:
            handled.append(message)
            if message % 5 == 4:
                raise ValueError(message)

    target = system.spawn(Target, mailbox=mailbox)

    async def tell(numbers: range) -> None:
        for number in numbers:
            target.tell(number)
            if sim.draw("pause", 3) == 0:
                await asyncio.sleep(0)

    tellers = [tell(range(start, start + 8)) for start in (0, 8, 16)]
    end = asyncio.get_running_loop().call_later(sim.draw("end", 2), target.stop)
    await asyncio.gather(*tellers)
    await asyncio.sleep(3)
    end.cancel()
    fates.update(handled)
    assert fates == Counter(range(24))


@simulated(seeds=150)
async def test_restarts_stay_within_their_budget(sim: Simulation) -> None:
    most, starts = sim.draw("most", 4), []

    class Failing(Actor):
        def __init__(self) -> None:
            starts.append(sim.time())

        def receive(self, message: Any, sender: Any) -> None:
            raise ValueError(message)

    class Parent(Actor):
        def __init__(self) -> None:
            self.child = self.spawn(Failing, name="child")

        def receive(self, message: Any, sender: Any) -> Any:
            return self.child

    strategy = OneForOne(max_restarts=most, window=1.0)
    top = OneForOne(decide=lambda error: Directive.STOP)
    parent = sim.node("a", supervision=top).spawn(Parent, supervision=strategy)
    child = await parent.ask("child")
    for number in range(10):
        child.tell(number)
        if sim.draw("wait", 2):
            await asyncio.sleep(0.01)
    await asyncio.sleep(2)
    assert len(starts) == most + 1
    assert not parent.is_alive


@simulated(seeds=150)
async def test_a_watcher_hears_of_the_end_exactly_once(sim: Simulation) -> None:
    heard: list[ActorRef[Any]] = []

    class Watcher(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            if isinstance(message, Terminated):
                heard.append(message.ref)
            else:
                self.watch(message)

    system = sim.node("a", supervision=OneForAll(decide=lambda error: Directive.STOP))
    watcher = system.spawn(Watcher)
    targets = [system.spawn(Collector, sim, [], fails=True) for _ in range(4)]

    async def end(target: ActorRef[Any]) -> None:
        await asyncio.sleep(sim.draw("when", 3) / 1000)
        (target.stop, target.kill, lambda: target.tell("fail"))[sim.draw("how", 3)]()
        await asyncio.sleep(1)
        target.stop()

    async def watch(target: ActorRef[Any]) -> None:
        await asyncio.sleep(sim.draw("when", 3) / 1000)
        watcher.tell(target)

    await asyncio.gather(*map(end, targets), *map(watch, targets))
    await asyncio.sleep(1)
    assert sorted(ref.path for ref in heard) == sorted(ref.path for ref in targets)


@simulated(seeds=25)
async def test_a_watcher_hears_of_a_node_that_is_lost(sim: Simulation) -> None:
    probe = sim.probe(node="b")
    register = sim.node("a").spawn(Register)
    probe.watch(sim.node("b").ref(register.address))
    await asyncio.sleep(1 + sim.draw("ms", 1000) / 1000)
    sim.crash("a")
    ended = await probe.expect(Terminated, within=2.0)
    assert ended.reason == "node-lost"
