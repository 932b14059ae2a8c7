"""A run, whatever becomes of its target in the middle of it, is as its messages told one by one.

Each scenario is told three times, to three actors: to a local reference, in runs, and in messages
whose bodies are too large for a run. What is handled, by which instance, under which behaviour, and
what becomes a dead letter for which reason, must be the same.
"""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from holon_transports.codec.run import CONTENT_MAX

from holon_actors import (
    Actor,
    ActorRef,
    ActorRestarted,
    ActorSystem,
    ActorTerminated,
    Bounded,
    DeadLetter,
    Directive,
    MailboxHighWater,
    OneForOne,
    Priority,
    Request,
    Unbounded,
    message,
)
from holon_actors.actors.remote.told import CLOSED
from tests.actors.kit import Echo, Heard
from tests.actors.remote.kit import two
from tests.support.waiting import until

LARGE = bytes(CONTENT_MAX + 1)
WHATS = ["note", "note", "stash", "unstash", "become", "unbecome", "fail", "exit", "wait", "kill"]


@message
class Step:
    what: str
    number: int
    body: bytes = b""


@dataclass
class Seen:
    """What the workers of one way of telling have done."""

    steps: dict[str, list[Any]] = field(default_factory=dict)
    instances: Counter[str] = field(default_factory=Counter)


def worker_of(ref: ActorRef[Any]) -> str:
    """Which worker of its pool this is; empty for an actor that is none."""
    _, pooled, number = ref.address.path.rpartition("/worker-")
    return number if pooled else ""


class Player(Actor):
    """Does what it is told, and writes down how it came to it."""

    def __init__(self, seen: Seen) -> None:
        worker = worker_of(self.ref)
        seen.instances[worker] += 1
        self.seen = seen.steps.setdefault(worker, [])
        self.instance = seen.instances[worker]
        self.held: set[int] = set()

    def receive(self, message: Any, sender: Any) -> Any:
        return self.play(message, sender)

    def other(self, message: Any, sender: Any) -> Any:
        self.seen.append("otherwise")
        return self.play(message, sender)

    def play(self, step: Step, sender: Any) -> Any:
        self.seen.append((self.instance, step.what, step.number, sender is not None))
        if step.what == "stash" and step.number not in self.held:
            self.held.add(step.number)
            self.stash()
        elif step.what == "wait":
            return self.linger(step)
        else:
            self.act(step)
        return None

    def act(self, step: Step) -> None:
        match step.what:
            case "unstash":
                self.unstash_all()
            case "become":
                self.become(self.other)
            case "unbecome":
                self.unbecome()
            case "fail":
                raise ValueError(step.number)
            case "exit":
                self.stop()
            case "kill":
                self.ref.kill()

    async def linger(self, step: Step) -> None:
        await asyncio.sleep(0)
        self.seen.append(("on", step.number))

    def depth(self) -> int:
        path = self.address.path
        [mine] = [each for each in self.system.snapshot() if each.path == path]
        return mine.mailbox_depth


class Gauge(Player):
    """Writes down how much is unread as well."""

    def act(self, step: Step) -> None:
        self.seen.append(("unread", self.depth()))
        super().act(step)


def judge(error: BaseException) -> Directive:
    return Directive.STOP if error.args == (7,) else Directive.RESTART


SUPERVISION = OneForOne(max_restarts=2, decide=judge)


@dataclass
class Outcome:
    """What can be seen of one way of telling, by worker: in which order different workers do things
    is no promise.
    """

    steps: dict[str, list[Any]]
    letters: dict[str, list[Any]]
    events: dict[str, list[Any]]


class Stage:
    """Two nodes, and the three ways to tell an actor of the second one something."""

    def __init__(self, one: ActorSystem, other: ActorSystem) -> None:
        self.one, self.other = one, other
        self.letters = Heard(other, DeadLetter)
        self.events = Heard(other, ActorRestarted, ActorTerminated, MailboxHighWater)
        self.fence = other.spawn(Echo)

    async def play(self, way: str, steps: list[tuple[str, bool]], make: Any, end: str) -> Outcome:
        """Tell these steps, whether with a sender, to an actor that `make` spawns."""
        seen = Seen()
        self.letters.clear()
        self.events.clear()
        home = self.other if way == "local" else self.one
        there = make(self.other, seen)
        ref = there if way == "local" else home.ref(there.address)
        witness = home.spawn(Echo)
        await ref.ask(Step("note", -1))
        runs = 0
        for number, (what, is_sent) in enumerate(steps):
            step = Step(what, number, LARGE if way == "singles" else b"")
            ref.tell(step, witness if is_sent else None)
            runs += way != "local" and ref.run is not CLOSED
        assert (runs > 0) == (way == "runs")
        if end:
            getattr(ref, end)()
        await home.ref(self.fence.address).ask("read")
        await until(lambda: self._is_quiet(there))
        there.stop()  # what is stashed becomes dead letters
        await until(lambda: not there.is_alive)
        letters = _by_worker([(each.recipient, _letter(each)) for each in self.letters])
        events = _by_worker([(each.ref, _event(each)) for each in self.events])
        return Outcome(seen.steps, letters, events)

    def _is_quiet(self, ref: Any) -> bool:
        path = ref.address.path
        family = [each for each in self.other.snapshot() if each.path.startswith(path)]
        return all(
            each.mailbox_depth == 0 and each.current_message is None and each.state == "running"
            for each in family
        )


