from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

import pytest

from holon_actors.testing._choices.tape import ReplayedChoices, SeededChoices
from holon_actors.testing._loop.loop import SimLoop
from holon_actors.testing._loop.scheduling import Fifo, Pct, RandomOrder, Scheduler


class Zeros:
    """A stream of the least unusual choices."""

    def draw(self, label: str, bound: int) -> int:
        return 0


def order(scheduler: Scheduler | None) -> tuple[int, ...]:
    """The order in which four tasks of five steps each make their steps."""
    made: list[int] = []

    async def work(number: int) -> None:
        for _ in range(5):
            made.append(number)
            await asyncio.sleep(0)

    async def main() -> None:
        await asyncio.gather(*(work(i) for i in range(4)))

    SimLoop(scheduler).run(main())
    return tuple(made)


def test_fifo_is_the_default_and_takes_turns() -> None:
    assert order(Fifo()) == order(None) == (0, 1, 2, 3) * 5


def test_random_order_replays_from_its_tape() -> None:
    choices = SeededChoices(5)
    made = order(RandomOrder(choices.stream("sched")))
    replay = ReplayedChoices(choices.tape())
    assert order(RandomOrder(replay.stream("sched"))) == made
    replay.finish()


def test_random_orders_differ_by_seed() -> None:
    made = {order(RandomOrder(SeededChoices(seed).stream("sched"))) for seed in range(20)}
    assert len(made) == 20


def test_the_least_unusual_random_order_is_fifo() -> None:
    assert order(RandomOrder(Zeros())) == order(Fifo())


def test_pct_of_depth_one_runs_each_task_for_as_long_as_it_can() -> None:
    made = order(Pct(SeededChoices(1).stream("sched"), depth=1))
    assert sorted(made) == sorted((0, 1, 2, 3) * 5)
    assert all(made[i * 5 : i * 5 + 5] == (made[i * 5],) * 5 for i in range(4))


def test_pct_changes_priorities_at_most_depth_minus_one_times() -> None:
    switches = set()
    for seed in range(50):
        made = order(Pct(SeededChoices(seed).stream("sched"), depth=3, steps=15))
        switches.add(sum(a != b for a, b in pairwise(made)))
    assert min(switches) >= 3
    assert max(switches) == 5


def test_pct_replays_from_its_tape() -> None:
    choices = SeededChoices(5)
    made = order(Pct(choices.stream("sched"), steps=15))
    replay = ReplayedChoices(choices.tape())
    assert order(Pct(replay.stream("sched"), steps=15)) == made
    replay.finish()


@pytest.mark.parametrize("options", [{"depth": 0}, {"steps": 0}])
def test_pct_needs_a_depth_and_steps(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Pct(Zeros(), **options)
