"""A run from its seed to its end, and many of them."""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from holon_actors.distributed.consensus.core.raft import Raft
from holon_actors.testing import Operation, check_linearizable
from holon_actors.testing.models import KeyValue
from tests.distributed.consensus.cluster.clients import Clients
from tests.distributed.consensus.cluster.liveness import check_liveness
from tests.distributed.consensus.cluster.nemesis import Nemesis
from tests.distributed.consensus.cluster.operations import Call
from tests.distributed.consensus.cluster.plan import Plan, draw_plan
from tests.distributed.consensus.cluster.simulator import Simulator
from tests.distributed.consensus.cluster.trace import Trace
from tests.distributed.consensus.cluster.violations import SafetyViolation

__all__ = ["Failure", "Report", "replay", "run", "run_seed", "sweep"]

_JUDGED_EVERY = 10  # seeds whose history is judged without knowing the order as well

_JUDGED_MAX = 80
_OVERLAP_MAX = 5  # calls at a time: the search may grow with two to the power of it


@dataclass
class Report:
    """What a run or many of them came to."""

    runs: int = 0
    events: int = 0  # what a core was told (messages, ticks, calls, disks), and faults
    committed: int = 0
    acknowledged: int = 0
    elections: int = 0
    faults: int = 0
    changes: int = 0

    def add(self, other: Report) -> None:
        """Take in the counts of another."""
        for name in vars(self):
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass(frozen=True)
class Failure:
    """A seed that failed: what was broken, and how to see it again."""

    seed: int
    error: str
    rule: str

    def __str__(self) -> str:
        command = f"python -m tests.distributed.consensus.cluster {self.seed}"
        return f"seed {self.seed}: {self.error}\n    {command}"


def run_seed(seed: int, *, trace: Trace | None = None, **limits: Any) -> Report:
    """The run of a seed. Raises what is found to be wrong."""

    def streams(name: str) -> random.Random:
        return random.Random(f"{seed} {name}")

    return run(streams, judged=seed % _JUDGED_EVERY == 0, trace=trace, **limits)


def run(
    streams: Callable[[str], random.Random],
    *,
    judged: bool = True,
    trace: Trace | None = None,
    events: int | None = None,
    faults_max: int | None = None,
    plan: Plan | None = None,
    focus: str | None = None,
) -> Report:
    """A run with these sources of chance."""
    plan = plan or draw_plan(streams("plan"), focus)
    sim = Simulator(plan, streams, Raft, trace)
    nemesis = Nemesis(sim, streams("nemesis"), faults_max)
    sim.clients.begin()
    nemesis.begin()
    sim.run(events or plan.events)
    if plan.liveness:
        if trace is not None:
            trace.note(sim.now, "!", "faults end: now it has to recover")
        check_liveness(sim, nemesis, streams("liveness"))
    if judged:
        _judge(sim.clients)
    return Report(
        1,
        sim.steps + nemesis.count,
        sim.history.last_index,
        sim.clients.acknowledged,
        len(sim.oracle.leaders),
        nemesis.count,
        len(sim.oracle.configurations) - 1,
    )


def _judge(clients: Clients) -> None:
    # A call without an answer may have happened. Those that are not in the log have not, and
    # leaving them out saves the search from trying them everywhere.
    calls = [call for call in clients.calls if call.point]
    if len(calls) <= _JUDGED_MAX and _overlap(calls) <= _OVERLAP_MAX:
        verdict = check_linearizable(map(_operation, calls), KeyValue())
        if not verdict:
            raise SafetyViolation("linearizability", verdict.explanation)


def _overlap(calls: list[Call]) -> int:
    """How many calls are under way at a time, at most."""
    return max(
        (
            sum(
                other.start <= call.start and (other.end or call.start) >= call.start
                for other in calls
            )
            for call in calls
        ),
        default=0,
    )


def _operation(call: Call) -> Operation:
    if call.kind == "get":
        made: tuple[Any, ...] = ("get", call.key)
    elif call.kind == "put":
        made = ("put", call.key, call.value)
    else:
        made = ("cas", call.key, call.expected, call.value)
    # Two calls in one client's name would be in its order: those whose end is unknown are alone.
    client = call.client if call.end is not None else -call.serial
    return Operation(client, made, call.outcome, call.start, call.end)


def sweep(
    seeds: Iterable[int], failures_max: int = 1, **limits: Any
) -> tuple[Report, list[Failure]]:
    """Run seeds until so many have failed."""
    total = Report()
    failures: list[Failure] = []
    with _rarely_collected():
        _sweep(seeds, total, failures, failures_max, limits)
    return total, failures


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """A run makes many values and hardly a cycle: looking for those may wait for its end."""
    before = gc.get_threshold()
    gc.set_threshold(200_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _sweep(
    seeds: Iterable[int],
    total: Report,
    failures: list[Failure],
    failures_max: int,
    limits: dict[str, Any],
) -> None:
    for seed in seeds:
        try:
            total.add(run_seed(seed, **limits))
        except Exception as error:  # noqa: BLE001 - an error in the core is a finding as well
            rule = getattr(error, "rule", type(error).__name__)
            failures.append(Failure(seed, f"{type(error).__name__}: {error}", rule))
            if len(failures) >= failures_max:
                break


def replay(seed: int, **limits: Any) -> tuple[Trace, BaseException | None]:
    """The same run again, with all that happened in it."""
    trace = Trace()
    try:
        run_seed(seed, trace=trace, **limits)
    except Exception as error:  # noqa: BLE001 - whatever it was that the seed showed
        return trace, error
    return trace, None
