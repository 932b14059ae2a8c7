"""Tests of what makes small changes to the core."""

from __future__ import annotations

import ast

import pytest

from tests.distributed.consensus.cluster.mutation import CORE
from tests.distributed.consensus.cluster.mutator import mutations


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a = b < c", ["a = b <= c", "a = b >= c"]),
        ("a = b and c", ["a = b or c"]),
        ("a = b + 1", ["a = b - 1", "a = b + 2"]),
        ("a = True", ["a = False"]),
        ("a = max(b, c)", ["a = min(b, c)"]),
        ("self.a = b", ["pass"]),
        ("a.append(b)", ["pass"]),
        ("if a:\n    b()", ["if not a:\n    b()", "if a:\n    pass"]),
    ],
)
def test_a_change_is_as_small_as_can_be(source: str, changed: list[str]) -> None:
    assert [mutation.source for mutation in mutations(source)] == changed


@pytest.mark.parametrize(
    "source", ["assert a < b", "a: int", "'''Text.'''", "import a", "__slots__ = (a < b,)"]
)
def test_what_tests_cannot_notice_is_left_alone(source: str) -> None:
    assert not list(mutations(source))


def test_every_change_of_the_core_is_valid_and_another_program() -> None:
    source = (CORE / "quorum.py").read_text()
    right = ast.unparse(ast.parse(source))
    made = list(mutations(source))
    assert len(made) > 15
    for mutation in made:
        compile(mutation.source, "quorum.py", "exec")
        assert mutation.source != right, mutation.what
