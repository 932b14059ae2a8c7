"""Holon's simulation: actors and callbacks under a seed, recorded as `explore` records them.

With the option `real` the same actors run on asyncio's own loop, and `sim-hop` on nothing but it.
Clocks here are real ones, taken before a simulation puts its own in their place.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from time import perf_counter
from typing import Any

from benchmarks.workers._serve import WorkFunction, options, serve, warm_up_size
from holon_actors import Actor, ActorRef, ActorSystem
from holon_actors.testing import Simulation

SENDERS = 100
RING = 1_000
NODES = ("a", "b", "c")

Body = Callable[[ActorSystem, int], Coroutine[Any, Any, float]]


class Player(Actor):
    """Sends a ball back, one lower."""

    def __init__(self, done: asyncio.Event) -> None:
        self.done = done

    def receive(self, message: int, sender: ActorRef[Any] | None) -> None:
        if message > 0:
            assert sender is not None
            self.tell(sender, message - 1)
        else:
            self.done.set()


class Opener(Player):
    """A player that opens the rally."""

    def __init__(self, other: ActorRef[Any], done: asyncio.Event) -> None:
        super().__init__(done)
        self.other = other

    def receive(self, message: int, sender: ActorRef[Any] | None) -> None:
        if message > 0:
            self.tell(self.other, message - 1)
        else:
            self.done.set()


class Counter(Actor):
    """Counts down to the last message."""

    def __init__(self, count: int, done: asyncio.Event) -> None:
        self.left = count
        self.done = done

    def receive(self, message: Any, sender: Any) -> None:
        self.left -= 1
        if self.left == 0:
            self.done.set()


class Sender(Actor):
    """Tells another actor so many numbers, one for each message of its own."""

    def __init__(self, target: ActorRef[Any]) -> None:
        self.target = target

    def receive(self, message: int, sender: Any) -> None:
        self.tell(self.target, message)
        if message > 1:
            self.tell(self.ref, message - 1)


class Stop(Actor):
    """One place in a ring: hands a number on, one lower."""

    following: ActorRef[Any]

    def __init__(self, done: asyncio.Event) -> None:
        self.done = done

    def receive(self, message: Any, sender: Any) -> None:
        if isinstance(message, ActorRef):
            self.following = message
        elif message > 0:
            self.tell(self.following, message - 1)
        else:
            self.done.set()


async def ping_pong(system: ActorSystem, count: int) -> float:
    """Seconds for `count` messages between two actors."""
    done = asyncio.Event()
    opener = system.spawn(Opener, system.spawn(Player, done), done)
    return await _timed(lambda: opener.tell(count - 1), done)


async def fan_in(system: ActorSystem, count: int) -> float:
    """Seconds until one actor has handled `count` messages of a hundred others, which handle as
    many of their own.
    """
    done = asyncio.Event()
    share = count // 2 // SENDERS
    counter = system.spawn(Counter, share * SENDERS, done)
    senders = [system.spawn(Sender, counter) for _ in range(SENDERS)]

    def begin() -> None:
        for sender in senders:
            sender.tell(share)

    return await _timed(begin, done)


async def ring(system: ActorSystem, count: int) -> float:
    """Seconds for `count` messages round a ring of a thousand actors."""
    done = asyncio.Event()
    stops = [system.spawn(Stop, done) for _ in range(RING)]
    for stop, following in zip(stops, [*stops[1:], stops[0]], strict=True):
        stop.tell(following)
    return await _timed(lambda: stops[0].tell(count - 1), done)


async def _timed(begin: Callable[[], None], done: asyncio.Event) -> float:
    started = perf_counter()
    begin()
    await done.wait()
    return perf_counter() - started


async def hop(count: int) -> float:
    """Seconds for `count` turns of the loop, a callback each."""
    loop = asyncio.get_running_loop()
    done = loop.create_future()

    def step(left: int) -> None:
        if left > 0:
            loop.call_soon(step, left - 1)
        else:
            done.set_result(None)

    started = perf_counter()
    step(count)
    await done
    return perf_counter() - started


async def idle(sim: Simulation, virtual_s: int) -> float:
    """Real seconds that a cluster of three nodes takes to be idle for so long."""
    systems = [sim.node(name) for name in NODES]
    for system in systems[1:]:
        await system.cluster.join(f"sim://{NODES[0]}")
    await asyncio.sleep(10)
    started = perf_counter()
    await asyncio.sleep(virtual_s)
    return perf_counter() - started


def simulated(main: Callable[[Simulation], Awaitable[float]]) -> float:
    """Run under seed 1, without the usual end to what takes long."""
    return Simulation(seed=1, steps_max=10**9, time_max=10**9).run(main)


def on_actors(body: Body) -> WorkFunction:
    """Messages per second."""

    async def real(count: int) -> float:
        async with ActorSystem("bench") as system:
            return await body(system, count)

    def run(count: int) -> float:
        if "real" in options():
            return asyncio.run(real(count))
        return simulated(lambda sim: body(sim.node("bench"), count))

    return _per_second(run)


def hops(count: int) -> float:
    """Callbacks per second."""
    run = asyncio.run if "real" in options() else lambda main: simulated(lambda sim: main)
    return _per_second(lambda size: run(hop(size)))(count)


def _per_second(run: WorkFunction) -> WorkFunction:
    def work(count: int) -> float:
        run(warm_up_size(count))
        return count / run(count)

    return work


def virtual_per_real(virtual_s: int) -> float:
    """Virtual seconds in a real one."""
    return virtual_s / simulated(lambda sim: idle(sim, virtual_s))


if __name__ == "__main__":
    serve(
        {
            "sim-ping-pong": on_actors(ping_pong),
            "sim-fan-in": on_actors(fan_in),
            "sim-ring": on_actors(ring),
            "sim-hop": hops,
            "sim-idle": virtual_per_real,
        }
    )
