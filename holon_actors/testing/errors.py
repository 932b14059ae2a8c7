"""What can go wrong with a test, named for what its author does next.

An error of the program under test is never wrapped: it surfaces as it was raised, and what else
went wrong in that run is attached to it as notes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holon_actors.errors import HolonError

__all__ = [
    "AskCycle",
    "ExpectationFailed",
    "InvalidHistory",
    "InvariantBroken",
    "LivenessFailed",
    "NotDeterministic",
    "NotInTime",
    "RealWorldRefused",
    "SimulationDeadlock",
    "SimulationNotRunning",
    "StepLimitReached",
    "TapeMalformed",
    "TapeMismatch",
    "TimeLimitReached",
    "UnhandledErrors",
    "UnknownCall",
    "UnknownNode",
]


class InvalidHistory(HolonError, ValueError):
    """The history is not one: correct how it is recorded.

    Attributes: `operation`, the one that cannot be, and `reason`.
    """

    def __init__(self, operation: object, reason: str) -> None:
        self.operation = operation
        self.reason = reason
        super().__init__(f"{operation}: {reason}")


class UnknownCall(HolonError, ValueError):
    """A model does not know this call: correct the call, or bring a model that does.

    Attributes: `model` (its name), `call`, and `known`, the calls there are.
    """

    def __init__(self, model: str, call: object, known: str) -> None:
        self.model = model
        self.call = call
        self.known = known
        super().__init__(f"{model} does not know the call {call!r}; it knows {known}")


class TapeMismatch(HolonError, RuntimeError):
    """The program no longer makes the choices that the tape holds: run from the seed again.

    Attributes: `stream`, `position` in it from 0, `expected` by the tape and `found` in the run:
    each a label with its bound, or None at the end of the tape and of the run.
    """

    def __init__(self, stream: str, position: int, expected: str | None, found: str | None) -> None:
        self.stream = stream
        self.position = position
        self.expected = expected
        self.found = found
        super().__init__(
            f"draw {position} of stream {stream!r}: the tape holds {expected or 'nothing more'}, "
            f"the run asked for {found or 'nothing more'}"
        )


class TapeMalformed(HolonError, ValueError):
    """The text is no tape: correct or discard it. Attribute: `reason`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"not a tape: {reason}")


class SimulationDeadlock(HolonError, RuntimeError):
    """Nothing can ever run again: see what each task waits for.

    Attributes: `time_s`, virtual seconds, and `waiting`, a line for each unfinished task.
    """

    def __init__(self, time_s: float, waiting: Sequence[str]) -> None:
        self.time_s = time_s
        self.waiting = tuple(waiting)
        lines = "".join(f"\n  {line}" for line in self.waiting) or "\n  no task at all"
        super().__init__(f"at {time_s:g} s nothing is ready and no timer is set; waiting:{lines}")


class StepLimitReached(HolonError, RuntimeError):
    """The run does not come to an end: look for a loop, or allow more steps.

    Attributes: `steps`, the limit; `time_s`, virtual seconds; `standing_steps`, how many of the
    steps were made since that time last moved; and `ready`, labels of some callbacks to run next.
    """

    def __init__(
        self, steps: int, time_s: float, standing_steps: int, ready: Sequence[str]
    ) -> None:
        self.steps = steps
        self.time_s = time_s
        self.standing_steps = standing_steps
        self.ready = tuple(ready)
        super().__init__(
            f"not done after {steps} steps, at {time_s:g} s of virtual time, where it has made "
            f"the last {standing_steps}; next: {', '.join(self.ready) or 'a timer'}"
        )


class TimeLimitReached(HolonError, RuntimeError):
    """The run does not come to an end: see what each task waits for, or allow more time.

    Attributes: `limit_s`, virtual seconds, and `waiting`, a line for each unfinished task.
    """

    def __init__(self, limit_s: float, waiting: Sequence[str]) -> None:
        self.limit_s = limit_s
        self.waiting = tuple(waiting)
        lines = "".join(f"\n  {line}" for line in self.waiting) or "\n  no task at all"
        super().__init__(f"not done after {limit_s:g} s of virtual time; waiting:{lines}")