def _by_worker(facts: list[tuple[ActorRef[Any], Any]]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for ref, fact in facts:
        found.setdefault(worker_of(ref), []).append(fact)
    return found


def _letter(letter: DeadLetter) -> Any:
    number = letter.message.number if isinstance(letter.message, Step) else letter.message
    return number, letter.reason, letter.sender is not None


def _event(event: Any) -> Any:
    match event:
        case MailboxHighWater(depth=depth):
            return "high water", depth
        case ActorRestarted(restarts=restarts):
            return "restarted", restarts
        case ActorTerminated(reason=reason):
            return "terminated", reason
    raise AssertionError(event)


@pytest.fixture
async def stage(tmp_path: Any) -> AsyncIterator[Stage]:
    async with two("inproc", tmp_path) as (one, other):
        yield Stage(one, other)


def play_of(rng: random.Random, whats: list[str]) -> list[tuple[str, bool]]:
    """Steps in rows of one sender: that is what runs are made of."""
    steps: list[tuple[str, bool]] = []
    while len(steps) < 20:
        is_sent = rng.random() < 0.5
        steps += [(rng.choice(whats), is_sent) for _ in range(rng.choice([1, 3, 10]))]
    return steps


MAILBOXES = {
    "unbounded": Unbounded(),
    "low": Unbounded(high_water=5),
    "fail": Bounded(6),
    "drop-new": Bounded(6, "drop-new"),
    "drop-old": Bounded(6, "drop-old"),
    "priority": Priority(lambda step: step.number % 3),
    "narrow": Priority(lambda step: -step.number, capacity=6),
}


async def check(stage: Stage, steps: list[tuple[str, bool]], make: Any, end: str = "") -> Outcome:
    """The three ways have one outcome."""
    local = await stage.play("local", steps, make, end)
    assert await stage.play("runs", steps, make, end) == local
    assert await stage.play("singles", steps, make, end) == local
    return local


@pytest.mark.parametrize("mailbox", MAILBOXES)
@pytest.mark.parametrize("seed", range(6))
async def test_an_actor_that_does_anything_in_the_middle(
    stage: Stage, mailbox: str, seed: int
) -> None:
    rng = random.Random(f"{mailbox} {seed}")

    def make(system: ActorSystem, seen: Seen) -> Any:
        return system.spawn(Gauge, seen, mailbox=MAILBOXES[mailbox], supervision=SUPERVISION)

    await check(stage, play_of(rng, WHATS), make, rng.choice(["", "", "stop", "kill"]))


PLAIN = ["note", "stash", "unstash", "become", "unbecome", "fail"]


@pytest.mark.parametrize("routing", ["round-robin", "least-loaded", "consistent-hash", "broadcast"])
@pytest.mark.parametrize("seed", range(3))
async def test_a_pool_routes_each_message(stage: Stage, routing: Any, seed: int) -> None:
    rng = random.Random(f"{routing} {seed}")
    key = (lambda step: step.number % 5) if routing == "consistent-hash" else None

    def make(system: ActorSystem, seen: Seen) -> Any:
        options: Any = {"routing": routing, "key": key, "supervision": SUPERVISION}
        return system.spawn_pool(Player, seen, size=3, mailbox=Bounded(8), **options)

    await check(stage, play_of(rng, WHATS), make)


async def test_a_pool_that_draws_lots_keeps_the_order_at_each_worker(stage: Stage) -> None:
    def make(system: ActorSystem, seen: Seen) -> Any:
        return system.spawn_pool(Player, seen, size=3, routing="random")

    outcome = await stage.play("runs", [("note", False)] * 40, make, "")
    numbers = [[number for _, _, number, _ in mine] for mine in outcome.steps.values()]
    assert len(numbers) == 3
    assert all(mine == sorted(mine) for mine in numbers)
    assert sorted(itertools.chain(*numbers)) == list(range(-1, 40))


@pytest.mark.parametrize("mailbox", ["unbounded", "priority"])
@pytest.mark.parametrize("seed", range(3))
async def test_an_actor_on_a_thread(stage: Stage, mailbox: str, seed: int) -> None:
    rng = random.Random(f"thread {mailbox} {seed}")
    options: Any = {"mailbox": MAILBOXES[mailbox], "supervision": SUPERVISION}

    def make(system: ActorSystem, seen: Seen) -> Any:
        return system.spawn(Player, seen, dispatcher="thread", **options)

    await check(stage, play_of(rng, PLAIN), make)


@message
class Numbers(Request[list[int]]):
    """Answered with the numbers of the steps, in order."""


class Tally(Actor):
    def __init__(self) -> None:
        self.numbers: list[int] = []

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Numbers():
                return self.numbers
            case Step(what="fail", number=number):
                raise ValueError(number)
            case Step(number=number):
                self.numbers.append(number)
        return None


@pytest.mark.parametrize("failing", [0, 11, 19])
async def test_an_actor_in_a_process(stage: Stage, failing: int) -> None:
    there = stage.other.spawn(Tally, dispatcher="process", supervision=SUPERVISION)
    ref = stage.one.ref(there.address)
    await ref.ask(Numbers(), timeout=20)
    for number in range(20):
        ref.tell(Step("fail" if number == failing else "note", number))
    assert ref.run is not CLOSED
    assert await ref.ask(Numbers(), timeout=20) == list(range(failing + 1, 20))
    assert [event.restarts for event in stage.events] == [1]
    assert not stage.letters
