from __future__ import annotations

from typing import Any

import pytest

from holon_actors.testing import UnknownCall, models

SCRIPTS: list[tuple[Any, list[tuple[tuple[Any, ...], Any]]]] = [
    (
        models.Register(1),
        [
            (("read",), 1),
            (("write", 2), None),
            (("cas", 1, 3), False),
            (("cas", 2, 3), True),
            (("read",), 3),
        ],
    ),
    (
        models.KeyValue({"a": 1}),
        [
            (("get", "a"), 1),
            (("get", "b"), None),
            (("put", "b", [2]), None),
            (("get", "b"), [2]),
            (("cas", "b", 1, 3), False),
            (("cas", "b", [2], 3), True),
            (("delete", "a"), None),
            (("get", "a"), None),
            (("cas", "a", None, 4), True),
            (("get", "b"), 3),
        ],
    ),
    (models.Counter(1), [(("add", 2), 3), (("read",), 3), (("add", -3), 0)]),
    (
        models.Lock(),
        [
            (("acquire", "ada"), True),
            (("acquire", "ada"), False),
            (("release", "bob"), False),
            (("release", "ada"), True),
            (("release", "ada"), False),
            (("acquire", "bob"), True),
        ],
    ),
    (
        models.FifoQueue([0]),
        [
            (("put", 1), None),
            (("get",), 0),
            (("get",), 1),
            (("get",), None),
        ],
    ),
]
NAMES = [type(model).__name__ for model, _ in SCRIPTS]


@pytest.mark.parametrize(("model", "script"), SCRIPTS, ids=NAMES)
def test_a_model_answers_as_it_says(model: Any, script: list[tuple[Any, Any]]) -> None:
    state = model.initial()
    for call, expected in script:
        state, answer = model.apply(state, call)
        assert answer == expected, call


@pytest.mark.parametrize(("model", "script"), SCRIPTS, ids=NAMES)
def test_an_unknown_call_is_refused_and_the_known_ones_named(model: Any, script: Any) -> None:
    with pytest.raises(UnknownCall, match="explode") as caught:
        model.apply(model.initial(), ("explode", 1))
    assert all(repr(call[0]) in caught.value.known for call, _ in script)


def test_a_call_without_a_key_is_refused() -> None:
    with pytest.raises(UnknownCall):
        models.KeyValue().partition(("get",))
