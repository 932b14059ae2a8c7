from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import FlowInputError

anything = st.one_of(st.integers(), st.text(), st.lists(st.integers()), st.none())


@given(anything, anything)
def test_identity_and_constant(x: object, fixed: object) -> None:
    assert flows.identity(x) == x
    assert flows.constant(fixed)(x) == fixed


async def test_tap_hands_its_input_on() -> None:
    seen: list[int] = []

    async def note(x: int) -> None:
        seen.append(x)

    assert flows.tap(seen.append)(1) == 1
    assert await flows.tap(note)(2) == 2
    assert seen == [1, 2]
    assert flows.identity.tap(seen.append)(3) == 3
    with pytest.raises(ZeroDivisionError):
        flows.tap(lambda x: 1 // x)(0)


async def test_validate_lets_good_input_pass_and_raises_on_bad() -> None:
    async def positive(x: int) -> bool:
        return x > 0

    assert flows.validate(lambda x: x > 0, "must be positive")(1) == 1
    with pytest.raises(FlowInputError, match="must be positive") as caught:
        flows.validate(lambda x: x > 0, "must be positive")(-1)
    assert caught.value.reason == "must be positive"
    assert await flows.validate(positive, "must be positive")(1) == 1
    with pytest.raises(FlowInputError, match="must be positive"):
        await flows.validate(positive, "must be positive")(-1)


def test_merge_takes_results_as_parameters() -> None:
    def subtract(x: int, y: int) -> int:
        return x - y

    assert (flows.parallel(y=abs, x=lambda n: 0) | flows.merge(subtract))(-5) == -5
    assert (flows.parallel([abs, abs]) | flows.merge(subtract))(-5) == 0
    assert (flows.parallel([abs, abs]) | flows.merge(sum))(-5) == 10


def test_fluent_methods_do_what_the_combinators_do() -> None:
    inc = flows.flow(lambda x: x + 1, name="inc")
    assert inc.map()([1, 2]) == [2, 3]
    assert inc.tap()(1) == 1
    assert inc.validate(lambda x: x > 5, "small").result()(1).is_ok is False
    assert flows.identity.filter(lambda x: x > 1)([1, 2]) == [2]
    assert flows.flow(lambda a, b: a + b).reduce(0)([1, 2]) == 3
    assert inc.compose(inc, inc)(0) == 3
    assert inc.pipe(inc, inc)(0) == 3
    assert inc.merge()(1) == 2


def test_a_reason_that_is_no_text_is_refused_when_defined() -> None:
    with pytest.raises(ConfigError, match="message"):
        flows.validate(len, 3)  # type: ignore[arg-type]
