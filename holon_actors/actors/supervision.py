"""What a supervisor decides when a child fails. Pure: past, present and policy in, a verdict out.

The restart budget is that of Erlang/OTP's supervisor (`add_restart/3`): at most `max_restarts`
within `window` seconds, counted from the failure that is being judged; beyond it the failure
escalates. `OneForOne` counts per child, because a parent of a thousand workers is not sick when
four of them fail; the group strategies count for the group.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from holon_actors.errors import ConfigError

__all__ = [
    "Backoff",
    "Directive",
    "OneForAll",
    "OneForOne",
    "RestForOne",
    "Strategy",
    "Verdict",
    "allow_restart",
    "judge",
]

C = TypeVar("C")


class Directive(enum.Enum):
    """What becomes of a failed child."""

    RESUME = "resume"  # keep the instance and its state, drop the message
    RESTART = "restart"  # a new instance behind the same address and mailbox
    STOP = "stop"  # end the child for good
    ESCALATE = "escalate"  # the supervisor fails in its turn


class Uniform(Protocol):
    """The one draw that backoff needs: a float from 0.0 up to 1.0 (`random.Random` has it)."""

    def random(self) -> float: ...


@dataclass(frozen=True)
class Backoff:
    """How long to wait before the n-th restart in the window: `initial * factor**(n-1)` seconds, at
    most `max`.

    `jitter` is the share of the delay that is drawn at random, so that what failed together does
    not return together: 0.2 waits between 80% and 100% of the delay.
    """

    initial: float = 0.1
    factor: float = 2.0
    max: float = 30.0
    jitter: float = 0.2

    def __post_init__(self) -> None:
        if not 0 <= self.initial <= self.max:
            raise ConfigError(f"Backoff(initial={self.initial}): from 0 to max={self.max}")
        if self.factor < 1:
            raise ConfigError(f"Backoff(factor={self.factor}): at least 1")
        if not 0 <= self.jitter <= 1:
            raise ConfigError(f"Backoff(jitter={self.jitter}): from 0 to 1")

    def delay_s(self, restart: int, rng: Uniform) -> float:
        """Seconds to wait before restart number `restart` (from 1)."""
        try:
            delay_s = min(self.initial * math.pow(self.factor, restart - 1), self.max)
        except OverflowError:
            delay_s = self.max
        return delay_s * (1 - self.jitter * rng.random())


def _always_restart(error: BaseException) -> Directive:
    return Directive.RESTART


@dataclass(frozen=True)
class Strategy:
    """Base of the strategies; use `OneForOne`, `OneForAll` or `RestForOne`.

    `decide(error)` picks the directive. More than `max_restarts` within `window` seconds escalate.
    """

    max_restarts: int = 3
    window: float = 5.0
    backoff: Backoff | None = None
    decide: Callable[[BaseException], Directive] = _always_restart

    def __post_init__(self) -> None:
        if self.max_restarts < 0:
            raise ConfigError(
                f"{type(self).__name__}(max_restarts={self.max_restarts}): at least 0"
            )
        if not self.window > 0:
            raise ConfigError(f"{type(self).__name__}(window={self.window}): more than 0 seconds")

    @property
    def counts_per_child(self) -> bool:
        """Whether each child has a restart budget of its own."""
        return False

    def affected(self, children: Sequence[C], failed: C) -> Sequence[C]:
        """Which of the children, in start order, restart when `failed` does."""
        raise NotImplementedError


@dataclass(frozen=True)
class OneForOne(Strategy):
    """Only the failed child restarts."""

    @property
    def counts_per_child(self) -> bool:
        return True

    def affected(self, children: Sequence[C], failed: C) -> Sequence[C]:
        return (failed,)


@dataclass(frozen=True)
class OneForAll(Strategy):
    """All children restart when one fails: for children that cannot do without each other."""

    def affected(self, children: Sequence[C], failed: C) -> Sequence[C]:
        return tuple(children)


@dataclass(frozen=True)
class RestForOne(Strategy):
    """The failed child and those started after it restart, as they build on it."""

    def affected(self, children: Sequence[C], failed: C) -> Sequence[C]:
        return tuple(children[children.index(failed) :])


@dataclass(frozen=True)
class Verdict:
    """The outcome of a judgement: what to do, after how long, and the restarts to remember."""

    directive: Directive
    delay_s: float = 0.0
    past: tuple[float, ...] = ()


def allow_restart(
    past: tuple[float, ...], now: float, max_restarts: int, window_s: float
) -> tuple[bool, tuple[float, ...]]:
    """Whether one more restart at `now` is allowed, and the restarts still in the window."""
    recent = (*(t for t in past if now - t < window_s), now)
    return len(recent) <= max_restarts, recent


def judge(
    strategy: Strategy, error: BaseException, past: tuple[float, ...], now: float, rng: Uniform
) -> Verdict:
    """Decide over a failure at `now`, given the times of the restarts before it.

    A `decide` that raises has decided nothing, so the failure escalates.
    """
    try:
        directive: object = strategy.decide(error)
    except Exception as broken:  # noqa: BLE001  # it travels with the child's error
        error.add_note(f"supervision: decide() raised {broken!r}")
        return Verdict(Directive.ESCALATE, past=past)
    if not isinstance(directive, Directive):
        error.add_note(f"supervision: decide() returned {directive!r}, which is no Directive")
        return Verdict(Directive.ESCALATE, past=past)
    if directive is not Directive.RESTART:
        return Verdict(directive, past=past)
    allowed, recent = allow_restart(past, now, strategy.max_restarts, strategy.window)
    if not allowed:
        error.add_note(
            f"supervision: more than {strategy.max_restarts} restarts within {strategy.window:g} s"
        )
        return Verdict(Directive.ESCALATE, past=recent)
    delay_s = strategy.backoff.delay_s(len(recent), rng) if strategy.backoff else 0.0
    return Verdict(Directive.RESTART, delay_s, recent)
