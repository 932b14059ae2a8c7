"""Whether a failed execution runs again, and when. Pure: error, attempt, rng and time in, a verdict
out.

Rules: a retry is counted when it is decided, so that those that sleep are not free; an empty budget
fails at once with the last error and never queues; one layer retries (the outermost execution, see
`nesting.py`); what would only fail again the same way (wrong input, a value that cannot be pickled,
a limit that is too small) is not retried, and neither is a cancellation or the caller's own
timeout.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from holon_actors.errors import ConfigError
from holon_actors.flows import FlowInputError
from holon_actors.runtime.errors import (
    CpuTimeExceeded,
    EngineClosed,
    MemoryLimitExceeded,
    NotPicklable,
    WorkerCrashed,
    WrongIsolation,
    annotate,
)
from holon_actors.runtime.options import check_number, check_whole

__all__ = ["ErrorRecovery", "RetryBudget", "RetryLedger", "Uniform"]

_FAILS_AGAIN = (
    CpuTimeExceeded,
    EngineClosed,
    FlowInputError,
    MemoryLimitExceeded,
    NotPicklable,
    WrongIsolation,
)


class Uniform(Protocol):
    """The one draw that jitter needs: a float from 0.0 up to 1.0 (`random.Random` has it)."""

    def random(self) -> float: ...


@dataclass(frozen=True, kw_only=True)
class RetryBudget:
    """How many retries an engine may add to its load.

    Within `window` seconds there may be `ratio` retries per execution that started, and
    `per_second` retries per second besides, which keeps an engine with little to do able to retry
    at all. Raising either makes an outage of what the flows call heavier by that much.
    """

    ratio: float = 0.2
    per_second: float = 10.0
    window: float = 10.0

    def __post_init__(self) -> None:
        for name in ("ratio", "per_second", "window"):
            check_number(f"RetryBudget({name}", getattr(self, name))
        if not self.ratio >= 0:
            raise ConfigError(f"RetryBudget(ratio={self.ratio}): at least 0")
        if not self.per_second >= 0:
            raise ConfigError(f"RetryBudget(per_second={self.per_second}): at least 0")
        if not self.window > 0:
            raise ConfigError(f"RetryBudget(window={self.window}): more than 0 seconds")


@dataclass(frozen=True)
class ErrorRecovery:
    """Runs a failed execution again, at most `max_retries` times.

    `delay` is the wait in seconds before the first retry; it doubles ("exponential"), grows by
    itself ("linear") or stays ("constant") up to `max_delay`. With `jitter` the wait is drawn
    evenly from zero to that (full jitter), so that what failed together does not return together.
    `retry_on` is an exception class, a tuple of them, or a function of the error. `budget` bounds
    the retries of the whole engine; None lifts the bound. A flow under which `max_crashes` worker
    processes have died is not tried on another.
    """

    max_retries: int = 3
    backoff: Literal["exponential", "linear", "constant"] = "exponential"
    delay: float = 0.1
    max_delay: float = 30.0
    jitter: bool = True
    retry_on: (
        type[BaseException] | tuple[type[BaseException], ...] | Callable[[BaseException], bool]
    ) = Exception
    budget: RetryBudget | None = field(default_factory=RetryBudget)
    max_crashes: int = 2

    def __post_init__(self) -> None:
        check_whole("ErrorRecovery(max_retries", self.max_retries, 0)
        check_whole("ErrorRecovery(max_crashes", self.max_crashes, 1)
        check_number("ErrorRecovery(delay", self.delay)
        check_number("ErrorRecovery(max_delay", self.max_delay)
        if self.backoff not in ("exponential", "linear", "constant"):
            raise ConfigError(
                f"ErrorRecovery(backoff={self.backoff!r}): exponential, linear or constant"
            )
        if not 0 <= self.delay < float("inf"):
            raise ConfigError(f"ErrorRecovery(delay={self.delay}): at least 0 seconds")
        if not self.max_delay >= self.delay:
            raise ConfigError(
                f"ErrorRecovery(max_delay={self.max_delay}): at least delay={self.delay}"
            )
        if not callable(self.retry_on) and not _are_classes(self.retry_on):
            raise ConfigError(
                f"ErrorRecovery(retry_on={self.retry_on!r}): an exception class, a tuple of them,"
                " or a function of the error"
            )

    def next_delay(self, attempt: int, rng: Uniform) -> float:
        """Seconds to wait before retry number `attempt` (from 1)."""
        if self.backoff == "exponential":
            # Capped in the exponent, as 2.0 ** 5000 does not fit a float.
            wait_s = self.delay * 2.0 ** min(attempt - 1, 1000)
        elif self.backoff == "linear":
            wait_s = self.delay * attempt
        else:
            wait_s = self.delay
        wait_s = min(wait_s, self.max_delay)
        return wait_s * rng.random() if self.jitter else wait_s

    def covers(self, error: BaseException, attempts: int, crashes: int) -> bool:
        """Whether an execution that ran `attempts` times and ended with `error` may run again.

        The budget has its own say. `crashes` counts the worker processes that died under it.
        """
        if attempts > self.max_retries or isinstance(error, _FAILS_AGAIN):
            return False
        if not isinstance(error, Exception):  # cancellations and interrupts end things
            return False
        if isinstance(error, WorkerCrashed) and crashes >= self.max_crashes:
            return False
        if isinstance(self.retry_on, type | tuple):
            return isinstance(error, self.retry_on)
        try:
            return self.retry_on(error)
        except Exception as broken:  # noqa: BLE001  # the user's function; it has decided nothing
            annotate(error, f"not retried: retry_on raised {broken!r}")
            return False


def _are_classes(value: object) -> bool:
    return isinstance(value, tuple) and all(
        isinstance(item, type) and issubclass(item, BaseException) for item in value
    )


class RetryLedger:
    """What has been started and retried lately, in ten parts of the budget's window.

    Invariant: at any time, the retries in the window are within the budget of the starts in the
    window.
    """

    __slots__ = ("_budget", "_part_s", "_parts", "_retries", "_starts")

    def __init__(self, budget: RetryBudget) -> None:
        self._budget = budget
        self._part_s = budget.window / 10
        self._parts: deque[list[int]] = deque()  # [number of the part, starts, retries]
        self._starts = 0
        self._retries = 0

    def note_start(self, now: float) -> None:
        """An execution started for the first time."""
        self._part(now)[1] += 1
        self._starts += 1

    def take(self, now: float) -> bool:
        """Count one more retry if the budget has room for it."""
        part = self._part(now)
        allowed = self._starts * self._budget.ratio + self._budget.per_second * self._budget.window
        if self._retries + 1 > allowed:
            return False
        part[2] += 1
        self._retries += 1
        return True

    def _part(self, now: float) -> list[int]:
        number = int(now / self._part_s)
        parts = self._parts
        while parts and parts[0][0] <= number - 10:
            _, starts, retries = parts.popleft()
            self._starts -= starts
            self._retries -= retries
        if not parts or parts[-1][0] != number:
            parts.append([number, 0, 0])
        return parts[-1]
