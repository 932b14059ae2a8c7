from __future__ import annotations

import pytest

from holon_actors import ConfigError
from holon_actors.distributed.consensus import CoreSettings, RaftSettings


@pytest.mark.parametrize(
    "wrong",
    [
        {"tick_s": 0},
        {"attempt_s": -1.0},
        {"pause_s": 0.0},
        {"snapshot_entries": 0},
        {"sessions_max": 0},
        {"batch_bytes": 10, "core": CoreSettings(proposal_bytes_max=9)},
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(wrong) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        RaftSettings(**wrong)


def test_the_time_to_an_election_follows_from_the_ticks() -> None:
    assert RaftSettings(
        tick_s=0.1, core=CoreSettings(election_ticks=7)
    ).election_s == pytest.approx(0.7)
