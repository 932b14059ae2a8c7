from __future__ import annotations

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from holon_actors.flows._cache import MISSING, Cache, key_of

SIZE, TTL = 3, 5


class CacheAgainstAList(RuleBasedStateMachine):
    """The cache behaves like a list of entries in order of use, searched from the front."""

    def __init__(self) -> None:
        super().__init__()
        self.cache = Cache(SIZE, TTL)
        self.model: list[tuple[Hashable, int, int]] = []
        self.now = 0

    @rule(key=st.integers(0, 4), value=st.integers())
    def put(self, key: int, value: int) -> None:
        self.cache.put(key, value, self.now)
        self.model = [entry for entry in self.model if entry[0] != key]
        self.model = [*self.model, (key, value, self.now)][-SIZE:]

    @rule(key=st.integers(0, 4))
    def get(self, key: int) -> None:
        found = [entry for entry in self.model if entry[0] == key]
        self.model = [entry for entry in self.model if entry[0] != key]
        if found and self.now - found[0][2] < TTL:
            assert self.cache.get(key, self.now) == found[0][1]
            self.model += found
        else:
            assert self.cache.get(key, self.now) is MISSING

    @rule(seconds=st.integers(0, 3))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def as_many_as_the_model(self) -> None:
        assert len(self.cache) == len(self.model) <= SIZE


TestCache = CacheAgainstAList.TestCase

plain = st.recursive(
    st.one_of(st.integers(), st.text(), st.booleans(), st.none()),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.text(), inner)),
    max_leaves=8,
)


@given(plain, plain)
def test_keys_are_equal_just_when_inputs_are_the_same(a: object, b: object) -> None:
    assert (key_of(a) == key_of(b)) == (repr(a) == repr(b) or (a == b and same_types(a, b)))
    assert hash(key_of(a)) == hash(key_of(a))


def same_types(a: object, b: object) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return all(same_types(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, dict) and isinstance(b, dict):
        return all(same_types(a[key], b[key]) for key in a)
    return type(a) is type(b)


def test_what_is_not_hashable_has_no_key() -> None:
    with pytest.raises(TypeError):
        key_of([bytearray()])
