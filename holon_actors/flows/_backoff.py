"""How long to wait between tries: a pure decision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

Backoff = Literal["constant", "linear", "exponential"]
BACKOFFS: tuple[str, ...] = get_args(Backoff)

_DOUBLINGS_MAX = 1000  # 2.0 ** 1024 would overflow; any wait is at its ceiling long before


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """The settings of `retry`, already checked."""

    max_retries: int
    delay_s: float
    backoff: Backoff
    jitter: bool
    delay_max_s: float

    def wait_s(self, failed: int, random: Callable[[], float]) -> float:
        """Seconds to wait after `failed` failures (1 or more).

        Full jitter, a uniform part of the whole wait, spreads synchronised callers best.
        """
        match self.backoff:
            case "constant":
                factor = 1.0
            case "linear":
                factor = float(failed)
            case _:
                factor = 2.0 ** min(failed - 1, _DOUBLINGS_MAX)
        wait = min(self.delay_s * factor, self.delay_max_s)
        return wait * random() if self.jitter else wait
