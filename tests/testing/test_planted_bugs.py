"""Default settings find each planted bug, quickly, and no bug where there is none."""

from __future__ import annotations

import os

import pytest

from holon_actors.testing import Simulation, SimulationFailure, explore
from tests.testing.planted import PROGRAMS, Program

# `make soak` asks for 10,000.
SOUND_SEEDS = int(os.environ.get("HOLON_SOAK_SEEDS", "60"))


def named(program: Program) -> str:
    return program.__name__  # type: ignore[attr-defined, no-any-return]


@pytest.mark.parametrize("program", PROGRAMS, ids=named)
def test_a_planted_bug_is_found_and_made_plain(program: Program) -> None:
    async def planted(sim: Simulation) -> None:
        await program(sim, True)

    with pytest.raises(SimulationFailure) as caught:
        explore(planted, seeds=1000, shrink_s=3.0)
    failure = caught.value
    # The line that replays it does.
    with pytest.raises(type(failure.error)):
        Simulation(failure.seed).run(planted)
    assert failure.shrunk is None or len(failure.shrunk.trace) <= len(failure.trace) * 2


@pytest.mark.timeout(0 if SOUND_SEEDS > 1000 else 60)
@pytest.mark.parametrize("strategy", ["random", "pct"])
@pytest.mark.parametrize("program", PROGRAMS, ids=named)
def test_the_program_without_its_bug_holds(program: Program, strategy: str) -> None:
    async def sound(sim: Simulation) -> None:
        await program(sim, False)

    explore(sound, seeds=SOUND_SEEDS, strategy=strategy)  # type: ignore[arg-type]
