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
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
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
