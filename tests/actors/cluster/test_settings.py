"""Settings: everything scales with the heartbeat, and what does not fit is refused."""

from __future__ import annotations

import pytest

from holon_actors import ConfigError
from holon_actors.actors.cluster.settings import SwimSettings


def test_all_times_scale_with_the_heartbeat() -> None:
    plain, fast = SwimSettings(), SwimSettings.of(0.1)
    for name, value in vars(plain).items():
        scaled = value * 0.1 if name.endswith("_s") else value
        assert getattr(fast, name) == pytest.approx(scaled), name


@pytest.mark.parametrize(
    "wrong", [{"helpers": 0}, {"ping_timeout_s": 1.0}, {"suspicion_max_factor": 0.5}]
)
def test_what_does_not_fit_is_refused_by_name(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        SwimSettings(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("heartbeat", [0, -1.0, float("nan")])
def test_a_heartbeat_is_more_than_nothing(heartbeat: float) -> None:
    with pytest.raises(ConfigError):
        SwimSettings.of(heartbeat)
