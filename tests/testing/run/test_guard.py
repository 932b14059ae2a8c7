from __future__ import annotations

import asyncio
import gc
import os
import random
import secrets
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from holon_actors.testing import RealWorldRefused, Simulation

PATCHED = (
    (time, "time"),
    (time, "monotonic"),
    (time, "sleep"),
    (os, "urandom"),
    (threading.Thread, "start"),
    (socket.socket, "__init__"),
)


@pytest.mark.parametrize(
    ("reach_out", "instead"),
    [
        (lambda: time.sleep(1), "asyncio.sleep"),
        (lambda: threading.Thread(target=print).start(), "call the function itself"),
        (lambda: socket.socket(), "messages"),
        (lambda: subprocess.run(["true"]), "task"),
        (lambda: os.system("true"), "task"),
        (lambda: open("/tmp/never", "w"), "sim.disk"),  # noqa: PTH123, SIM115
        (lambda: Path("/tmp/never").write_text(""), "sim.disk"),
        (lambda: os.open("/tmp/never", os.O_CREAT | os.O_WRONLY), "sim.disk"),
    ],
)
def test_the_world_outside_is_refused_with_what_to_use(
    reach_out: Callable[[], Any], instead: str
) -> None:
    async def scenario(sim: Simulation) -> None:
        reach_out()

    with pytest.raises(RealWorldRefused, match=instead):
        Simulation(1).run(scenario)
    assert not Path("/tmp/never").exists()


def test_reading_files_goes_on() -> None:
    async def scenario(sim: Simulation) -> str:
        return Path(__file__).read_text()  # noqa: ASYNC240

    assert "test_reading" in Simulation(1).run(scenario)


def test_clocks_of_the_standard_library_show_virtual_time() -> None:
    async def scenario(sim: Simulation) -> tuple[float, float, int]:
        wall, mono, exact = time.time(), time.monotonic(), time.perf_counter_ns()
        await asyncio.sleep(86_400)
        return time.time() - wall, time.monotonic() - mono, time.perf_counter_ns() - exact

    assert Simulation(1).run(scenario) == (86_400, 86_400, 86_400_000_000_000)


def test_chance_of_the_standard_library_is_the_seeds() -> None:
    async def scenario(sim: Simulation) -> list[Any]:
        return [random.random(), os.urandom(8), uuid.uuid4(), secrets.token_hex(4)]

    assert Simulation(1).run(scenario) == Simulation(1).run(scenario)
    assert not set(Simulation(1).run(scenario)) & set(Simulation(2).run(scenario))


def test_everything_is_put_back_after_a_run_however_it_ends() -> None:
    before = [getattr(owner, name) for owner, name in PATCHED]
    state = random.getstate()

    async def fail(sim: Simulation) -> None:
        random.random()
        raise LookupError

    with pytest.raises(LookupError):
        Simulation(1).run(fail)
    assert [getattr(owner, name) for owner, name in PATCHED] == before
    assert random.getstate() == state
    assert gc.isenabled()


def test_other_threads_do_not_notice() -> None:
    began, go_on = threading.Event(), threading.Event()
    seen: list[Any] = []

    def outside() -> None:
        began.wait()
        seen.append(time.time() > 1_500_000_000)
        helper = threading.Thread(target=lambda: seen.append("ran"))
        helper.start()
        helper.join()
        go_on.set()

    thread = threading.Thread(target=outside)
    thread.start()

    async def scenario(sim: Simulation) -> None:
        began.set()
        assert go_on.wait(10)
        assert time.time() < 1_000_000_000

    Simulation(1).run(scenario)
    thread.join()
    assert seen == [True, "ran"]


def test_simulations_in_two_threads_keep_apart() -> None:
    results: list[float] = []
    barrier = threading.Barrier(2)

    def simulate(seed: int) -> None:
        async def scenario(sim: Simulation) -> float:
            barrier.wait(10)
            await asyncio.sleep(seed)
            return time.monotonic()

        results.append(Simulation(seed).run(scenario))

    threads = [threading.Thread(target=simulate, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [1, 2]
    assert time.time() > 1_500_000_000


def test_generators_without_a_seed_follow_the_simulation() -> None:
    async def scenario(sim: Simulation) -> list[float]:
        random.seed()
        return [random.Random().random(), random.random(), random.Random(1).random()]

    first = Simulation(1).run(scenario)
    assert first == Simulation(1).run(scenario)
    assert first[:2] != Simulation(2).run(scenario)[:2]
    assert first[2] == random.Random(1).random()
    assert random.Random().random() != random.Random().random()


def test_coroutines_in_no_order_run_in_that_of_the_program() -> None:
    async def scenario(sim: Simulation) -> list[int]:
        begun: list[int] = []

        async def work(number: int) -> None:
            begun.append(number)

        for done in asyncio.as_completed([work(number) for number in range(20)]):
            await done
        return begun

    assert Simulation(strategy="fifo").run(scenario) == list(range(20))
