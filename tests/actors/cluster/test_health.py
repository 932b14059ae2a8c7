"""Local health: a score within bounds."""

from __future__ import annotations

from holon_actors.actors.cluster.health import LocalHealth


def test_blame_slows_down_and_praise_speeds_up_within_bounds() -> None:
    health = LocalHealth(3)
    assert health.multiplier == 1
    health.blame(2)
    health.blame(2)
    assert health.multiplier == 4
    for _ in range(9):
        health.praise()
    assert health.multiplier == 1
