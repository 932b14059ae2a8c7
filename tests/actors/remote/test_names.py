"""Numbers for addresses, and that both ends agree on them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.remote.errors import RemoteProtocolError
from holon_actors.actors.remote.names import NamesIn, NamesOut


@given(st.lists(st.integers(0, 30)), st.integers(2, 8))
def test_a_full_table_gives_numbers_anew_and_both_ends_agree(keys: list[int], room: int) -> None:
    out, into = NamesOut(room), NamesIn[int](room)
    for key in keys:
        number = out.numbers.get(key)
        if number is None:
            number = out.give(key)
            into.learn(number, key)
        assert into.meanings[number] == key
        assert len(out.numbers) <= room
        assert len(into.meanings) <= room


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_number_out_of_range_breaks_the_rules(number: int) -> None:
    with pytest.raises(RemoteProtocolError):
        NamesIn[str](3).learn(number, "x")
