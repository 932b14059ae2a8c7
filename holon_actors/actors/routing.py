"""Which worker of a pool gets a message. Pure: the pool's workers and the message in, the chosen
ones out.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from hashlib import blake2b
from typing import Any, Literal, Protocol, TypeAlias, TypeVar

from holon_actors.errors import ConfigError

__all__ = ["HashRing", "Routing", "make_router"]

Routing: TypeAlias = Literal[
    "round-robin", "least-loaded", "random", "consistent-hash", "broadcast"
]

W = TypeVar("W", bound="Worker")


class Worker(Protocol):
    """What routing needs to know of a worker."""

    @property
    def name(self) -> str: ...
    @property
    def load(self) -> int: ...


class Randrange(Protocol):
    """The one draw that random routing needs (`random.Random` has it)."""

    def randrange(self, stop: int, /) -> int: ...


Router: TypeAlias = Callable[[Sequence[W], Any], Sequence[W]]


def make_router(routing: str, key: Callable[[Any], Any] | None, rng: Randrange) -> Router[Any]:
    """The function that picks workers. Raises `ConfigError` for an unknown routing or a missing
    `key`.
    """
    if key is not None and routing != "consistent-hash":
        raise ConfigError(f'spawn_pool(key=..., routing={routing!r}): key is for "consistent-hash"')
    match routing:
        case "round-robin":
            return _RoundRobin()
        case "least-loaded":
            return _least_loaded
        case "random":
            return lambda workers, message: (workers[rng.randrange(len(workers))],)
        case "broadcast":
            return lambda workers, message: workers
        case "consistent-hash":
            if key is None:
                raise ConfigError('spawn_pool(routing="consistent-hash") needs key=')
            return _ConsistentHash(key)
    raise ConfigError(
        f"spawn_pool(routing={routing!r}): round-robin, least-loaded, random, "
        "consistent-hash or broadcast"
    )


class _RoundRobin:
    def __init__(self) -> None:
        self._next = 0

    def __call__(self, workers: Sequence[W], message: Any) -> Sequence[W]:
        chosen = workers[self._next % len(workers)]
        self._next = (self._next + 1) % len(workers)
        return (chosen,)


def _least_loaded(workers: Sequence[W], message: Any) -> Sequence[W]:
    return (min(workers, key=lambda worker: worker.load),)


class _ConsistentHash:
    def __init__(self, key: Callable[[Any], Any]) -> None:
        self._key = key
        self._workers: Sequence[Any] = ()
        self._ring = HashRing(())

    def __call__(self, workers: Sequence[W], message: Any) -> Sequence[W]:
        if workers is not self._workers:
            self._workers = workers
            self._ring = HashRing([worker.name for worker in workers])
        return (workers[self._ring.index_of(self._key(message))],)


class HashRing:
    """A ring of points, many per name: a name that comes or goes moves only its own share of the
    keys.

    Hashes are of the key's `repr`, never Python's `hash`, so that all processes agree. 160 points a
    name keep the largest share within about 10% of the mean.
    """

    POINTS = 160

    def __init__(self, names: Sequence[str]) -> None:
        points = sorted(
            (_point(f"{name}#{n}"), index)
            for index, name in enumerate(names)
            for n in range(self.POINTS)
        )
        self._points = [point for point, _ in points]
        self._owners = [index for _, index in points]

    def index_of(self, key: Any) -> int:
        """The index of the name that owns `key`."""
        where = bisect_right(self._points, _point(repr(key)))
        return self._owners[where % len(self._owners)]


def _point(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")
