"""Short runs whose every choice is Hypothesis's, so that it can shrink one that fails."""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from tests.distributed.consensus.cluster.mutants import planted
from tests.distributed.consensus.cluster.running import run
from tests.distributed.consensus.cluster.violations import SafetyViolation

EXAMPLES = 25 * max(1, int(os.environ.get("HOLON_SOAK") or 0))
EVENTS = 150

choices = st.randoms(use_true_random=False)
allowed = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=allowed)
@given(choices)
def test_what_raft_promises_holds_whatever_is_chosen(chosen: random.Random) -> None:
    run(lambda _: chosen, events=EVENTS)


@pytest.mark.parametrize("name", ["votes_before_it_is_durable", "applies_before_it_is_durable"])
def test_a_bug_is_found_by_choosing_and_can_be_shrunk(name: str) -> None:
    def fails(chosen: random.Random) -> bool:
        with planted(name):
            try:
                run(lambda _: chosen, events=EVENTS)
            except SafetyViolation:
                return True
        return False

    looking = settings(
        max_examples=200,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=allowed,
    )
    find(choices, fails, settings=looking)
