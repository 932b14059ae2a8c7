"""Whatever is proposed: it is done, or refused with a clear error and nothing changed."""

from __future__ import annotations

from dataclasses import fields

from holon_transports.codec import dumps
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.machines.errors import InvalidCommand
from holon_actors.distributed.consensus.machines.key_value import (
    Compare,
    CompareRevision,
    Delete,
    GrantLease,
    KeyValue,
    LeaseNotFound,
    Put,
)
from holon_actors.distributed.consensus.machines.key_value.machine import _HANDLERS
from holon_actors.distributed.consensus.machines.key_value.reading import _READERS

PLAIN = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=4), st.binary(max_size=4)
)
PARTS = st.one_of(
    st.builds(Put, PLAIN, PLAIN, PLAIN),
    st.builds(Delete, PLAIN),
    st.builds(Compare, PLAIN, PLAIN),
    st.builds(CompareRevision, PLAIN, PLAIN),
)
VALUES = st.one_of(
    PLAIN,
    st.sampled_from(["a", 1, 2.5]),
    st.lists(st.one_of(PLAIN, PARTS), max_size=3),
    st.dictionaries(st.text(max_size=3), PLAIN, max_size=2),
)


def anything_of(classes):
    return st.sampled_from(sorted(classes, key=lambda cls: cls.__name__)).flatmap(
        lambda cls: st.builds(cls, *[VALUES for _ in fields(cls)])
    )


def refusal_of(verb, value):
    """The error that a value is refused with, or None when it is not."""
    try:
        dumps(verb(value))
    except (InvalidCommand, LeaseNotFound) as error:
        return error
    return None


@given(st.lists(anything_of(_HANDLERS), max_size=6))
def test_any_command_is_done_or_refused_without_a_change(commands):
    kv = KeyValue()
    kv.apply(Put("a", 1, kv.apply(GrantLease(5))))
    for command in commands:
        before = dumps(kv.snapshot())
        refusal = refusal_of(kv.apply, command)
        if refusal is not None:
            assert len(str(refusal)) < 300
            assert dumps(kv.snapshot()) == before


@given(anything_of(_READERS))
def test_any_query_is_answered_or_refused_and_changes_nothing(query):
    kv = KeyValue()
    kv.apply(Put("a", 1, kv.apply(GrantLease(5))))
    before = dumps(kv.snapshot())
    assert len(str(refusal_of(kv.query, query))) < 300
    assert dumps(kv.snapshot()) == before
