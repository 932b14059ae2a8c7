"""What holds on the network whatever is drawn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors.testing._choices.tape import ReplayedChoices, SeededChoices
from holon_actors.testing.delays import Constant, Exponential, Uniform
from holon_actors.testing.profiles import LinkProfile
from tests.testing.network_kit import World, run

DELAYS = st.one_of(
    st.builds(Constant, st.floats(0, 1)),
    st.floats(0, 1).flatmap(lambda low: st.builds(Uniform, st.just(low), st.floats(low, 2))),
    st.builds(Exponential, st.floats(0, 1)),
)
SEEDS = st.integers(0, 2**32)


async def traffic(world: World, count: int = 30) -> None:
    for node in "abc":
        world[node]
    for n in range(count):
        for node, other in ("ab", "ba", "cb"):
            world[node].send(other, f"{node}{other}{n}".encode())
        await asyncio.sleep(0.01)
    await asyncio.sleep(200)


def arrivals(world: World) -> dict[str, list[tuple[float, bytes]]]:
    return {
        node: list(zip(s.times, s.got, strict=True)) for node, s in sorted(world.stations.items())
    }


@given(DELAYS, SEEDS)
@settings(deadline=None, max_examples=30)
def test_without_faults_all_arrives_once_and_in_order_on_each_link(delay: Any, seed: int) -> None:
    async def main(world: World) -> None:
        await traffic(world)
        for node, other in ("ab", "ba", "cb"):
            prefix = f"{node}{other}".encode()
            got = [frames for frames in world[other].got if frames.startswith(prefix)]
            assert got == [prefix + b"%d" % n for n in range(30)]

    run(main, profile=LinkProfile(delay=delay), seed=seed)


@given(
    st.builds(
        LinkProfile,
        delay=DELAYS,
        loss=st.floats(0, 0.5),
        duplicate=st.floats(0, 0.5),
        reorder=st.floats(0, 0.5),
        capacity=st.integers(1, 50),
    ),
    SEEDS,
)
@settings(deadline=None, max_examples=30)
def test_every_send_is_accounted_for_and_a_tape_gives_the_same_run(
    profile: LinkProfile, seed: int
) -> None:
    async def main(world: World) -> Any:
        asyncio.get_running_loop().call_later(0.1, world.network.reset, "a", "b")
        asyncio.get_running_loop().call_later(0.15, world.network.cut, "c", "b")
        await traffic(world)
        for counts in world.network.statistics().values():
            assert counts.waiting == 0
            assert counts.sent + counts.duplicated == counts.delivered + counts.dropped
            assert counts.sent + counts.refused == 30
        dropped = sum(counts.dropped for counts in world.network.statistics().values())
        assert dropped == sum(kind == "dropped" for kind, *_ in world.events)
        return arrivals(world), world.network.statistics()

    choices = SeededChoices(seed)
    first = run(main, profile=profile, choices=choices)
    assert run(main, profile=profile, seed=seed) == first
    replayed = ReplayedChoices(choices.tape())
    assert run(main, profile=profile, choices=replayed) == first
    replayed.finish()


@pytest.mark.parametrize(
    ("fault", "sign"),
    [
        ("loss", lambda got: len(got) < 300 and got == sorted(got)),
        ("duplicate", lambda got: len(got) > 300 and len(set(got)) == 300),
        ("reorder", lambda got: len(got) == 300 and got != sorted(got)),
    ],
)
def test_each_fault_does_what_it_says_and_only_that(fault: str, sign: Any) -> None:
    async def main(world: World) -> list[int]:
        world["b"]
        for n in range(300):
            world["a"].send("b", b"%d" % n)
            await asyncio.sleep(0.01)
        await asyncio.sleep(5)
        return [int(frames) for frames in world["b"].got]

    assert sign(run(main, profile=LinkProfile(**{fault: 0.2})))


def test_a_run_without_faults_draws_only_delays() -> None:
    choices = SeededChoices(1)

    async def main(world: World) -> None:
        await traffic(world)

    run(main, choices=choices)
    assert {draw.label for draw in choices.tape().streams["net"]} == {
        "a>b delay",
        "b>a delay",
        "c>b delay",
    }
