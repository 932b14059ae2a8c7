"""How a planted bug is looked for, and its right program tried.

`HOLON_SOAK=50` tries each right program with 10,000 seeds instead of 200.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from holon_actors.testing import SimulationFailure, explore

Scenario = Callable[..., Awaitable[None]]

SEEDS_RIGHT = 200 * max(1, int(os.environ.get("HOLON_SOAK") or 0))
SEEDS_MUTANT = 1_000


def mutant(scenario: Scenario, **parts: Any) -> Scenario:
    """The scenario with some parts of its program replaced."""

    @functools.wraps(scenario)
    async def mutated(sim: Any) -> None:
        await scenario(sim, **parts)

    return mutated


def assert_found(
    scenario: Scenario, error: type[BaseException], saying: str = "", **options: Any
) -> SimulationFailure:
    """Exploration with default settings finds this error."""
    with pytest.raises(SimulationFailure) as raised:
        explore(scenario, seeds=SEEDS_MUTANT, **options)
    failure = raised.value
    root = root_of(failure.error)
    assert isinstance(root, error), failure
    assert re.search(saying, str(root)), root
    return failure


def root_of(error: BaseException) -> BaseException:
    """The first error in a group of a `TaskGroup`, or the error itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def assert_right(scenario: Scenario, **options: Any) -> None:
    """No seed fails."""
    explore(scenario, seeds=SEEDS_RIGHT, **options)
