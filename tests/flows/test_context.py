from __future__ import annotations

import asyncio
import pickle
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.flows import context, current_context

values = st.dictionaries(st.sampled_from("abcd"), st.integers())


def test_a_context_is_an_immutable_mapping() -> None:
    ctx = context(user="ada")
    assert isinstance(ctx, Mapping)
    assert dict(ctx) == {"user": "ada"}
    assert ctx == {"user": "ada"}
    assert context(self=1).with_values(self=2) == {"self": 2}
    assert hash(ctx) == hash(context(user="ada"))
    with pytest.raises(AttributeError, match="immutable"):
        ctx.user = "bob"  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        ctx["user"] = "bob"  # type: ignore[index]
    assert repr(ctx) == "context(user='ada')"


def test_with_values_leaves_the_original_alone() -> None:
    ctx = context(user="ada")
    assert ctx.with_values(user="bob", tenant=1) == {"user": "bob", "tenant": 1}
    assert ctx == {"user": "ada"}


def test_the_context_is_current_within_its_block_only() -> None:
    assert current_context() == {}
    with context(user="ada").active() as active:
        assert current_context() is active
    assert current_context() == {}


@given(values, values)
def test_nested_contexts_merge_and_the_inner_one_wins(
    outer: dict[str, int], inner: dict[str, int]
) -> None:
    with context(**outer).active():
        with context(**inner).active():
            assert current_context() == {**outer, **inner}
        assert current_context() == outer


@given(values)
def test_a_context_pickles(held: dict[str, int]) -> None:
    assert pickle.loads(pickle.dumps(context(**held))) == held


async def test_a_context_travels_into_tasks_and_threads() -> None:
    async def user() -> object:
        return current_context()["user"]

    with context(user="ada").active():
        task = asyncio.create_task(user())
        assert await asyncio.to_thread(lambda: current_context()["user"]) == "ada"
    assert await task == "ada"
