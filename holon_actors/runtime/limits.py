"""How often work may start: a token bucket. Pure: the time comes in as an argument.

The bucket holds `burst` tokens and gains `max_requests` of them per `interval`. Work that finds no
token is delayed, never refused; refusing is the queue's business.
"""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.errors import ConfigError
from holon_actors.runtime.options import check_number, check_whole

__all__ = ["RateLimit", "TokenBucket"]

# Rounding must not leave a bucket a hair short at the very moment that wait_s() named.
_ALMOST_ONE = 1 - 1e-4


@dataclass(frozen=True)
class RateLimit:
    """At most `max_requests` starts per `interval` seconds on average, and `burst` of them at once.

    `burst` defaults to `max_requests`. Raises `ConfigError` when a value is out of range.
    """

    max_requests: int
    interval: float = 1.0
    burst: int | None = None

    def __post_init__(self) -> None:
        check_whole("RateLimit(max_requests", self.max_requests, 1)
        check_number("RateLimit(interval", self.interval)
        if not 0 < self.interval < float("inf"):
            raise ConfigError(f"RateLimit(interval={self.interval}): more than 0 seconds")
        if self.burst is not None:
            check_whole("RateLimit(burst", self.burst, 1)

    @property
    def capacity(self) -> int:
        """How many tokens the bucket holds."""
        return self.burst if self.burst is not None else self.max_requests


class TokenBucket:
    """The state of one `RateLimit`.

    Invariant: 0 <= tokens <= capacity.
    """

    __slots__ = ("_at", "_capacity", "_per_s", "_tokens")

    def __init__(self, limit: RateLimit, now: float) -> None:
        self._capacity = float(limit.capacity)
        self._per_s = limit.max_requests / limit.interval
        self._tokens = self._capacity
        self._at = now

    def wait_s(self, now: float) -> float:
        """Seconds until a token is there; 0.0 when one is."""
        self._refill(now)
        return 0.0 if self._tokens > _ALMOST_ONE else (1 - self._tokens) / self._per_s

    def take(self, now: float) -> bool:
        """Take a token if there is one."""
        self._refill(now)
        if self._tokens <= _ALMOST_ONE:
            return False
        self._tokens = max(self._tokens - 1, 0.0)
        return True

    def give_back(self) -> None:
        """Return a token that was taken for work that did not start after all."""
        self._tokens = min(self._tokens + 1, self._capacity)

    def _refill(self, now: float) -> None:
        gained = max(now - self._at, 0.0) * self._per_s
        self._tokens = min(self._tokens + gained, self._capacity)
        self._at = max(now, self._at)
