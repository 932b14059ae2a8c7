"""Checks of settings: each error names the setting and what it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from holon_actors.errors import ConfigError
from holon_actors.runtime import ErrorRecovery, RateLimit, ResourceLimits, RetryBudget
from holon_actors.runtime.options import level_of

WRONG: list[tuple[Callable[..., object], dict[str, Any]]] = [
    (RateLimit, {"max_requests": "5"}),
    (RateLimit, {"max_requests": 2.5}),
    (RateLimit, {"max_requests": 1, "interval": "1s"}),
    (RateLimit, {"max_requests": 1, "burst": "2"}),
    (ErrorRecovery, {"max_retries": "3"}),
    (ErrorRecovery, {"max_retries": True}),
    (ErrorRecovery, {"max_crashes": 1.5}),
    (ErrorRecovery, {"delay": "1s"}),
    (ErrorRecovery, {"max_delay": None}),
    (ErrorRecovery, {"retry_on": [ValueError]}),
    (ErrorRecovery, {"retry_on": (ValueError, "x")}),
    (RetryBudget, {"ratio": "0.2"}),
    (ResourceLimits, {"sample_interval": "x"}),
    (ResourceLimits, {"cpu": "all"}),
]


@pytest.mark.parametrize(("setting", "values"), WRONG, ids=str)
def test_a_value_of_the_wrong_type_is_a_config_error_that_names_it(
    setting: Callable[..., object], values: dict[str, Any]
) -> None:
    with pytest.raises(ConfigError, match=list(values)[-1]):
        setting(**values)


def test_named_priorities_are_one_level_apart_and_numbers_stand_for_themselves() -> None:
    assert [level_of("low"), level_of("normal"), level_of("high")] == [-1, 0, 1]
    assert level_of(7) == 7


@pytest.mark.parametrize("priority", [True, 1.5, "urgent", [1], None, 10**400, -(10**7)])
def test_anything_else_is_no_priority(priority: Any) -> None:
    with pytest.raises(ConfigError, match="priority"):
        level_of(priority)
