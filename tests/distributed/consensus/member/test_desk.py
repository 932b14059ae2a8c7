"""The time that a member's core sees, as its desk counts it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from holon_actors.distributed.consensus import CoreSettings, RaftSettings
from holon_actors.distributed.consensus.core import inputs
from holon_actors.distributed.consensus.member.desk import Desk
from holon_actors.distributed.consensus.member.waiting import Waiting

TICK_S = 1.0


class Timer:
    """A member's clock and the ticks that its core has seen."""

    def __init__(self, *, leads: bool) -> None:
        settings = RaftSettings(tick_s=TICK_S, core=CoreSettings(lease_reads=True))
        seat: Any = SimpleNamespace(settings=settings, leads=leads)
        self.now = 0.0
        self.ticks = 0
        self.desk = Desk(seat, Waiting(), self._step, lambda: self.now, lambda: None, 0)

    def _step(self, event: Any) -> None:
        self.ticks += isinstance(event, inputs.Tick)

    def fire(self, *times: float) -> int:
        for self.now in times:
            self.desk.tick()
        return self.ticks


def test_what_ticks_are_late_by_counts_as_time_as_well() -> None:
    # A lease is as long as the ticks that were counted: a leader must not count too few.
    late = [beat * 1.5 for beat in range(1, 41)]
    assert Timer(leads=True).fire(*late) == late[-1] / TICK_S


def test_a_leader_sees_the_ticks_that_its_timer_has_skipped() -> None:
    assert Timer(leads=True).fire(1.0, 2.0, 7.5) == 7


def test_a_follower_that_stood_still_gives_its_leader_time_to_be_heard() -> None:
    assert Timer(leads=False).fire(1.0, 2.0, 9.0) == 3


@pytest.mark.parametrize("early", [0.25, 0.5])
def test_ticks_that_come_early_are_not_made_up_for_twice(early: float) -> None:
    assert Timer(leads=True).fire(1 - early, 2 - early, 3.0, 4.0) == 4
