"""Pools: one reference, several workers."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorFailed,
    ActorStopped,
    ActorSystem,
    Bounded,
    ConfigError,
    DeadLetter,
    Directive,
    NameTaken,
    OneForOne,
)
from tests.actors.kit import Boom, Echo, Heard, Ping, ended, turns, until


class Who(Actor):
    """Answers with its own name; waits, fails or ends when told to."""

    def __init__(self, log: list[Any] | None = None, *, tag: str = "") -> None:
        self.log_ = [] if log is None else log
        self.tag = tag

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case asyncio.Event():
                return message.wait()
            case Boom():
                raise message
            case "stop":
                self.stop()
            case _:
                self.log_.append((self.ref.path.rpartition("/")[2], message))
        return self.ref.path.rpartition("/")[2]


ALL = ["worker-1", "worker-2", "worker-3", "worker-4"]


async def test_round_robin_is_the_default_over_four_workers(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, name="pool")
    assert [await pool.ask(n) for n in range(8)] == ALL * 2
    assert [s.path for s in system.snapshot()] == ["/user/pool", *(f"/user/pool/{w}" for w in ALL)]


async def test_least_loaded_avoids_the_busy(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=3, routing="least-loaded")
    release = asyncio.Event()
    busy = [asyncio.ensure_future(pool.ask(release)) for _ in range(2)]
    await turns()
    assert {await pool.ask("x") for _ in range(5)} == {"worker-3"}
    release.set()
    await asyncio.gather(*busy)


async def test_random_draws_from_the_system_s_randomness() -> None:
    async def draw(seed: int) -> list[Any]:
        async with ActorSystem("test", rng=random.Random(seed)) as system:
            pool = system.spawn_pool(Who, routing="random")
            return [await pool.ask(n) for n in range(40)]

    first = await draw(1)
    assert set(first) == set(ALL)
    assert first == await draw(1)
    assert first != await draw(2)


async def test_consistent_hash_keeps_a_key_with_its_worker(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=5, routing="consistent-hash", key=lambda message: message[0])
    owners = {key: await pool.ask((key, 1)) for key in range(50)}
    for key, owner in owners.items():
        assert await pool.ask((key, 2)) == owner
    assert len(Counter(owners.values())) > 1


async def test_broadcast_tells_all_and_asks_all(system: ActorSystem) -> None:
    log: list[Any] = []
    pool = system.spawn_pool(Who, log, routing="broadcast")
    pool.tell("told")
    assert await pool.ask("asked") == ALL
    await pool.send("sent")
    await until(lambda: len(log) == 12)
    assert Counter(message for _, message in log) == {"told": 4, "asked": 4, "sent": 4}


async def test_a_broadcast_to_one_worker_still_answers_a_list(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=1, routing="broadcast")
    assert await pool.ask("x") == ["worker-1"]


async def test_a_broadcast_ask_ends_with_the_error_of_a_worker(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=2, routing="broadcast")
    with pytest.raises(Boom):
        await pool.ask(Boom())
    assert await pool.ask("well") == ["worker-1", "worker-2"]


async def test_order_holds_between_a_sender_and_a_worker(system: ActorSystem) -> None:
    log: list[Any] = []
    pool = system.spawn_pool(Who, log, size=3)
    for n in range(300):
        pool.tell(n)
    await until(lambda: len(log) == 300)
    for worker in ALL[:3]:
        mine = [n for who, n in log if who == worker]
        assert mine == sorted(mine)
        assert len(mine) == 100


async def test_workers_are_made_of_the_given_arguments(system: ActorSystem) -> None:
    log: list[Any] = []
    pool = system.spawn_pool(Who, log, size=2, tag="x")
    await pool.ask("a")
    assert log == [("worker-1", "a")]


async def test_a_worker_that_stops_leaves_the_pool(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=3)
    assert await pool.ask("stop") == "worker-1"
    await until(lambda: len(system.snapshot()) == 3)
    await turns()
    assert {await pool.ask(n) for n in range(6)} == {"worker-2", "worker-3"}


async def test_a_worker_that_fails_is_restarted_and_stays(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=2)
    with pytest.raises(Boom):
        await pool.ask(Boom())
    assert [await pool.ask(n) for n in range(4)] == ["worker-2", "worker-1"] * 2
    assert [s.restarts for s in system.snapshot()] == [0, 1, 0]


async def test_the_pool_s_supervision_is_for_its_workers(system: ActorSystem) -> None:
    stop = OneForOne(decide=lambda error: Directive.STOP)
    pool = system.spawn_pool(Who, size=2, supervision=stop)
    with pytest.raises(Boom):
        await pool.ask(Boom())
    await until(lambda: len(system.snapshot()) == 2)
    await turns()
    assert {await pool.ask(n) for n in range(4)} == {"worker-2"}


async def test_a_pool_without_workers_is_at_its_end(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    pool = system.spawn_pool(Who, size=1)
    await pool.ask("stop")
    await until(lambda: len(system.snapshot()) <= 1)
    await turns()
    for verb in (pool.ask, pool.send):
        with pytest.raises(ActorStopped):
            await verb("x")
    pool.tell("y")
    assert [(letter.message, letter.recipient) for letter in letters] == [("y", pool)]


async def test_a_pool_that_stops_takes_its_workers_along(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who)
    pool.stop()
    await ended(system, pool)
    assert system.snapshot() == []
    with pytest.raises(ActorStopped):
        await pool.ask("x")


async def test_a_pool_that_escalates_comes_back_whole(system: ActorSystem) -> None:
    escalate = OneForOne(decide=lambda error: Directive.ESCALATE)
    pool = system.spawn_pool(Who, size=2, supervision=escalate)
    with pytest.raises(Boom):
        await pool.ask(Boom())
    await until(lambda: [s.state for s in system.snapshot()] == ["running"] * 3)
    await turns()
    assert {await pool.ask(n) for n in range(4)} == {"worker-1", "worker-2"}


@pytest.mark.parametrize("size", [1, 3])
async def test_a_key_that_raises_loses_no_message(system: ActorSystem, size: int) -> None:
    pool = system.spawn_pool(
        Who, size=size, routing="consistent-hash", key=lambda message: message["key"]
    )
    failures = Heard(system, ActorFailed)
    assert await pool.ask("no key") in ALL
    pool.tell("no key")
    await pool.send("no key")
    assert [(failed.ref, failed.message, type(failed.error)) for failed in failures] == [
        (pool, "no key", TypeError)
    ] * 3


async def test_workers_take_the_given_mailbox_and_dispatcher(system: ActorSystem) -> None:
    letters = Heard(system, DeadLetter)
    pool = system.spawn_pool(Who, size=2, mailbox=Bounded(1), dispatcher="thread")
    assert await pool.ask("x") == "worker-1"
    async with ActorSystem("second") as second:
        letters = Heard(second, DeadLetter)
        pool = second.spawn_pool(Who, size=2, mailbox=Bounded(1))
        for n in range(6):
            pool.tell(n)
        await turns()
        assert len(letters) == 4


async def test_a_pool_can_be_asked_from_another_loop(system: ActorSystem) -> None:
    pool = system.spawn_pool(Who, size=2, routing="broadcast")

    async def elsewhere() -> Any:
        return await pool.ask("x")

    assert await asyncio.to_thread(asyncio.run, elsewhere()) == ["worker-1", "worker-2"]


@pytest.mark.parametrize(
    "options",
    [
        {"size": 0},
        {"size": -1},
        {"routing": "fastest"},
        {"routing": "consistent-hash"},
        {"key": len},
        {"dispatcher": "fiber"},
        {"mailbox": 3},
    ],
)
async def test_pools_that_cannot_be_are_refused(
    system: ActorSystem, options: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError):
        system.spawn_pool(Echo, **options)
    await until(lambda: system.snapshot() == [])


async def test_a_pool_has_a_name_and_is_looked_up_by_it(system: ActorSystem) -> None:
    pool = system.spawn_pool(Echo, name="pool", size=1)
    found = system.lookup("/user/pool")
    assert found == pool
    assert found is not None
    assert await found.ask(Ping()) == "pong"
    with pytest.raises(NameTaken):
        system.spawn_pool(Echo, name="pool")


async def test_a_worker_s_constructor_that_raises_leaves_nothing(system: ActorSystem) -> None:
    made: list[int] = []

    class Third(Actor):
        def __init__(self) -> None:
            made.append(1)
            if len(made) == 3:
                raise Boom

    with pytest.raises(Boom):
        system.spawn_pool(Third, name="pool")
    await until(lambda: system.statistics().actors == 0)
    assert system.lookup("/user/pool") is None
