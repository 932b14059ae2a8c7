"""Tests of how runs are told about."""

from __future__ import annotations

import pickle

from tests.distributed.consensus.cluster.mutants import planted
from tests.distributed.consensus.cluster.running import Report, replay, sweep
from tests.distributed.consensus.cluster.violations import LivenessViolation


def test_a_seed_that_fails_is_told_with_the_command_that_shows_it() -> None:
    with planted("votes_twice"):
        failure = sweep(range(50))[1][0]
    assert str(failure).endswith(f"python -m tests.distributed.consensus.cluster {failure.seed}")
    assert "SafetyViolation: one vote a term" in str(failure)


def test_the_replay_of_a_failure_ends_with_it_and_tells_what_led_to_it() -> None:
    with planted("votes_twice"):
        failure = sweep(range(50))[1][0]
        trace, error = replay(failure.seed)
    assert f"{type(error).__name__}: {error}" == failure.error
    text = "\n".join(trace.lines)
    assert "starts with Recovered" in text
    assert "<- VoteRequest" in text


def test_a_shorter_run_of_a_seed_is_its_beginning() -> None:
    whole, _ = replay(2)
    part, _ = replay(2, events=100)
    common = [line for line in part.lines if "faults end" not in line]
    assert common[:50] == whole.lines[:50]


def test_without_faults_there_are_none() -> None:
    report, failures = sweep(range(20), faults_max=0)
    assert not failures
    assert report.faults == 0
    assert report.committed > 100


def test_reports_add_up() -> None:
    total = Report()
    total.add(Report(runs=1, committed=5))
    total.add(Report(runs=1, committed=6))
    assert (total.runs, total.committed) == (2, 11)


def test_violations_travel_between_processes() -> None:
    error = LivenessViolation("a rule", "a detail")
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.rule, copy.detail) == (type(error), error.rule, error.detail)
