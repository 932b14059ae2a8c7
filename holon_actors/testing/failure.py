"""What `explore` raises: one failing run, how to run it again, and the plainest form of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from holon_actors.errors import HolonError
from holon_actors.testing._choices.tape import Tape
from holon_actors.testing.trace import Trace

__all__ = ["Run", "SimulationFailure"]

_SHOWN = 40
_DRAWN = 25
_CHOICES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Run:
    """A failing run: its error, trace and tape, and the fault plan that it had (or None)."""

    error: BaseException
    trace: Trace
    tape: Tape
    faults: Any = None


class SimulationFailure(HolonError, AssertionError):
    """A scenario fails under this seed: run the line in `replay`, and look at the trace.

    Attributes: `seed`; `error`, what was raised; `trace` of the run; `faults`, its plan; `tape`,
    its choices, which `Simulation.replay` makes again with these `faults` and the options that are
    in `replay`, one line of Python; `again`, a command or None; `runs`, how many it took; and
    `shrunk`, the plainest `Run` that fails the same way, or None.
    The error is its cause.
    """

    def __init__(
        self,
        seed: int,
        run: Run,
        replay: str,
        shrunk: Run | None,
        runs: int,
        again: str | None = None,
    ) -> None:
        self.seed = seed
        self.error = run.error
        self.trace = run.trace
        self.tape = run.tape
        self.faults = run.faults
        self.replay = replay
        self.shrunk = shrunk
        self.runs = runs
        self.again = again
        super().__init__(_text(self))
        self.__cause__ = run.error

    def write(self, folder: str | Path) -> list[Path]:
        """Write traces, diagrams and tapes in full into a folder, and return the files."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        found = Run(self.error, self.trace, self.tape, self.faults)
        written = []
        for name, run in (("found", found), ("shrunk", self.shrunk)):
            if run is not None:
                for suffix, text in (
                    ("trace.txt", str(run.trace)),
                    ("mermaid", run.trace.mermaid(len(run.trace))),
                    ("tape.json", run.tape.to_json()),
                ):
                    path = target / f"seed-{self.seed}.{name}.{suffix}"
                    path.write_text(text + "\n", encoding="utf-8")
                    written.append(path)
        return written


def _text(failure: SimulationFailure) -> str:
    error = failure.error
    shown = failure.shrunk or Run(error, failure.trace, failure.tape, failure.faults)
    parts = [
        f"seed {failure.seed} fails, {_ordinal(failure.runs)}: {_named(error)}",
        f"run it again: {failure.again or failure.replay}",
    ]
    if shown.faults is not None:
        parts.append(f"faults{' that are needed' if failure.shrunk else ''}: {shown.faults!r}")
    if failure.shrunk is not None:
        parts.append(_shrunk_text(failure, failure.shrunk))
    trace = shown.trace.of_program()
    parts.append(_tail(trace))
    parts.append("the same as a Mermaid sequence diagram:\n" + trace.mermaid(_DRAWN))
    return "\n".join(parts)


def _ordinal(runs: int) -> str:
    return "the first run" if runs == 1 else f"after {runs - 1} runs that did not"


def _named(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _shrunk_text(failure: SimulationFailure, shrunk: Run) -> str:
    events = f"{len(shrunk.trace)} events instead of {len(failure.trace)}"
    odd = f"{_odd(shrunk.tape)} choices out of the ordinary instead of {_odd(failure.tape)}"
    lines = [f"made plainer: {events}, {odd}"]
    choices = [
        f"{name} {label!r} -> {value} of {bound}"
        for name, draws in shrunk.tape.streams.items()
        for label, bound, value in draws
        if value and label not in ("seed", "run")
    ]
    if 0 < len(choices) <= _CHOICES_SHOWN:
        lines.append(f"with the choices: {'; '.join(choices)}")
    if str(shrunk.error) != str(failure.error):
        lines.append(f"its error: {_named(shrunk.error)}")
    return "\n".join(lines)


def _odd(tape: Tape) -> int:
    return sum(
        bool(value)
        for draws in tape.streams.values()
        for label, _, value in draws
        if label != "seed"
    )


def _tail(trace: Trace) -> str:
    shown: Sequence[object] = trace[-_SHOWN:]
    left_out = len(trace) - len(shown)
    head = (
        f"what happened (the last {len(shown)} of {len(trace)} events):"
        if left_out
        else "what happened:"
    )
    return "\n".join([head, *map(str, shown)])
