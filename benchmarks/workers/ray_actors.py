"""Ray on one machine: the driver asks an async actor in a worker process."""

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter
from typing import Any

import ray

from benchmarks.workers._serve import serve, warm_up_size


class Peer:
    """The actor: echoes."""

    async def echo(self, message: bytes) -> bytes:
        return message


def ask(count: int) -> float:
    """Questions answered per second, one after another."""
    return _with_ray(count, 1)


def ask_64(count: int) -> float:
    """Questions answered per second, 64 at a time."""
    return _with_ray(count, 64)


def ask_1000(count: int) -> float:
    """Questions answered per second, 1,000 at a time."""
    return _with_ray(count, 1_000)


def process_actor(count: int) -> float:
    """Median seconds from making an actor to its first answer; there has been one before."""
    with _ray_running():
        _first_answer()
        return statistics.median([_first_answer() for _ in range(count)])


def _first_answer() -> float:
    started = perf_counter()
    peer = ray.remote(Peer).remote()
    ray.get(peer.echo.remote(b""))
    took = perf_counter() - started
    ray.kill(peer)
    return took


def _with_ray(count: int, at_a_time: int) -> float:
    with _ray_running():
        peer = ray.remote(Peer).options(max_concurrency=1_000).remote()
        _ask_all(peer, max(warm_up_size(count), at_a_time), at_a_time)
        return count / _ask_all(peer, count, at_a_time)


@contextmanager
def _ray_running() -> Iterator[None]:
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, configure_logging=False)
    try:
        yield
    finally:
        ray.shutdown()


def _ask_all(peer: Any, count: int, at_a_time: int) -> float:
    """`get` of a whole round is faster than awaiting each answer on an event loop."""
    question = bytes(100)
    started = perf_counter()
    for _ in range(count // at_a_time):
        ray.get([peer.echo.remote(question) for _ in range(at_a_time)])
    return perf_counter() - started


if __name__ == "__main__":
    serve(
        {
            "remote-ask": ask,
            "remote-ask-64": ask_64,
            "remote-ask-1000": ask_1000,
            "process-actor": process_actor,
        }
    )
