"""The order of the keys, however they come and go."""

from unittest import mock

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.machines.key_value import key_index
from holon_actors.distributed.consensus.machines.key_value.key_index import KeyIndex

KEYS = st.text("ab\U0001f600", min_size=1, max_size=3)
FEW = st.sampled_from([0, 2, key_index._FEW])
STEPS = st.lists(st.one_of(st.tuples(st.just("put"), KEYS), st.tuples(st.just("delete"), KEYS)))


def filled(steps):
    present = {}
    index = KeyIndex(present)
    for verb, key in steps:
        if verb == "put" and key not in present:
            present[key] = True
            index.added(key)
        elif verb == "delete" and present.pop(key, False):
            index.deleted()
    return present, index


@given(STEPS, STEPS, st.one_of(st.just(""), KEYS), st.one_of(st.just(""), KEYS), FEW)
def test_a_range_is_what_sorting_all_keys_gives(steps, more, prefix, after, few):
    with mock.patch.object(key_index, "_FEW", few):
        check_ranges(steps, more, prefix, after)


def check_ranges(steps, more, prefix, after):
    present, index = filled(steps)
    assert list(index.matching("", "")) == sorted(present)
    for verb, key in more:  # after it was put in order once
        if verb == "put" and key not in present:
            present[key] = True
            index.added(key)
        elif verb == "delete" and present.pop(key, False):
            index.deleted()
    wanted = sorted(key for key in present if key.startswith(prefix) and key > after)
    assert list(index.matching(prefix, after)) == wanted


def test_keys_that_come_and_go_take_no_room():
    present = {}
    index = KeyIndex(present)
    for number in range(20 * key_index._UNSETTLED_MIN):
        key = f"k{number % 7}"
        present[key] = True
        index.added(key)
        del present[key]
        index.deleted()
    assert len(index._fresh) + len(index._sorted) <= 2 * key_index._UNSETTLED_MIN
