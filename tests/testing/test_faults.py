"""Fault plans as values, and swarms of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.errors import ConfigError
from holon_actors.testing._choices.tape import SeededStream
from holon_actors.testing.delays import Constant, Exponential, Uniform
from holon_actors.testing.faults import _FAULTS, PARTITION_KINDS, FaultPlan, Swarm
from holon_actors.testing.profiles import DiskProfile, LinkProfile

ALL_OF_THEM: dict[str, Any] = {
    "disk_error": 0.1,
    "disk_full": 1_000_000,
    "disk_rot": 0.1,
    "disk_lies": True,
    "skew_step_s": 1.0,
}


def drawn(seed: int, **worst: Any) -> FaultPlan:
    return FaultPlan.swarm(**worst).draw(SeededStream(seed, "work"))


def test_a_plan_without_arguments_has_no_faults() -> None:
    plan = FaultPlan()
    assert plan == FaultPlan.none()
    assert plan.active == ()
    assert repr(plan) == "FaultPlan()"
    assert plan.link_profile() == LinkProfile()
    assert plan.disk_profile() == DiskProfile()


def test_only_what_is_not_default_is_printed() -> None:
    plan = FaultPlan(loss=0.1, crash_every_s=5.0, delay=Exponential(0.01))
    assert repr(plan) == (
        "FaultPlan(delay=Exponential(mean_s=0.01, low_s=0.0), loss=0.1, crash_every_s=5.0)"
    )


@given(st.integers(0, 10_000))
def test_what_is_printed_makes_the_plan_again(seed: int) -> None:
    plan = drawn(seed, **ALL_OF_THEM)
    assert eval(repr(plan)) == plan
    swarm = FaultPlan.swarm(loss=0.5)
    assert eval(repr(swarm)) == swarm


@given(st.integers(0, 10_000))
def test_every_fault_can_be_switched_off_alone(seed: int) -> None:
    plan = drawn(seed, **ALL_OF_THEM)
    for fault in plan.active:
        assert plan.without(fault).active == tuple(f for f in plan.active if f != fault)
    for fault in plan.active:
        plan = plan.without(fault)
    assert plan.active == ()
    assert plan.link_profile() == LinkProfile(late_s=plan.late_s)
    assert plan.disk_profile() == DiskProfile()


def test_a_fault_that_is_none_cannot_be_switched_off() -> None:
    with pytest.raises(ConfigError, match="reset"):
        FaultPlan().without("resets")


def test_every_field_belongs_to_a_fault_or_to_all() -> None:
    named = [name for group in _FAULTS.values() for name in group]
    assert max(Counter(named).values()) == 1
    assert {field.name for field in fields(FaultPlan)} - set(named) == {"late_s", "down_max"}


def test_a_swarm_has_runs_with_and_runs_without_each_fault() -> None:
    plans = [drawn(seed, **ALL_OF_THEM) for seed in range(100)]
    seen = Counter(fault for plan in plans for fault in plan.active)
    assert set(seen) == set(_FAULTS)
    assert all(20 < count < 80 for count in seen.values())
    assert len({plan.loss for plan in plans}) == 6  # none, and five strengths
    worst = FaultPlan.swarm().worst
    assert max(plan.loss for plan in plans) == worst.loss
    every = {plan.crash_every_s for plan in plans if plan.crash_every_s is not None}
    assert worst.crash_every_s is not None
    assert every == {worst.crash_every_s * times for times in (1, 2, 4, 8, 16)}


def test_a_swarm_has_only_what_a_sound_program_bears_unless_asked() -> None:
    hard = {"disk_error", "disk_full", "disk_rot", "disk_lies"}
    for seed in range(100):
        plan = drawn(seed)
        assert not hard & set(plan.active)
        assert plan.skew_step_s == 0


def test_a_swarm_leaves_out_what_it_is_told_to() -> None:
    for seed in range(50):
        assert "crash" not in drawn(seed, crash_every_s=None).active
        assert drawn(seed, partition_kinds=("split",)).partition_kinds in (
            ("split",),
            PARTITION_KINDS,
        )


@pytest.mark.parametrize("delay", [Constant(1.0), Uniform(0.5, 1.0), Exponential(1.0)])
def test_a_swarm_weakens_any_kind_of_delay(delay) -> None:
    seen = {drawn(seed, delay=delay).delay for seed in range(60)}
    assert None in seen
    assert delay in seen
    assert {type(other) for other in seen - {None}} == {type(delay)}
    assert len(seen) > 2


def test_the_plainest_draws_give_no_faults() -> None:
    class Smallest:
        def draw(self, label: str, bound: int) -> int:
            return 0

    assert FaultPlan.swarm(**ALL_OF_THEM).draw(Smallest()) == FaultPlan()


def test_the_same_seed_draws_the_same_plan() -> None:
    assert isinstance(FaultPlan.swarm(), Swarm)
    assert drawn(7) == drawn(7)


def test_a_plan_says_what_links_and_disks_are_like() -> None:
    plan = FaultPlan(
        delay=Constant(1.0), loss=0.1, disk_survival=0.2, disk_torn=True, disk_sync=Constant(2.0)
    )
    assert plan.link_profile() == LinkProfile(delay=Constant(1.0), loss=0.1)
    assert plan.disk_profile() == DiskProfile(survival=0.2, torn=True, sync=Constant(2.0))
    assert FaultPlan.lossy().active == ("delay", "loss", "duplicate", "reorder", "reset")


@pytest.mark.parametrize(
    "wrong",
    [
        {"loss": 1.5},
        {"loss": -0.1},
        {"delay": 0.1},
        {"late_s": -1.0},
        {"crash_every_s": 0.0},
        {"pause_lasts_s": -1.0},
        {"partition_kinds": ("half",)},
        {"partition_kinds": ()},
        {"skew_drift": 1.0},
        {"slow_factor": 0.5},
        {"skew_step_s": -1.0},
        {"down_max": -1},
        {"disk_error": 2.0},
        {"disk_full": -1},
        {"disk_sync": 3},
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        FaultPlan(**wrong)
