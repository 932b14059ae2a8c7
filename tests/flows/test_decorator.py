from __future__ import annotations

import functools
from typing import Any

import pytest

from holon_actors.errors import ConfigError
from holon_actors.flows import NotAFlow, flow


def test_options_become_facts() -> None:
    @flow(
        name="slug",
        description="For URLs.",
        tags=["text"],
        version="2",
        pure=True,
        isolation="thread",
        idempotent=True,
    )
    def make_slug(title: str) -> str:
        return title.lower()

    meta = make_slug.meta
    assert (meta.name, meta.description, meta.tags, meta.version) == (
        "slug",
        "For URLs.",
        ("text",),
        "2",
    )
    assert (meta.pure, meta.isolation, meta.idempotent) == (True, "thread", True)
    assert make_slug("A") == "a"


def test_facts_come_from_the_function_by_default() -> None:
    @flow
    def documented(x: int) -> int:
        """First
        paragraph.

        Second.
        """
        return x

    assert documented.meta.name == "documented"
    assert documented.meta.description == "First\nparagraph."
    assert (documented.meta.pure, documented.meta.isolation) == (False, "auto")


def test_any_callable_will_do() -> None:
    class Adder:
        def __call__(self, x: int) -> int:
            return x + 1

    async def slow(x: int) -> int:
        return x

    class SlowAdder:
        async def __call__(self, x: int) -> int:
            return x + 1

    assert flow(Adder())(1) == 2
    assert flow(Adder()).meta.name == "Adder"
    assert flow(functools.partial(pow, 2))(3) == 8
    assert flow(int)("3") == 3
    assert flow(functools.partial(slow)).is_async
    assert flow(SlowAdder()).is_async
    assert not flow(Adder()).is_async


def test_the_function_may_be_given_by_name() -> None:
    assert flow(fn=abs)(-1) == 1
    assert flow(fn=abs, name="size").meta.name == "size"


async def test_a_partial_of_an_async_flow_is_async() -> None:
    @flow
    async def add(x: int, y: int) -> int:
        return x + y

    add_two = flow(functools.partial(add, 2))
    assert add_two.is_async
    assert await add_two.apply(3) == 5
    assert not flow(functools.partial(flow(pow), 2)).is_async


def test_what_a_callable_says_of_itself_does_not_make_it_async() -> None:
    class Client:
        is_async = True
        body = "text"

        def __call__(self, x: int) -> int:
            return x

    assert not flow(Client()).is_async


def test_a_flow_of_a_flow_is_the_flow_or_a_copy_with_other_facts() -> None:
    inc = flow(lambda x: x + 1, name="inc")
    assert flow(inc) is inc
    renamed = flow(inc, name="next")
    assert (renamed.meta.name, renamed(1), inc.meta.name) == ("next", 2, "inc")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"isolation": "fork"}, "isolation"),
        ({"tags": "text"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": (tag for tag in "ab")}, "tags"),
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"version": 2}, "version"),
        ({"description": 5}, "description"),
        ({"pure": "no"}, "pure"),
        ({"idempotent": 1}, "idempotent"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_bad_option_is_refused_and_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        flow(abs, **options)


@pytest.mark.parametrize("thing", [5, "f", [abs], object()])
def test_what_cannot_be_called_is_refused(thing: Any) -> None:
    with pytest.raises(NotAFlow, match="callable") as caught:
        flow(thing)
    assert isinstance(caught.value, TypeError)
    with pytest.raises(NotAFlow):
        flow(abs, on_error=thing)
