from __future__ import annotations

import asyncio
import inspect
import pickle

import cloudpickle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import AsyncFlow, Flow, SyncFlow, flow


@flow
def add(x: int, y: int) -> int:
    """Adds.

    Two numbers.
    """
    return x + y


@flow
def inc(x: int) -> int:
    return x + 1


@flow
async def slow_inc(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


pipeline = inc | inc | range | flows.map(inc)


@flow
def countdown(n: int) -> int:
    return 0 if n == 0 else countdown(n - 1)


def test_a_flow_is_called_as_plain_python() -> None:
    assert add(5, 3) == 8
    assert add(x=5, y=3) == 8
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        add(5)  # type: ignore[call-arg]


async def test_an_async_flow_returns_an_awaitable() -> None:
    assert await slow_inc(1) == 2


def test_a_composition_takes_the_arguments_of_its_first_stage() -> None:
    piped = add | inc
    assert piped(5, 3) == 9
    assert piped(x=5, y=3) == 9
    assert flows.parallel([add, add])(5, 3) == [8, 8]  # type: ignore[call-arg]
    assert add.retry(1)(5, y=3) == 8


def test_a_composition_called_with_one_value_takes_it_as_its_input() -> None:
    piped: Flow[object, int] = add | inc
    assert piped((5, 3)) == piped({"x": 5, "y": 3}) == piped.apply([5, 3]) == 9


def test_apply_follows_the_input_rule() -> None:
    assert add.apply((5, 3)) == add.apply({"x": 5, "y": 3}) == 8


def test_composing_needs_no_decorated_functions() -> None:
    piped = inc | str | len
    assert piped(99) == 3
    assert ((lambda x: x * 2) | inc)(5) == 11  # type: ignore[operator]


def test_composing_with_something_not_callable_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        inc | 5  # type: ignore[operator]
    with pytest.raises(TypeError):
        5 | inc  # type: ignore[operator]
    with pytest.raises(flows.NotAFlow, match="expected a flow"):
        flows.pipe(inc, 5)  # type: ignore[call-overload]


def test_sync_and_async_show_in_the_type_and_the_structure() -> None:
    assert isinstance(inc | inc, SyncFlow)
    assert not (inc | inc).is_async
    assert isinstance(inc | slow_inc, AsyncFlow)
    assert (inc | flows.parallel([inc, flows.map(slow_inc)])).is_async


def test_a_flow_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        inc.label = "other"
    with pytest.raises(AttributeError, match="immutable"):
        del inc.label
    before = pipeline.graph()
    _ = pipeline | inc
    assert pipeline.graph() == before


def test_flows_are_hashable_by_identity() -> None:
    assert len({inc, inc, add}) == 2


def test_a_flow_looks_like_its_function() -> None:
    assert add.__name__ == "add"  # type: ignore[attr-defined]
    assert inspect.getdoc(add) == "Adds.\n\nTwo numbers."
    assert list(inspect.signature(add).parameters) == ["x", "y"]
    assert add.meta.description == "Adds."
    assert repr(add).startswith("<flow add(x:")
    assert repr(pipeline) == "<flow pipe(inc, inc, range, map(inc))>"
    assert len(repr(flows.pipe(*[inc] * 100))) < 120


def test_a_function_without_a_docstring_gets_none_from_us() -> None:
    assert inc.__doc__ is None


def test_the_signature_spans_first_and_last_stage() -> None:
    signature = (add | str | len).signature
    assert list(signature.parameters) == ["x", "y"]
    assert (add | add.retry(2)).signature.return_annotation is int


def test_a_module_level_flow_pickles_by_reference() -> None:
    assert pickle.loads(pickle.dumps(add)) is add
    assert cloudpickle.loads(cloudpickle.dumps(add)) is add


def test_a_composition_pickles_with_its_parts() -> None:
    copy = pickle.loads(pickle.dumps(pipeline | flows.constant(7)))
    assert copy(1) == 7
    again = pickle.loads(pickle.dumps(pipeline.retry(2).memoize().timeout(3).maybe()))
    assert again.graph() == pipeline.retry(2).memoize().timeout(3).maybe().graph()


@flow(on_error=str)
def handled(x: int) -> int:
    raise LookupError(x)


renamed = flow(inc, name="next")


def test_other_forms_of_a_module_level_flow_pickle_too() -> None:
    assert pickle.loads(pickle.dumps(handled)) is handled
    assert pickle.loads(pickle.dumps(handled | str))(5) == "5"
    copy = pickle.loads(pickle.dumps(renamed))
    assert (copy.meta.name, copy(1), copy.body.function) == ("next", 2, inc.body.function)  # type: ignore[attr-defined]


def test_every_combinator_pickles() -> None:
    made = [
        flows.parallel(a=inc, b=inc), flows.race([inc]), flows.filter(inc), flows.reduce(add, 0),
        inc.fallback(inc), inc.result(), flows.debounce(inc, 1), flows.throttle(inc, 1),
        flows.batch(inc, 1, 1), flows.when(inc, inc), inc.repeat(2), flows.validate(inc, "no"),
        flows.split(inc, [inc]), flows.merge(add), flows.tap(inc), inc.loop(inc), flows.identity,
    ]  # fmt: skip
    for original in made:
        assert pickle.loads(pickle.dumps(original)).graph() == original.graph()


def test_a_local_flow_and_its_function_travel_with_cloudpickle() -> None:
    base = 10

    @flow
    def from_base(x: int) -> int:
        return base + (x if x < 1 else from_base(x - 1))

    copy = cloudpickle.loads(cloudpickle.dumps(from_base))
    assert copy(2) == from_base(2) == 30
    assert cloudpickle.loads(cloudpickle.dumps(countdown.body.function))(3) == 0  # type: ignore[attr-defined]


def test_a_flow_with_other_facts_is_another_flow() -> None:
    named = pipeline.with_meta(name="prepare", tags=("x",))
    assert (named.meta.name, named.meta.tags) == ("prepare", ("x",))
    assert pipeline.meta.name == "pipe"
    with pytest.raises(ConfigError, match="colour"):
        pipeline.with_meta(colour="red")


def test_compositions_inherit_the_facts_their_parts_agree_on() -> None:
    heavy = flow(lambda x: x, name="heavy", isolation="process", pure=True, idempotent=True)
    assert heavy.retry(2).meta.isolation == "process"
    assert (heavy | heavy).meta.pure
    mixed = heavy | inc
    assert (mixed.meta.isolation, mixed.meta.pure, mixed.meta.idempotent) == ("auto", False, False)


functions = st.sampled_from(
    [inc, flow(lambda x: x * 2), flow(lambda x: x - 3), flows.identity, inc | inc]
)


@given(f=functions, g=functions, h=functions, x=st.integers())
def test_composition_is_associative_in_result_and_structure(
    f: Flow[int, int], g: Flow[int, int], h: Flow[int, int], x: int
) -> None:
    left, right = (f | g) | h, f | (g | h)
    assert left(x) == right(x) == flows.pipe(f, g, h)(x) == flows.compose(f, g, h)(x)
    assert left.graph() == right.graph() == f.pipe(g, h).graph()


@given(f=functions, x=st.integers())
def test_identity_changes_nothing(f: Flow[int, int], x: int) -> None:
    assert (flows.identity | f)(x) == f(x) == (f | flows.identity)(x)
    assert flows.pipe(f) is f
    assert flows.pipe() is flows.identity


@given(f=functions, g=functions, items=st.lists(st.integers()))
def test_map_of_a_pipe_is_the_pipe_of_maps(
    f: Flow[int, int], g: Flow[int, int], items: list[int]
) -> None:
    assert flows.map(f | g)(items) == (flows.map(f) | flows.map(g))(items)


def test_a_pipe_of_thousands_of_stages_works() -> None:
    long = flows.pipe(*[inc] * 2_000)
    assert long(0) == 2_000
    assert len(long.graph().nodes) == 2_001
    assert len(repr(long)) < 120
    assert len(pickle.loads(pickle.dumps(long)).graph().edges) == 1_999
    assert asyncio.run((long | slow_inc)(0)) == 2_001


def test_a_named_pipe_stays_one_node() -> None:
    prepare = (inc | inc).with_meta(name="prepare")
    assert [node.id for node in (prepare | inc).graph().nodes][:2] == ["pipe", "pipe[0]/prepare"]
