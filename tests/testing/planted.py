"""Small actor programs, each with a bug that can be planted: `program(sim, bug)`.

Every one asserts what its users rely on. Without its bug it holds under any seed.
"""

from __future__ import annotations

import asyncio
import struct
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

from holon_actors import (
    Actor,
    ActorRef,
    ActorSystem,
    AskTimeout,
    Request,
    Terminated,
    message,
)
from holon_actors.testing import Simulation
from tests.testing.kit import Get, Put, Register

Program = Callable[[Simulation, bool], Awaitable[None]]


@message
class Add(Request[int]):
    amount: int
    key: int = 0


# 1. Lost update: two actors read, add and write back.


class Counter(Register):
    def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, Add):
            self.value += message.amount
            return self.value
        return super().receive(message, sender)


class Clerk(Actor):
    def __init__(self, counter: ActorRef[Any], bug: bool) -> None:
        self.counter = counter
        self.bug = bug

    async def receive(self, message: Any, sender: Any) -> int:
        if not self.bug:
            return await self.ask(self.counter, Add(message))
        value = await self.ask(self.counter, Get())
        self.tell(self.counter, Put(value + message))
        return value + message


async def lost_update(sim: Simulation, bug: bool) -> None:
    system = sim.node("a")
    counter = system.spawn(Counter, name="counter")
    clerks = [system.spawn(Clerk, counter, bug, name=f"clerk{i}") for i in range(2)]

    async def later(clerk: ActorRef[Any]) -> None:
        await asyncio.sleep(sim.draw("start", 4))
        await clerk.ask(1)

    await asyncio.gather(*map(later, clerks))
    assert await counter.ask(Get()) == 2


# 2. Order assumption: what two senders tell comes in the order in which they were asked to.


class Configured(Actor):
    def __init__(self, bug: bool) -> None:
        self.factor: int | None = None
        self.bug = bug

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Put(value=factor):
                self.factor = factor
                self.unstash_all()
                return None
            case Add(amount=amount):
                if self.factor is None and not self.bug:
                    self.stash()
                    return None
                return amount * (self.factor or 0)


class Teller(Actor):
    def receive(self, message: Any, sender: Any) -> None:
        target, told = message
        self.tell(target, told)


async def order_assumption(sim: Simulation, bug: bool) -> None:
    system = sim.node("a")
    configured = system.spawn(Configured, bug, name="configured")
    system.spawn(Teller, name="boot").tell((configured, Put(3)))
    assert await configured.ask(Add(2)) == 6


# 3. Forgotten reply: a second ask takes the place of the first one that waits.


class Lazy(Actor):
    def __init__(self, bug: bool) -> None:
        self.waiting: list[Any] = []
        self.bug = bug

    def receive(self, message: Any, sender: Any) -> None:
        if message == "ready":
            for reply in self.waiting:
                reply.send("done")
            self.waiting.clear()
            return
        if self.bug:
            self.waiting.clear()
        self.waiting.append(self.defer_reply())
        if len(self.waiting) == 1:
            self.schedule(1.0, "ready")


