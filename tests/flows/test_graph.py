from __future__ import annotations

import json
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.flows import Flow, FlowEdge, FlowGraph, flow


@flow(tags=("boom",))
def explode(x: int) -> NoReturn:
    """Never runs."""
    raise AssertionError("user code ran")


@flow
async def explode_slowly(x: int) -> NoReturn:
    raise AssertionError("user code ran")


leaves = st.sampled_from([explode, explode_slowly, flow(explode.body.function)])  # type: ignore[attr-defined]
compositions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda fs: flows.pipe(*fs)),
        st.lists(inner, max_size=3).map(flows.parallel),
        st.dictionaries(st.sampled_from("ab"), inner).map(lambda d: flows.parallel(**d)),
        st.lists(inner, min_size=1, max_size=3).map(flows.race),
        inner.map(flows.map), inner.map(flows.filter), inner.map(lambda f: flows.reduce(f, 0)),
        inner.map(flows.retry), inner.map(flows.result), inner.map(flows.maybe),
        inner.map(flows.memoize), inner.map(lambda f: flows.debounce(f, 1)),
        inner.map(lambda f: flows.throttle(f, 1)), inner.map(lambda f: flows.batch(f, 1, 1)),
        inner.map(lambda f: flows.timeout(f, 1)), inner.map(lambda f: flows.repeat(f, 2)),
        inner.map(lambda f: flows.loop(f, f)), inner.map(lambda f: flows.validate(f, "no")),
        inner.map(lambda f: flows.split(f, [f, f])), inner.map(flows.merge), inner.map(flows.tap),
        inner.map(lambda f: flows.when(f, f)), inner.map(lambda f: flows.fallback(f, f)),
        inner.map(lambda f: flow(f, on_error=f)),
    ),
    max_leaves=6,
)  # fmt: skip


@given(compositions)
def test_inspecting_any_composition_runs_no_user_code(made: Flow[Any, Any]) -> None:
    graph = made.graph()
    ids = [node.id for node in graph.nodes]
    assert len(set(ids)) == len(ids)
    assert graph.root.id == made.label
    for node in graph.nodes[1:]:
        assert node.parent in ids[: ids.index(node.id)]
        assert node.id == f"{node.parent}{node.role}/{node.id.rsplit('/', 1)[1]}"
    for edge in graph.edges:
        assert {edge.source, edge.target} <= set(ids)
    assert made.graph() == graph
    assert json.loads(json.dumps(graph.to_dict()))["nodes"][0]["id"] == graph.root.id
    assert all((made.signature, repr(made), made.meta, made.label))
    assert made.input_schema() is not None
    assert made.output_schema() is not None


def test_edges_join_the_stages_of_a_pipe() -> None:
    graph = (explode | flows.parallel(a=explode, b=explode) | flow(len)).graph()
    assert graph.edges == (
        FlowEdge("pipe[0]/explode", "pipe[1]/parallel"),
        FlowEdge("pipe[1]/parallel", "pipe[2]/len"),
    )
    assert [node.id for node in graph.children("pipe[1]/parallel")] == [
        "pipe[1]/parallel.a/explode",
        "pipe[1]/parallel.b/explode",
    ]


@pytest.mark.parametrize(
    ("made", "edges"),
    [
        (flows.when(explode, explode), 2),
        (flows.loop(explode, explode), 2),
        (flows.split(explode, [explode, explode]), 2),
        (flows.parallel([explode, explode]), 0),
    ],
)
def test_edges_show_where_control_goes(made: Flow[Any, Any], edges: int) -> None:
    assert len(made.graph().edges) == edges


def test_a_node_tells_about_its_flow() -> None:
    retry, leaf = explode.retry(5).graph().nodes
    assert (retry.kind, retry.details) == ("retry", {"max_retries": 5, "backoff": "exponential"})
    assert (leaf.kind, leaf.name, leaf.tags) == ("function", "explode", ("boom",))
    assert (leaf.description, leaf.is_async, leaf.role) == ("Never runs.", False, "")
    assert leaf.signature.startswith("(x: int)")


def test_a_graph_is_a_value() -> None:
    graph = explode.graph()
    assert isinstance(graph, FlowGraph)
    with pytest.raises(AttributeError):
        graph.nodes = ()  # type: ignore[misc]
    assert hash(graph) == hash(explode.graph())
