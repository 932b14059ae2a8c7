"""Random programs: actors that do what they are told, told by draws of a simulation.

An operation is a verb, a target, what the handler of its message does in the end, and operations
that this handler performs before: plain tuples, so that they can travel.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from holon_actors import (
    Actor,
    ActorFailed,
    ActorStopped,
    ActorTerminated,
    Bounded,
    DeadLetter,
    Directive,
    HolonError,
    OneForAll,
    OneForOne,
    Priority,
    RestForOne,
    Terminated,
    Unbounded,
)
from tests.promises.ledger import Boom, Ledger, Member, Note

# The plainest first, and as often as it should come.
VERBS = (
    *("tell",) * 9,
    *("ask",) * 6,
    *("send",) * 3,
    *("watch",) * 4,
    *("spawn",) * 4,
    *("unwatch", "stop", "kill"),
)
FATES = (*("done",) * 6, *("slow",) * 3, *("late",) * 2, *("pipe",) * 2, *("close", "open", "stop"))
DIRECTIVES = (*("restart",) * 5, *("resume",) * 2, *("stop", "escalate"))
MAILBOXES = (
    Unbounded(),
    Bounded(2),
    Bounded(2, "drop-new"),
    Bounded(2, "drop-old"),
    Priority(lambda note: -note.number if isinstance(note, Note) else 0),
)
STRATEGIES = (OneForOne, OneForAll, RestForOne)
ASK_S = 2.0

Operation = tuple[str, int, str, Sequence[Any]]


def decide(error: BaseException) -> Directive:
    """What the error says."""
    if isinstance(error, Boom):
        return Directive(error.directive)
    return Directive.RESTART


class World:
    """What the parts of one random program share."""

    def __init__(self, sim: Any) -> None:
        self.sim = sim
        self.ledger = Ledger(sim.time)
        self.heard: list[Any] = []
        self.is_settling = False  # nobody closes any more

    def hear(self, system: Any) -> None:
        """Follow what a system tells about itself."""
        hear = system.events.subscribe
        self.heard += [
            hear(ActorTerminated, lambda event: self.ledger.ended(event.ref)),
            hear(DeadLetter, self._buried),
            hear(ActorFailed, self._failed),
        ]

    def close(self) -> None:
        """What follows is the end of the simulation."""
        for subscription in self.heard:
            subscription.cancel()

    def _buried(self, letter: DeadLetter) -> None:
        if isinstance(letter.message, Note):
            self.ledger.buried[letter.message.number].append(letter.reason)

    def _failed(self, failure: ActorFailed) -> None:
        if isinstance(failure.message, Note):
            self.ledger.failed[failure.message.number] += 1

    def draw_operation(self, depth: int = 2) -> Operation:
        draw = self.sim.draw
        verb = VERBS[draw("verb", len(VERBS))]
        target = draw("target", 8)
        fate = FATES[draw("fate", len(FATES))]
        if draw("fails", 6) == 5:
            fate = DIRECTIVES[draw("directive", len(DIRECTIVES))]
        more = draw("then", 3) if depth else 0
        return verb, target, fate, tuple(self.draw_operation(depth - 1) for _ in range(more))

    def spawn(self, spawner: Any, parent: str | None = None) -> str:
        """A new member, below an actor or a system."""
        draw = self.sim.draw
        key = f"m{len(self.ledger.members)}"
        mailbox = MAILBOXES[draw("mailbox", len(MAILBOXES))]
        strategy = STRATEGIES[draw("strategy", 3)](
            max_restarts=2 + draw("restarts", 3), decide=decide
        )
        ref = spawner.spawn(Obedient, self, key, mailbox=mailbox, supervision=strategy)
        keeps_order = not isinstance(mailbox, Priority)
        self.ledger.joins(Member(key, ref, ref.address, ref.address.system, parent, keeps_order))
        return key

    def target(self, number: int) -> Member:
        members = list(self.ledger.members.values())
        return members[number % len(members)]

    async def perform(self, operation: Operation, key: str, system: Any, actor: Any = None) -> None:
        """Do one operation, as an actor or from outside."""
        verb, number, fate, then = operation
        member = self.target(number)
        ref = member.ref if member.node == system.name else system.ref(str(member.ref.address))
        match verb:
            case "tell":
                note = self.ledger.posts(verb, key, member.key, fate, then)
                ref.tell(note, actor and actor.ref)
            case "ask" | "send":
                note = self.ledger.posts(verb, key, member.key, fate, then)
                await self._converse(verb, note, ref, actor)
            case "watch" if actor is not None and ref != actor.ref:
                self.ledger.watches(key, member.key)
                actor.watch(ref)
            case "unwatch" if actor is not None:
                self.ledger.unwatches(key, member.key)
                actor.unwatch(ref)
            case "spawn" if len(self.ledger.members) < 8:
                try:
                    self.spawn(actor or system, key if actor else None)
                except ActorStopped:
                    pass  # it is on its way out
            case "stop":
                ref.stop()
            case "kill":
                ref.kill()

    async def _converse(self, verb: str, note: Note, ref: Any, actor: Any) -> None:
        sender = actor and actor.ref
        self.ledger.sent[note.number].limit_s = ASK_S
        try:
            if verb == "send":
                # Without a limit, actors that send to one another may all wait for room for ever.
                async with asyncio.timeout(ASK_S):
                    await ref.send(note, sender)
                outcome: Any = "sent"
            else:
                outcome = await ref.ask(note, ASK_S, sender=sender)
        except (HolonError, Boom, TimeoutError) as error:
            outcome = error
        except asyncio.CancelledError as error:
            self.ledger.concludes(note, error)
            raise
        self.ledger.concludes(note, outcome)


class Obedient(Actor):
    """Does what a note says, and writes it down."""

    def __init__(self, world: World, key: str) -> None:
        self.world = world
        self.key = key
        self.closed = False

    def restarted(self, error: BaseException) -> None:
        self.world.ledger.restarts(self.key, self.ref)

    def receive(self, message: Any, sender: Any) -> Any:
        ledger = self.world.ledger
        if isinstance(message, Terminated):
            ledger.hears(self.key, message.ref, message.reason)
        if not isinstance(message, Note):
            return None
        if self.closed and message.fate != "open":
            return self.stash()
        ledger.begins(self.key, message)
        if message.then or message.fate in ("slow", "late"):
            return self.work(message)
        try:
            return self.conclude(message)
        finally:
            ledger.finishes(self.key)

    async def work(self, note: Note) -> Any:
        try:
            if note.fate == "slow":
                await asyncio.sleep(1)
            for operation in note.then:
                await self.world.perform(operation, self.key, self.system, self)
            if note.fate == "late":
                await asyncio.sleep(0.5)
            return self.conclude(note)
        finally:
            self.world.ledger.finishes(self.key)

    def conclude(self, note: Note) -> Any:
        match note.fate:
            case "close":
                self.closed = not self.world.is_settling
            case "open":
                self.closed = False
                self.unstash_all()
            case "stop":
                self.stop()
            case "pipe":
                self.pipe_to_self(self.answer_later(note.number, self.defer_reply()))
            case fate if fate in DIRECTIVES:
                raise Boom(note.number, fate)
        return note.number

    async def answer_later(self, number: int, reply: Any) -> None:
        await asyncio.sleep(0.5)
        reply.send(number)


async def random_program(
    sim: Any,
    *,
    systems: Sequence[Any],
    acting: Sequence[Any] | None = None,
    drivers: int = 3,
    operations: int = 8,
    settle_s: float = 60.0,
) -> World:
    """Run one to its end: whatever was begun has ended, one way or the other.

    Operations from outside are made at the systems that are `acting`, by default at all.
    """
    world = World(sim)
    for system in systems:
        world.hear(system)
        world.spawn(system)
        world.spawn(system)

    async def drive(key: str, system: Any) -> None:
        for _ in range(operations):
            await world.perform(world.draw_operation(), key, system)
            if sim.draw("pause", 2):
                await asyncio.sleep(sim.draw("gap", 4) * 0.5)

    async with asyncio.TaskGroup() as tasks:
        for number in range(drivers):
            system = (acting or systems)[number % len(acting or systems)]
            tasks.create_task(drive(f"driver-{number}", system))
    await settle(world, systems, settle_s)
    return world


async def settle(world: World, systems: Sequence[Any], settle_s: float) -> None:
    """Let everything end, and take what was put aside."""
    await asyncio.sleep(settle_s)
    world.is_settling = True
    for _ in range(2):
        for member in list(world.ledger.members.values()):
            for system in systems:
                if system.name == member.node:
                    opened = world.ledger.posts("tell", "settle", member.key, "open", ())
                    member.ref.tell(opened)
        await asyncio.sleep(settle_s)
