"""Equality of stored values is that of their bytes: what is read and sent back is the same."""

from holon_transports.codec import dumps, loads
from hypothesis import given
from hypothesis import strategies as st

SIMPLE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.binary()
)
VALUES = st.recursive(
    SIMPLE,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(st.text(max_size=3), inner, max_size=3),
        st.frozensets(st.text(max_size=3), max_size=4),
    ),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_that_was_read_has_the_bytes_that_it_was_stored_as(value):
    packed = dumps(value)
    assert dumps(loads(packed)) == packed
