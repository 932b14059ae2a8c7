from __future__ import annotations

import inspect
from typing import Any

import pytest

from holon_actors import ConfigError
from holon_actors.testing import Simulation, SimulationFailure, simulated
from tests.testing.kit import Get, Put, Register, lost_update

SEEN: list[int] = []


@pytest.fixture
def start() -> int:
    return 3


@simulated(seeds=5)
@pytest.mark.parametrize("value", [4, 5])
async def test_fixtures_and_parameters_are_passed_on(
    sim: Simulation, start: int, value: int
) -> None:
    register = sim.node("a").spawn(Register, start)
    assert await register.ask(Get()) == 3
    register.tell(Put(value))
    assert await register.ask(Get()) in (4, 5)


class TestInAClass:
    @simulated
    async def test_methods_work_too(self, sim: Simulation) -> None:
        assert isinstance(self, TestInAClass)
        assert sim.seed < 200


@simulated(seeds=1000)
async def fails(sim: Simulation) -> None:
    SEEN.append(sim.seed)
    await lost_update(sim, True)


def test_a_failure_names_the_command_that_runs_it_again(monkeypatch: pytest.MonkeyPatch) -> None:
    SEEN.clear()
    with pytest.raises(SimulationFailure) as caught:
        fails()
    failure = caught.value
    assert f"HOLON_SIM_SEED={failure.seed} pytest" in str(failure)
    monkeypatch.setenv("HOLON_SIM_SEED", str(failure.seed))
    SEEN.clear()
    with pytest.raises(SimulationFailure) as again:
        fails()
    assert SEEN[0] == again.value.seed == failure.seed


def test_the_number_of_seeds_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    @simulated(seeds=3, check_determinism=False)
    async def counted(sim: Simulation) -> None:
        seeds.append(sim.seed)

    counted()
    assert seeds == [0, 1, 2]
    monkeypatch.setenv("HOLON_SIM_SEEDS", "7")
    counted()
    assert len(seeds) == 10
    monkeypatch.setenv("HOLON_SIM_SEEDS", "many")
    with pytest.raises(ConfigError, match="many"):
        counted()


def test_a_test_needs_the_parameter_sim_and_hides_it() -> None:
    async def other() -> None: ...

    with pytest.raises(ConfigError, match="needs a parameter named sim"):
        simulated(other)

    @simulated
    async def test(sim: Any, start: int) -> None: ...

    assert list(inspect.signature(test).parameters) == ["start"]
    assert not inspect.iscoroutinefunction(test)
