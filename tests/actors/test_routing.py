"""Which worker gets a message: plain functions over names and loads."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors import ConfigError
from holon_actors.actors.routing import HashRing, make_router

NAMES = st.lists(st.text("abcdef0123", min_size=1, max_size=6), min_size=2, max_size=8, unique=True)


@dataclass(frozen=True)
class FakeWorker:
    name: str
    load: int = 0


def workers(count: int) -> tuple[FakeWorker, ...]:
    return tuple(FakeWorker(f"w{n}") for n in range(count))


@given(st.integers(1, 9), st.integers(0, 50))
def test_round_robin_goes_around_in_order(size: int, messages: int) -> None:
    route = make_router("round-robin", None, random.Random(1))
    all_of_them = workers(size)
    chosen = [route(all_of_them, n)[0].name for n in range(messages)]
    assert chosen == [f"w{n % size}" for n in range(messages)]


def test_round_robin_goes_on_when_workers_leave() -> None:
    route = make_router("round-robin", None, random.Random(1))
    for n in range(3):
        route(workers(4), n)
    assert [route(workers(2), n)[0].name for n in range(4)].count("w0") == 2


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_least_loaded_takes_the_first_of_the_lowest_load(loads: list[int]) -> None:
    pool = tuple(FakeWorker(f"w{n}", load) for n, load in enumerate(loads))
    chosen = make_router("least-loaded", None, random.Random(1))(pool, "m")
    assert [worker.name for worker in chosen] == [f"w{loads.index(min(loads))}"]


def test_random_reaches_everybody_and_repeats_with_its_seed() -> None:
    def draw() -> list[str]:
        route = make_router("random", None, random.Random(7))
        return [route(workers(4), n)[0].name for n in range(200)]

    assert set(draw()) == {"w0", "w1", "w2", "w3"}
    assert draw() == draw()


def test_broadcast_is_everybody() -> None:
    assert make_router("broadcast", None, random.Random(1))(workers(3), "m") == workers(3)


@settings(max_examples=30)
@given(NAMES, st.lists(st.integers(), min_size=1, max_size=50))
def test_equal_keys_go_to_the_same_worker(names: list[str], keys: list[int]) -> None:
    pool = tuple(FakeWorker(name) for name in names)
    route = make_router("consistent-hash", lambda message: message["key"], random.Random(1))
    first = [route(pool, {"key": key, "n": 1}) for key in keys]
    again = [route(pool, {"key": key, "n": 2}) for key in keys]
    assert first == again


@settings(max_examples=30)
@given(NAMES, st.data())
def test_a_name_that_goes_moves_only_its_own_keys(names: list[str], data: st.DataObject) -> None:
    gone = data.draw(st.sampled_from(names))
    rest = [name for name in names if name != gone]
    before, after = HashRing(names), HashRing(rest)
    for key in range(300):
        owner = names[before.index_of(key)]
        if owner != gone:
            assert rest[after.index_of(key)] == owner


@settings(max_examples=30)
@given(NAMES, st.randoms())
def test_the_order_of_names_does_not_matter(names: list[str], rng: random.Random) -> None:
    shuffled = list(names)
    rng.shuffle(shuffled)
    a, b = HashRing(names), HashRing(shuffled)
    for key in range(100):
        assert names[a.index_of(key)] == shuffled[b.index_of(key)]


def test_the_ring_shares_keys_out_evenly() -> None:
    ring = HashRing([f"worker-{n}" for n in range(5)])
    shares = Counter(ring.index_of(key) for key in range(10_000))
    assert set(shares) == set(range(5))
    assert max(shares.values()) < 2 * min(shares.values())


def test_all_processes_agree_about_the_owner_of_a_key() -> None:
    """Fixed values: a change of the hash would move every key between versions."""
    ring = HashRing(["a", "b", "c"])
    assert [ring.index_of(key) for key in ("ada", "bob", "cyd", 1, 2, (3, "x"))] == [
        0,
        2,
        0,
        1,
        2,
        1,
    ]


@pytest.mark.parametrize(
    ("routing", "key", "names"),
    [
        ("fastest", None, "routing='fastest'"),
        ("consistent-hash", None, "needs key="),
        ("round-robin", len, "consistent-hash"),
    ],
)
def test_routings_that_cannot_be_are_refused(routing: str, key: object, names: str) -> None:
    with pytest.raises(ConfigError, match=names):
        make_router(routing, key, random.Random(1))  # type: ignore[arg-type]
