"""The promises of one system, over random programs."""

from __future__ import annotations

from typing import Any

import pytest

from holon_actors import OneForOne
from holon_actors.testing import explore
from tests.promises import checks
from tests.promises.kit import SEEDS
from tests.promises.program import decide, random_program


async def scenario(sim: Any) -> None:
    system = sim.node("a", supervision=OneForOne(decide=decide))
    world = await random_program(sim, systems=[system])
    ledger = world.ledger
    checks.check_all(ledger)
    alive = {member.ref.path for member in ledger.members.values() if member.ended_index is None}
    report = await system.shutdown()
    assert set(report.stopped) == alive
    assert report.abandoned == ()
    checks.leaves_first(ledger)


@pytest.mark.parametrize("strategy", ["random", "pct"])
def test_the_promises_hold_in_random_programs(strategy: Any) -> None:
    explore(scenario, seeds=SEEDS, strategy=strategy, ask_cycles="ignore")
