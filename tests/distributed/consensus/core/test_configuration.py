"""Configurations as values and as bytes."""

from __future__ import annotations

import pytest
from holon_transports.codec import dumps
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core.configuration import Configuration

names = st.lists(st.text(max_size=5), unique=True).map(lambda group: tuple(sorted(group)))


@given(
    st.builds(
        Configuration,
        names,
        names,
        names,
        names,
        st.lists(st.tuples(st.text(), st.text())).map(tuple),
    )
)
def test_a_configuration_is_the_same_after_a_way_as_bytes(configuration: Configuration) -> None:
    assert Configuration.decode(configuration.encode()) == configuration


def test_bytes_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        Configuration.decode(dumps([1, 2]))


def test_members_are_all_who_get_the_log_and_voters_all_who_count() -> None:
    configuration = Configuration(("b", "c"), ("a", "b"), ("l",), ("a",))
    assert configuration.members == ("a", "b", "c", "l")
    assert [configuration.votes(name) for name in "abclx"] == [True, True, True, False, False]
    assert configuration.joint
    assert not Configuration(("a",)).joint
