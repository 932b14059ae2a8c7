"""Tests that run under many seeds, for pytest.

    @simulated(seeds=200)
    async def test_money_is_kept(sim):
        ...

`HOLON_SIM_SEEDS=5000 pytest` tries more seeds, `HOLON_SIM_SEED=7 pytest` one of them again.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, overload

from holon_actors.errors import ConfigError
from holon_actors.testing.explore import explore
from holon_actors.testing.simulation import Simulation

__all__ = ["simulated"]

AsyncTest: TypeAlias = Callable[..., Awaitable[Any]]
Test: TypeAlias = Callable[..., None]

_SEEDS = "HOLON_SIM_SEEDS"
_SEED = "HOLON_SIM_SEED"


@overload
def simulated(function: AsyncTest, /) -> Test: ...
@overload
def simulated(*, seeds: int = 200, **options: Any) -> Callable[[AsyncTest], Test]: ...
def simulated(
    function: AsyncTest | None = None, /, *, seeds: int = 200, **options: Any
) -> Test | Callable[[AsyncTest], Test]:
    """Make a test of `async def test(sim, ...)`, which is run under `seeds` seeds.

    `options` are those of `explore`. All parameters but `sim` are fixtures or pytest's parameters.
    Raises `ConfigError` for a function without `sim`.
    """

    def decorate(scenario: AsyncTest) -> Test:
        signature = inspect.signature(scenario)
        if "sim" not in signature.parameters:
            raise ConfigError(f"{scenario.__qualname__} needs a parameter named sim")

        @functools.wraps(scenario)
        def test(*args: Any, **kwargs: Any) -> None:
            async def run(sim: Simulation) -> None:
                await scenario(*args, sim=sim, **kwargs)

            # So that the line which replays names something that can be called with a simulation.
            run.__name__ = f"{scenario.__name__}.__wrapped__"
            explore(run, _seeds(seeds), again=_again(scenario), **options)

        shown = [p for name, p in signature.parameters.items() if name != "sim"]
        test.__signature__ = signature.replace(parameters=shown)  # type: ignore[attr-defined]
        return test

    return decorate if function is None else decorate(function)


def _seeds(asked: int) -> int | list[int]:
    one, many = os.environ.get(_SEED), os.environ.get(_SEEDS)
    try:
        return [int(one)] if one else int(many or asked)
    except ValueError:
        raise ConfigError(f"{_SEED}={one!r}, {_SEEDS}={many!r}: whole numbers") from None


def _again(scenario: AsyncTest) -> str:
    """How to run this test again, with the seed left open."""
    current = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    test = f'"{current}"' if current else f"-k {scenario.__name__}"
    return f"{_SEED}={{seed}} pytest {test}"
