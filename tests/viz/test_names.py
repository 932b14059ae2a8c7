"""Signatures as people read them."""

import pytest

from holon_actors.viz.names import short_signature


@pytest.mark.parametrize(
    ("signature", "short"),
    [
        ("(x: int) -> str", "(x: int) -> str"),
        ("(days: list[a.b_1.Day]) -> dict[str, c.D]", "(days: list[Day]) -> dict[str, D]"),
        ("(x: float = 1.5, *, y=.5)", "(x: float = 1.5, *, y=.5)"),
        ("(...) -> typing.Any | None", "(...) -> Any | None"),
    ],
)
def test_types_lose_their_modules_and_nothing_else_changes(signature, short):
    assert short_signature(signature) == short
