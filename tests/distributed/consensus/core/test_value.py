"""Values that cost little."""

from __future__ import annotations

from dataclasses import replace

from holon_actors.distributed.consensus.core.effects import Placed
from holon_actors.distributed.consensus.core.inputs import Applied, Stored


def test_values_are_equal_by_kind_and_content_and_can_be_in_sets() -> None:
    assert Placed(1, 2, 3) == Placed(1, 2, 3)
    assert Stored(1) != Applied(1)
    assert len({Placed(1, 2, 3), Placed(1, 2, 3), Placed(1, 2, 4)}) == 2
    assert replace(Placed(1, 2, 3), term=4) == Placed(1, 2, 4)


def test_values_have_no_room_for_anything_else() -> None:
    assert not hasattr(Placed(1, 2, 3), "__dict__")
