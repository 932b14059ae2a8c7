"""`holon visualize`."""

import json

import pytest


def test_dot_is_the_default(holon, flows_file):
    ended = holon("visualize", f"{flows_file}:chain")
    assert ended.code == 0
    assert ended.out.startswith("digraph")


def test_mermaid_goes_to_a_file(holon, flows_file, tmp_path):
    ended = holon("visualize", f"{flows_file}:chain", "--format", "mermaid", "--output", "d.md")
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert (tmp_path / "d.md").read_text().startswith("flowchart LR\n")


def test_json_by_either_option(holon, flows_file):
    for option in (["--json"], ["--format", "json"]):
        ended = holon("visualize", f"{flows_file}:chain", *option)
        assert len(json.loads(ended.out)["nodes"]) == 3


def test_json_and_another_format_exclude_each_other(holon, flows_file):
    ended = holon("visualize", f"{flows_file}:chain", "--json", "--format", "dot")
    assert ended.code == 2
    assert "exclude" in ended.err


def test_an_unknown_format_is_a_usage_error(holon, flows_file):
    ended = holon("visualize", f"{flows_file}:chain", "--format", "png")
    assert ended.code == 2
    assert "'png'" in ended.err
    assert "mermaid" in ended.err


def test_svg_without_graphviz_says_what_to_install(holon, flows_file, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    ended = holon("visualize", f"{flows_file}:chain", "--format", "svg")
    assert ended.code == 1
    assert "Graphviz" in ended.err


@pytest.mark.parametrize("output", ["nowhere/d.md", "."])
def test_a_hopeless_output_is_refused(holon, flows_file, output):
    ended = holon("visualize", f"{flows_file}:chain", "--output", output)
    assert ended.code == 3
    assert "--output" in ended.err