async def forgotten_reply(sim: Simulation, bug: bool) -> None:
    lazy = sim.node("a").spawn(Lazy, bug, name="lazy")

    async def ask(delay: int) -> Any:
        await asyncio.sleep(delay)
        return await lazy.ask("wait", timeout=5)

    asks = [ask(sim.draw("delay", 4) * 2 // 3) for _ in range(2)]
    assert await asyncio.gather(*asks) == ["done", "done"]


# 4. A restart loses state that was only in the instance.


class Tally(Actor):
    def __init__(self, kept: dict[str, int], bug: bool) -> None:
        self.kept = {"sum": 0} if bug else kept

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Add(amount=0):
                raise ValueError("nothing to add")
            case Add(amount=amount):
                self.kept["sum"] += amount
            case Get():
                return self.kept["sum"]
        return None


async def restart_loses_state(sim: Simulation, bug: bool) -> None:
    system = sim.node("a")
    tally = system.spawn(Tally, {"sum": 0}, bug, name="tally")
    for number, amount in enumerate((0, 1)):
        system.spawn(Teller, name=f"teller{number}").tell((tally, Add(amount)))
    await asyncio.sleep(1)
    assert await tally.ask(Get()) == 1


# 5. Double delivery: who asks again after a time-out may have been served.


class Shop(Actor):
    def __init__(self, sim: Simulation, bug: bool) -> None:
        self.sim = sim
        self.bug = bug
        self.seen: set[int] = set()
        self.sold = 0

    async def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, Get):
            return self.sold
        await asyncio.sleep(self.sim.draw("tenths", 12) / 10)
        if self.bug or message.key not in self.seen:
            self.seen.add(message.key)
            self.sold += 1
        return self.sold


async def double_delivery(sim: Simulation, bug: bool) -> None:
    shop = sim.node("a").spawn(Shop, sim, bug, name="shop")
    for _ in range(5):
        try:
            await shop.ask(Add(1, key=7), timeout=1.0)
            break
        except AskTimeout:
            continue
    assert await shop.ask(Get(), timeout=60) == 1


# 6. Timer race: the time-out of one request hits the next.


class Requester(Actor):
    def __init__(self, server: ActorRef[Any], bug: bool) -> None:
        self.server = server
        self.bug = bug
        self.number = 0
        self.answered = True
        self.results: list[str] = []

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case "request":
                self.number += 1
                self.answered = False
                self.tell(self.server, self.number)
                self.schedule(1.0, ("late", 0 if self.bug else self.number))
            case "results":
                return self.results
            case ("late", number):
                if not self.answered and number in (0, self.number):
                    self.answered = True
                    self.results.append("timed out")
            case ("done", _):
                if not self.answered:
                    self.answered = True
                    self.results.append("done")
        return None


class Server(Actor):
    def __init__(self, sim: Simulation) -> None:
        self.sim = sim

    async def receive(self, message: Any, sender: Any) -> None:
        await asyncio.sleep(self.sim.draw("tenths", 10) / 10)
        self.tell(sender, ("done", message))


async def timer_race(sim: Simulation, bug: bool) -> None:
    system = sim.node("a")
    requester = system.spawn(Requester, system.spawn(Server, sim), bug, name="requester")
    for number in range(2):
        requester.tell("request")
        while len(await requester.ask("results")) == number:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert await requester.ask("results") == ["done", "done"]


# 7. Watch race: the end of an old worker is taken for that of the new one.


class Manager(Actor):
    def __init__(self, bug: bool) -> None:
        self.bug = bug
        self.worker = self.hire()

    def hire(self) -> ActorRef[Any]:
        worker = self.spawn(Register, 1)
        self.watch(worker)
        return worker

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case "replace":
                self.worker.stop()
                self.worker = self.hire()
            case Terminated(ref=ref):
                if self.bug or ref == self.worker:
                    self.worker = None  # type: ignore[assignment]
            case "count":
                return 0 if self.worker is None else 1
        return None


async def watch_race(sim: Simulation, bug: bool) -> None:
    manager = sim.node("a").spawn(Manager, bug, name="manager")
    await manager.ask("replace")
    await asyncio.sleep(1)
    assert await manager.ask("count") == 1


# 8. Stash leak: what was put aside is only taken up again when all went well.


class Loader(Actor):
    def __init__(self, sim: Simulation, bug: bool) -> None:
        self.sim = sim
        self.bug = bug
        self.loaded = False
        self.pipe_to_self(self.load())

    async def load(self) -> str:
        await asyncio.sleep(self.sim.draw("load", 3) + 1)
        return "failed" if self.sim.draw("fails", 4) == 3 else "loaded"

    def receive(self, message: Any, sender: Any) -> Any:
        if message in ("failed", "loaded"):
            self.loaded = True
            if message == "loaded" or not self.bug:
                self.unstash_all()
            return None
        if not self.loaded:
            self.stash()
            return None
        return "served"


async def stash_leak(sim: Simulation, bug: bool) -> None:
    loader = sim.node("a").spawn(Loader, sim, bug, name="loader")
    await asyncio.sleep(sim.draw("wait", 5))
    assert await loader.ask("serve", timeout=10) == "served"


# 9. Split brain: whoever hears nothing of the leader for a while leads.


@message
class Beat:
    leader: str


@message
class Heard:
    """A follower has a beat."""


@message
class Peers:
    others: list[ActorRef]


class Member(Actor):
    """One of three. A leader that is sound steps down before anybody else may take over."""

    def __init__(self, name: str, leads: bool, bug: bool) -> None:
        self.name = name
        self.leads = leads
        self.bug = bug
        self.peers: list[ActorRef[Any]] = []
        self.heard_at = 0.0
        self.schedule(0.5, "tick", every=0.5)

    def receive(self, message: Any, sender: Any) -> None:
        now = self.system.clock()
        match message:
            case Peers(others=others):
                self.peers = others
            case Beat():
                self.heard_at = now
                if sender is not None:
                    self.tell(sender, Heard())
            case Heard():
                self.heard_at = now
            case "tick" if self.leads:
                if not self.bug and now - self.heard_at > 1.5:
                    self.leads = False
                for peer in self.peers:
                    self.tell(peer, Beat(self.name))
            case "tick" if self.name == "b" and now - self.heard_at > 3.0:
                self.leads = True


async def split_brain(sim: Simulation, bug: bool) -> None:
    systems = [sim.node(name) for name in "abc"]
    members = [s.spawn(Member, s.name, s.name == "a", bug, name="member") for s in systems]
    for system, member in zip(systems, members, strict=True):
        member.tell(Peers([system.ref(str(m.address)) for m in members if m is not member]))
    actors: list[Any] = [member._actor for member in members]  # type: ignore[attr-defined]
    sim.always(lambda: sum(actor.leads for actor in actors) <= 1, "at most one leads")
    await asyncio.sleep(2)
    if sim.draw("partition", 3):
        sim.network.partition({"a"}, {"b", "c"})
    await asyncio.sleep(sim.draw("seconds", 10))
    sim.network.heal()
    await asyncio.sleep(2)


# 10. Torn write: a journal believes the length that it finds.


class Journal:
    def __init__(self, file: Any, bug: bool) -> None:
        self.file = file
        self.bug = bug

    async def append(self, record: bytes) -> None:
        check = 0 if self.bug else zlib.crc32(record)
        self.file.append(struct.pack("<II", len(record), check) + record)
        await self.file.sync()

    def records(self) -> list[bytes]:
        found, at = [], 0
        while at + 8 <= self.file.size:
            size, check = struct.unpack("<II", self.file.read(at, 8))
            record = self.file.read(at + 8, size)
            if not self.bug and (len(record) < size or zlib.crc32(record) != check):
                break
            found.append(record)
            at += 8 + size
        return found


async def torn_write(sim: Simulation, bug: bool) -> None:
    disk = sim.disk("a")

    async def write(system: ActorSystem) -> None:
        journal = Journal(disk.open("journal", create=True), bug)
        await disk.sync_names()
        for number in range(3):
            await journal.append(b"record %d" % number)

    sim.node("a", start=write)
    await asyncio.sleep(sim.draw("ms", 30) / 1000)
    sim.crash("a", torn=True)
    if disk.exists("journal"):
        for number, record in enumerate(Journal(disk.open("journal"), bug).records()):
            assert record == b"record %d" % number


# 11. Stale cache: what was read before the change is kept after it.


class Cache(Actor):
    def __init__(self, store: ActorRef[Any], bug: bool) -> None:
        self.store = store
        self.bug = bug
        self.value: int | None = None
        self.changes = 0

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case "changed":
                self.changes += 1
                self.value = None
            case ("read", value, changes, reply):
                if self.bug or changes == self.changes:
                    self.value = value
                reply.send(value)
            case Get():
                if self.value is not None:
                    return self.value
                self.pipe_to_self(self.read(self.changes, self.defer_reply()))
        return None

    async def read(self, changes: int, reply: Any) -> Any:
        return "read", await self.store.ask(Get()), changes, reply


class Writer(Actor):
    def __init__(self, store: ActorRef[Any], cache: ActorRef[Any]) -> None:
        self.store = store
        self.cache = cache

    async def receive(self, message: Any, sender: Any) -> None:
        await self.ask(self.store, Put(message))
        await self.ask(self.cache, "changed")


async def stale_cache(sim: Simulation, bug: bool) -> None:
    system = sim.node("a")
    store = system.spawn(Register, 1, name="store")
    cache = system.spawn(Cache, store, bug, name="cache")
    writer = system.spawn(Writer, store, cache, name="writer")
    await asyncio.gather(cache.ask(Get()), writer.ask(2))
    assert await cache.ask(Get()) == 2


# 12. Reentrancy assumption: two that ask each other believe they are served while they wait.


class Partner(Actor):
    def __init__(self, bug: bool) -> None:
        self.bug = bug
        self.partner: ActorRef[Any] | None = None

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case "greet":
                return self.greet() if self.bug else self.greet_beside()
            case "name":
                return self.ref.path
            case ("partner", partner):
                self.partner = partner
        return None

    async def greet(self) -> str:
        assert self.partner is not None
        return f"hello {await self.ask(self.partner, 'name')}"

    def greet_beside(self) -> None:
        reply = self.defer_reply()

        async def greet() -> None:
            reply.send(await self.greet())

        self.pipe_to_self(greet())


async def reentrancy_assumption(sim: Simulation, bug: bool) -> None:
    system = sim.node("a")
    one, other = (system.spawn(Partner, bug, name=name) for name in ("one", "other"))
    await one.ask(("partner", other))
    await other.ask(("partner", one))

    async def greet(partner: ActorRef[Any]) -> Any:
        await asyncio.sleep(sim.draw("start", 3))
        return await partner.ask("greet")

    greetings = await asyncio.gather(greet(one), greet(other))
    assert greetings == ["hello /user/other", "hello /user/one"]


PROGRAMS: tuple[Program, ...] = (
    lost_update,
    order_assumption,
    forgotten_reply,
    restart_loses_state,
    double_delivery,
    timer_race,
    watch_race,
    stash_leak,
    split_brain,
    torn_write,
    stale_cache,
    reentrancy_assumption,
)
