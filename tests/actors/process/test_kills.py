"""Processes are killed at any moment, under load: every ask ends, and what is kept is handled."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from typing import Any

import psutil

from holon_actors import ActorSystem, DeadLetter, OneForOne, ProcessDied
from tests.actors.kit import Collector, Heard, until
from tests.actors.process.kit import Add, Counter, Tell

KILLS = 25


async def test_every_ask_ends_and_order_holds_when_processes_are_killed_under_load() -> None:
    rng = random.Random(7)
    patient = OneForOne(max_restarts=10_000)
    async with ActorSystem("test", supervision=patient) as system:
        letters = Heard(system, DeadLetter)
        refs: list[Any] = [system.spawn(Counter, dispatcher="process") for _ in range(3)]
        seen: list[list[int]] = [[] for _ in refs]
        collectors = [system.spawn(Collector, numbers) for numbers in seen]
        outcomes: list[object] = []
        over = asyncio.Event()

        async def load(index: int) -> None:
            number = 0
            while not over.is_set():
                refs[index].tell(Tell(collectors[index], number))
                number += 1
                try:
                    outcomes.append(await refs[index].ask(Add(1), timeout=30))
                except ProcessDied as died:
                    outcomes.append(died)

        loads = [asyncio.ensure_future(load(index)) for index in range(3)]
        for _ in range(KILLS):
            ref = rng.choice(refs)
            before = len(outcomes)
            pid = ref.pid
            if pid is not None:
                with contextlib.suppress(ProcessLookupError):  # its end has not been heard of yet
                    os.kill(pid, signal.SIGKILL)
            wanted = before + rng.randrange(5)
            await until(lambda: len(outcomes) > wanted)  # noqa: B023
        over.set()
        await asyncio.gather(*loads)
        for ref in refs:
            assert await ref.ask(Add(0), timeout=30) >= 0
    for numbers in seen:
        assert numbers == sorted(set(numbers))
    # Each death costs at most the message that it came upon.
    assert sum(isinstance(outcome, ProcessDied) for outcome in outcomes) <= KILLS
    assert letters == []
    assert psutil.Process().children(recursive=True) == []