class SimulationNotRunning(HolonError, RuntimeError):
    """This can only be done while the simulation runs: in its scenario."""

    def __init__(self) -> None:
        super().__init__("the simulation is not running: do this in the scenario given to run()")


class ExpectationFailed(HolonError, AssertionError):
    """A probe got something else than expected, or nothing.

    Attributes: `wanted` (None: nothing was), `found` (None: nothing came) and `within`, seconds.
    """

    def __init__(self, wanted: str | None, found: str | None, within: float) -> None:
        self.wanted = wanted
        self.found = found
        self.within = within
        came = f"{found} came" if found else f"nothing came within {within:g} s"
        super().__init__(f"expected {wanted or f'nothing for {within:g} s'}, but {came}")


class NotInTime(HolonError, AssertionError):
    """What was to be true eventually is not. Attributes: `text`, and `within`, seconds."""

    def __init__(self, text: str, within: float) -> None:
        self.text = text
        self.within = within
        super().__init__(f"not true within {within:g} s: {text}")


class NotDeterministic(HolonError, RuntimeError):
    """Two runs of one seed differ: look for a clock, chance, or the order of a set that is not the
    simulation's.

    Attributes: `seed`, and `difference`, the first one.
    """

    def __init__(self, seed: int, difference: str) -> None:
        self.seed = seed
        self.difference = difference
        super().__init__(f"two runs of seed {seed} differ: {difference}")


class LivenessFailed(HolonError, AssertionError):
    """With all faults ended, what must come to be did not. Attribute: `within`, virtual seconds."""

    def __init__(self, within: float) -> None:
        self.within = within
        super().__init__(f"no progress within {within:g} s after all faults had ended")


class AskCycle(HolonError, RuntimeError):
    """Actors wait for one another in a circle, each in its handler: have one of them `tell`, or
    take the answer as a message of its own.

    Attribute: `steps`, a triple for each of them: who asks, who is asked, and the message's type.
    """

    def __init__(self, steps: Sequence[tuple[str, str, str]]) -> None:
        self.steps = tuple(steps)
        lines = "".join(f"\n  {who} asks {whom} {what}" for who, whom, what in self.steps)
        super().__init__(f"actors wait for one another in a circle:{lines}")


class UnknownNode(HolonError, LookupError):
    """The simulation has no node of this name: make it with `sim.node(name)` first.

    Attributes: `name` and `known`, the names there are.
    """

    def __init__(self, name: str, known: Sequence[str]) -> None:
        self.name = name
        self.known = tuple(known)
        super().__init__(f"no node {name!r}; there are {', '.join(self.known) or 'none'}")


class InvariantBroken(HolonError, AssertionError):
    """What was to hold at every step does not. Attributes: `text` and `time_s`, virtual seconds."""

    def __init__(self, text: str, time_s: float) -> None:
        self.text = text
        self.time_s = time_s
        super().__init__(f"at {time_s:g} s no longer true: {text}")


class RealWorldRefused(HolonError, RuntimeError):
    """The program reached out of the simulation: use what the message names instead.

    Attributes: `operation`, as the event loop calls it, and `instead`.
    """

    def __init__(self, operation: str, instead: str) -> None:
        self.operation = operation
        self.instead = instead
        super().__init__(f"{operation} is not available in a simulation: {instead}")


class UnhandledErrors(HolonError, RuntimeError):
    """Callbacks or tasks failed and nobody took their errors: handle them where they arise.

    Attribute: `contexts`, what the event loop was told of each, `message` and `exception` among
    it. The first exception is the cause of this error.
    """

    def __init__(self, contexts: Sequence[dict[str, Any]]) -> None:
        self.contexts = tuple(contexts)
        super().__init__("; ".join(describe_context(context) for context in self.contexts))
        self.__cause__ = next((c["exception"] for c in contexts if c.get("exception")), None)


def describe_context(context: dict[str, Any]) -> str:
    """One line on what an event loop's exception handler was told."""
    error = context.get("exception")
    message = str(context.get("message") or "unhandled error")
    return message if error is None else f"{message}: {type(error).__name__}: {error}"
