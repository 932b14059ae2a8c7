"""What people do to the network."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors.errors import ConfigError
from holon_actors.testing.delays import Constant
from holon_actors.testing.profiles import LinkProfile
from tests.testing.network_kit import World, run

SECOND = LinkProfile(delay=Constant(1.0))


async def reached(world: World, nodes: str = "abc") -> set[str]:
    """Who reaches whom, as "ab" for a to b."""
    for node in nodes:
        world[node]
    for node in nodes:
        for other in nodes:
            if node != other:
                world[node].send(other, f"{node}{other}".encode())
    await asyncio.sleep(10)
    arrived = {frames.decode() for node in nodes for frames in world[node].got}
    for node in nodes:
        world[node].got.clear()
    return arrived


ALL = {"ab", "ba", "ac", "ca", "bc", "cb"}


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        (lambda network: network.partition({"a"}, {"b", "c"}), {"bc", "cb"}),
        (lambda network: network.partition({"a"}, {"b"}), ALL - {"ab", "ba"}),
        (lambda network: network.partition("a", "b"), ALL - {"ab", "ba"}),
        (lambda network: network.partition({"a"}, {"b"}, {"c"}), set()),
        (lambda network: network.partition_one_way({"a"}, {"b", "c"}), ALL - {"ab", "ac"}),
        (lambda network: network.isolate("a"), {"bc", "cb"}),
        (lambda network: network.bridge({"a"}, {"b"}, {"c"}), ALL - {"ab", "ba"}),
        (lambda network: network.cut("a", "b"), ALL - {"ab", "ba"}),
        (lambda network: network.cut("a", "b", one_way=True), ALL - {"ab"}),
        (lambda network: network.ring(["a", "b", "c"]), ALL),
        (lambda network: network.storm([("a", "b")]), ALL - {"ab"}),
        (lambda network: network.set_link("a", "b", LinkProfile(loss=1.0)), ALL - {"ab", "ba"}),
    ],
)
def test_who_is_cut_off_from_whom_until_it_is_healed(act, expected) -> None:
    async def main(world: World) -> None:
        act(world.network)
        assert await reached(world) == expected
        world.network.calm()
        assert await reached(world) == ALL

    run(main)


def test_in_a_ring_each_reaches_its_neighbours() -> None:
    async def main(world: World) -> None:
        world.network.ring(["a", "b", "c", "d"])
        assert await reached(world, "abcd") == {"ab", "ba", "bc", "cb", "cd", "dc", "da", "ad"}

    run(main)


def test_cuts_add_up_and_are_mended_pair_by_pair() -> None:
    async def main(world: World) -> None:
        network = world.network
        network.isolate("a")
        network.cut("b", "c")
        network.storm([("a", "b")])
        assert await reached(world) == set()
        network.mend("a", "b")
        network.mend("b", "c")
        assert await reached(world) == {"ba", "bc", "cb"}
        network.storm([])
        assert await reached(world) == {"ab", "ba", "bc", "cb"}
        network.cut("a", "b", one_way=True)
        assert await reached(world) == {"ba", "bc", "cb"}
        network.mend("a", "b")
        network.isolate("b")
        assert await reached(world) == set()

    run(main)


def test_what_cannot_be_is_refused() -> None:
    async def main(world: World) -> None:
        network = world.network
        for call in (
            lambda: network.partition({"a", "b"}, {"b"}),
            lambda: network.bridge({"a"}, {"b"}, {"a"}),
            lambda: network.reset("a", "a"),
            lambda: network.slow("a", "b", 0.0),
        ):
            with pytest.raises(ConfigError):
                call()

    run(main)


def test_a_cut_hits_what_is_on_its_way() -> None:
    async def main(world: World) -> None:
        world["b"]
        world["a"].send("b", b"on its way")
        world.network.cut("a", "b")
        await asyncio.sleep(2)
        world.network.heal()
        await asyncio.sleep(2)
        assert world["b"].got == []
        assert ("dropped", "a", "b", "cut off") in world.events

    run(main, profile=SECOND)


def test_a_reset_loses_what_is_on_its_way_and_nothing_later() -> None:
    async def main(world: World) -> None:
        a, b = world["a"], world["b"]
        a.send("b", b"old")
        b.send("a", b"old")
        world.network.reset("b", "a")
        a.send("b", b"new")
        await asyncio.sleep(2)
        assert (a.got, b.got) == ([], [b"new"])

    run(main, profile=SECOND)


def test_what_is_held_arrives_in_order_once_it_is_released() -> None:
    async def main(world: World) -> None:
        a, b = world["a"], world["b"]
        a.send("b", b"1")
        world.network.hold("a", "b", one_way=True)
        a.send("b", b"2")
        b.send("a", b"not held")
        await asyncio.sleep(5)
        assert (a.got, b.got) == ([b"not held"], [])
        world.network.release("a", "b")
        a.send("b", b"3")
        await asyncio.sleep(5)
        assert b.got == [b"1", b"2", b"3"]
        assert b.times == [5.0, 5.0, 6.0]

    run(main, profile=SECOND)


def test_a_clogged_link_delivers_when_its_time_is_over() -> None:
    async def main(world: World) -> list[float]:
        world["b"]
        world.network.clog("a", "b", 5.0)
        world["a"].send("b", b"x")
        await asyncio.sleep(4.5)
        world["a"].send("b", b"x")
        await asyncio.sleep(5)
        return world["b"].times

    assert run(main, profile=SECOND) == [5.0, 5.5]


def test_healing_lets_go_of_what_was_held_and_slowed() -> None:
    async def main(world: World) -> list[float]:
        world["b"]
        world.network.slow("a", "b", 3.0, extra_s=0.5)
        world["a"].send("b", b"x")
        await asyncio.sleep(5)
        world.network.hold("a", "b")
        world["a"].send("b", b"x")
        await asyncio.sleep(5)
        world.network.heal()
        await asyncio.sleep(5)
        world["a"].send("b", b"x")
        await asyncio.sleep(5)
        return world["b"].times

    assert run(main, profile=SECOND) == [3.5, 10.0, 16.0]


def test_faults_are_told() -> None:
    async def main(world: World) -> None:
        network = world.network
        network.partition({"b", "a"}, {"c"})
        network.partition_one_way({"a"}, {"b"})
        network.hold("a", "b")
        network.heal()

    async def whole(world: World) -> list[tuple[str, str, str, str]]:
        await main(world)
        return world.events

    assert run(whole) == [
        ("partitioned", "", "", "a, b | c"),
        ("partitioned", "", "", "a -x> b"),
        ("held", "a", "b", ""),
        ("healed", "", "", ""),
    ]
