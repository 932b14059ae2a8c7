"""Settings are checked when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from holon_actors.distributed.consensus.core.settings import CoreSettings
from holon_actors.errors import ConfigError


@pytest.mark.parametrize(
    "wrong",
    [
        {"election_ticks": 0},
        {"heartbeat_ticks": 0},
        {"append_entries_max": 0},
        {"catch_up_rounds_max": 0},
        {"heartbeat_ticks": 10},
        {"lease_drift": -0.1},
        {"lease_drift": 1.0},
        {"trailing_entries": -1},
        {"lease_reads": True, "check_quorum": False},
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        CoreSettings(**wrong)


def test_the_least_that_is_allowed_is_allowed() -> None:
    CoreSettings(
        election_ticks=2, heartbeat_ticks=1, append_entries_max=1, lease_drift=0, trailing_entries=0
    )


def test_another_default_is_a_decision() -> None:
    assert CoreSettings() == CoreSettings(
        election_ticks=10,
        heartbeat_ticks=1,
        pre_vote=True,
        check_quorum=True,
        lease_reads=False,
        lease_drift=0.1,
        append_entries_max=1_024,
        append_bytes_max=1_048_576,
        inflight_max=256,
        inflight_bytes_max=16_777_216,
        uncommitted_bytes_max=67_108_864,
        proposal_bytes_max=8_388_608,
        reads_max=100_000,
        chunk_bytes=1_048_576,
        trailing_entries=1_024,
        catch_up_rounds_max=10,
    )
