"""The network that can break."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from holon_transports import EndpointInUse, InvalidEndpoint, TransportClosed

from holon_actors.testing.delays import Constant
from holon_actors.testing.profiles import LinkProfile
from tests.testing.network_kit import World, run

SECOND = LinkProfile(delay=Constant(1.0))


# Frames and conversations


def test_frames_of_a_send_arrive_together_and_unaltered() -> None:
    async def main(world: World) -> list[bytes]:
        world["b"]
        buffer = bytearray(b"buffer")
        world["a"].send("b", b"head", buffer, memoryview(b"view"))
        buffer[:] = b"change"  # bytes are copied at send
        await asyncio.sleep(1)
        return world["b"].got

    assert run(main) == [b"head|buffer|view"]


def test_the_answering_end_reaches_who_dialled() -> None:
    async def main(world: World) -> list[bytes]:
        a, b = world["a"], world["b"]
        a.send("b", b"question")
        await asyncio.sleep(1)
        assert b.channels[0].name == "sim://a"
        b.channels[0].send([b"answer"])
        await asyncio.sleep(1)
        return a.got

    assert run(main) == [b"answer"]


def test_a_node_reaches_itself_at_once_whatever_happens_to_the_network() -> None:
    async def main(world: World) -> list[float]:
        world.network.isolate("a")
        world["a"].send("a", b"self")
        await asyncio.sleep(1)
        return world["a"].times

    assert run(main, profile=LinkProfile(loss=1.0)) == [0.0]


def test_frames_take_the_time_of_their_link() -> None:
    async def main(world: World) -> tuple[list[float], list[float]]:
        world.network.set_link("a", "b", LinkProfile(delay=Constant(3.0)), one_way=True)
        a, b = world["a"], world["b"]
        a.send("b", b"x")
        b.send("a", b"x")
        await asyncio.sleep(9)
        return a.times, b.times

    assert run(main, profile=SECOND) == ([1.0], [3.0])


def test_a_narrow_link_sends_one_thing_after_the_other() -> None:
    async def main(world: World) -> list[float]:
        world["b"]
        for _ in range(3):
            world["a"].send("b", bytes(100))
        await asyncio.sleep(60)
        return world["b"].times

    assert run(main, profile=LinkProfile(delay=Constant(1.0), bandwidth=50)) == [3.0, 5.0, 7.0]


def test_a_full_link_refuses_and_tells_when_it_is_half_empty() -> None:
    async def main(world: World) -> None:
        a, b = world["a"], world["b"]
        for n in range(4):
            assert a.send("b", b"%d" % n)
            await asyncio.sleep(0.1)
        assert not a.send("b", b"no room")
        await asyncio.sleep(0.65)
        assert b.got == [b"0"]
        assert a.drained_on == []
        await asyncio.sleep(0.1)
        assert b.got == [b"0", b"1"]
        assert a.drained_on == [a.channel("b")]
        await asyncio.sleep(2)
        assert a.send("b", b"5")
        await asyncio.sleep(2)
        assert b.got == [b"0", b"1", b"2", b"3", b"5"]
        assert len(a.drained_on) == 1
        assert world.network.statistics()["a", "b"].refused == 1

    run(main, profile=LinkProfile(delay=Constant(1.0), capacity=4))


# What nodes do


def test_a_crashed_node_gets_nothing_but_what_it_sent_arrives() -> None:
    async def main(world: World) -> None:
        a, b = world["a"], world["b"]
        a.send("b", b"last words")
        b.send("a", b"too late")
        await asyncio.sleep(0.5)
        world.network.crash("a")
        b.send("a", b"nobody there")
        await asyncio.sleep(5)
        assert a.got == []
        assert b.got == [b"last words"]
        assert a.send("b", b"from beyond")
        with pytest.raises(TransportClosed):
            a.transport.dial("sim://b")
        await asyncio.sleep(5)
        assert b.got == [b"last words"]

    run(main, profile=SECOND)


def test_nothing_of_before_reaches_a_node_that_has_started_again() -> None:
    async def main(world: World) -> None:
        world["a"].send("b", b"greeting")
        world["b"]
        await asyncio.sleep(2)
        answering = world["b"].channels[0]
        world["a"].send("b", b"old")
        await asyncio.sleep(0.5)
        b = world.restart("b")
        world["a"].send("b", b"new")
        answering.send([b"from a dead channel"])
        await asyncio.sleep(5)
        assert b.got == [b"new"]
        assert b.channels[0] is not answering
        assert world["a"].got == []

    run(main, profile=SECOND)


def test_a_dialler_that_started_again_does_not_get_old_answers() -> None:
    async def main(world: World) -> None:
        world["b"]
        world["a"].send("b", b"question")
        await asyncio.sleep(2)
        world["b"].channels[0].send([b"answer"])
        old, new = world["a"], world.restart("a")
        await asyncio.sleep(5)
        world["b"].channels[0].send([b"another"])
        await asyncio.sleep(5)
        assert old.got == new.got == []

    run(main, profile=SECOND)


def test_a_closed_channel_gets_nothing_but_what_it_sent_arrives() -> None:
    async def main(world: World) -> None:
        world["b"]
        world["a"].send("b", b"question")
        await asyncio.sleep(2)
        world["b"].channels[0].send([b"answer"])
        world["a"].send("b", b"goodbye")
        world["a"].channel("b").close()
        world["a"].send("b", b"lost")
        await asyncio.sleep(5)
        assert world["a"].got == []
        assert world["b"].got == [b"question", b"goodbye"]

    run(main, profile=SECOND)


def test_who_waits_for_room_to_a_node_that_crashes_is_told() -> None:
    async def main(world: World) -> None:
        world["b"]
        assert world["a"].send("b", b"x")
        assert not world["a"].send("b", b"x")
        world.network.crash("b")
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert world["a"].drained_on == [world["a"].channel("b")]

    run(main, profile=LinkProfile(delay=Constant(1.0), capacity=1))


def test_frames_are_handed_over_in_the_context_of_the_receiving_node() -> None:
    place = contextvars.ContextVar("place", default="outside")
    seen: list[str] = []

    def start(world: World, node: str) -> None:
        place.set(node)
        station = world[node]
        station.received = lambda channel, frames: seen.append(f"received in {place.get()}")
        station.drained = lambda channel: seen.append(f"drained in {place.get()}")

    async def main(world: World) -> None:
        contextvars.Context().run(start, world, "a")
        world["a"].send("b", b"sent before b was there")
        assert not world["a"].send("b", b"no room")
        contextvars.Context().run(start, world, "b")
        await asyncio.sleep(3)
        assert seen == ["received in b", "drained in a"]
        world.network.crash("b")
        del world.stations["b"]
        world["a"].send("b", b"sent while b was down")
        contextvars.Context().run(start, world, "b")
        await asyncio.sleep(3)
        assert seen[2:] == ["received in b"]

    run(main, profile=LinkProfile(delay=Constant(1.0), capacity=1))


def test_endpoints_are_for_one_and_any_kind_will_do() -> None:
    async def main(world: World) -> None:
        a, b = world["a"].transport, world["b"].transport
        with pytest.raises(EndpointInUse, match="sim://a"):
            b.bind("sim://a")
        ports = {b.bind("tcp://127.0.0.1:0") for _ in range(2)}
        assert len(ports) == 2
        for endpoint in ("ipc:///run/x.sock", "inproc://x", "tcp://10.0.0.5:7400?peer=b", *ports):
            if endpoint not in ports:
                assert b.bind(endpoint) == endpoint.partition("?")[0]
            a.dial(endpoint, peer="b").send([endpoint.encode()])
        await asyncio.sleep(1)
        assert len(world["b"].got) == 5
        world.network.partition({"a"}, {"b"})
        a.dial("inproc://x").send([b"cut off"])
        await asyncio.sleep(1)
        assert len(world["b"].got) == 5

    run(main)


@pytest.mark.parametrize("endpoint", ["sim://", "sim://a b", "a", "http://x", "tcp://x"])
def test_an_endpoint_that_is_none_is_refused(endpoint: str) -> None:
    async def main(world: World) -> None:
        with pytest.raises(InvalidEndpoint):
            world["a"].transport.dial(endpoint)

    run(main)
