"""Flows as DOT, Mermaid, JSON and SVG."""

import json
import os
import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors import flows
from holon_actors.errors import ConfigError
from holon_actors.flows import flow
from holon_actors.viz import GraphvizFailed, GraphvizMissing, visualize
from holon_actors.viz.svg import to_svg

needs_dot = pytest.mark.skipif(
    shutil.which("dot") is None and not os.environ.get("HOLON_REQUIRE_SERVICES"),
    reason="Graphviz is not installed",
)

NASTY = 'a"b\\n<i>&amp;#35; `end` {x} |y| \\'


@flow
def inc(x: int) -> int:
    raise AssertionError("a picture runs nothing")


nasty = flow(inc, name=NASTY)
pipeline = inc | flows.parallel(left=inc.retry(2), right=nasty) | flows.map(inc)


def test_dot_text_is_exactly_this():
    assert visualize(inc | nasty, "dot") == (
        'digraph "pipe" {\n'
        "    rankdir=LR\n"
        '    fontname="Helvetica"\n'
        '    node [shape=box, style="rounded,filled", fillcolor="white", fontname="Helvetica"]\n'
        '    edge [fontname="Helvetica", fontsize=10]\n'
        "    subgraph cluster_n0 {\n"
        '        label="pipe"; style="rounded"; color="gray"\n'
        '        n1 [label="inc\\n(x: int) -> int"]\n'
        '        n2 [label="a\\"b\\\\n<i>&amp;amp;#35; `end` {x} |y| \\\\\\n(x: int) -> int"]\n'
        "    }\n"
        "    n1 -> n2\n"
        "}"
    )


def test_mermaid_text_is_exactly_this():
    assert visualize(flows.parallel(a=inc), "mermaid") == (
        'flowchart LR\n    subgraph n0["parallel"]\n        n1["inc#60;br#62;"]\n'.replace(
            "#60;br#62;", "<br/>(x: int) -#62; int"
        )
        + "    end"
    )


def test_json_holds_the_nodes_and_edges_as_they_are():
    graph = pipeline.graph()
    content = json.loads(visualize(pipeline, "json"))
    assert [node["id"] for node in content["nodes"]] == [node.id for node in graph.nodes]
    assert [(edge["source"], edge["target"]) for edge in content["edges"]] == [
        (edge.source, edge.target) for edge in graph.edges
    ]


@pytest.mark.parametrize("form", ["dot", "mermaid", "json"])
def test_the_same_flow_gives_the_same_text(form):
    again = inc | flows.parallel(left=inc.retry(2), right=nasty) | flows.map(inc)
    assert visualize(pipeline, form) == visualize(again, form)


@given(st.text(min_size=1))
def test_a_mermaid_label_holds_no_character_with_a_meaning(name):
    text = visualize(flow(inc, name=name), "mermaid")
    (label,) = re.findall(r'n0\["(.*)<br/>', text)
    assert not set(re.sub(r"#\d+;", "", label)) & set('"<>&#;`[]{}|\\\n\r')


@needs_dot
@settings(max_examples=15, deadline=None)
@given(st.text(min_size=1))
def test_graphviz_reads_any_name_and_shows_it(name):
    svg = ET.fromstring(visualize(flow(inc, name=name), "svg"))
    texts = [element.text or "" for element in svg.iter("{http://www.w3.org/2000/svg}text")]
    shown = "".join(c if c.isprintable() else " " for c in name)[:57]
    assert texts[0].replace("\xa0", " ").strip().startswith(shown.strip())


@needs_dot
def test_svg_shows_every_leaf():
    svg = visualize(pipeline, "svg")
    assert svg.startswith("<?xml")
    titles = [node.text for node in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}title")]
    leaves = {"n1", "n4", "n5", "n7"}
    assert leaves <= set(titles)


def test_without_graphviz_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(GraphvizMissing, match="Graphviz"):
        visualize(pipeline, "svg")


@needs_dot
def test_text_that_is_not_dot_is_an_error_with_graphvizs_own_words():
    with pytest.raises(GraphvizFailed, match="syntax error"):
        to_svg("digraph {")


def test_a_graphviz_that_never_ends_is_given_up(monkeypatch):
    def hang(*_args, timeout, **_options):
        raise subprocess.TimeoutExpired("dot", timeout)

    monkeypatch.setattr(shutil, "which", lambda _name: "/usr/bin/dot")
    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(GraphvizFailed, match="no picture within"):
        visualize(pipeline, "svg")


def test_an_unknown_format_is_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="dot, mermaid, json, svg"):
        visualize(pipeline, "png")
