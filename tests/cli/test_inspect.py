"""`holon inspect`, and what every command says of a file it cannot use."""

import json

import pytest

BAD_FILES = {
    "missing": (None, "no such file"),
    "not Python": ("def broken(:\n    pass", "line 1"),
    "raises": ("x = 1\nraise LookupError('no stars')", "line 2: LookupError: no stars"),
    "leaves": ("import sys\nsys.exit(0)", "line 2: SystemExit: 0"),
    "no flows": ("def add(x, y): return x + y", "no flows"),
    "binary": ("\0\1", "bad.py"),
}


@pytest.mark.parametrize("command", ["run", "inspect", "visualize", "test"])
@pytest.mark.parametrize(("text", "says"), BAD_FILES.values(), ids=BAD_FILES)
def test_a_file_that_cannot_be_loaded_is_exit_3(holon, write, command, text, says):
    if text is not None:
        write("bad.py", text)
    write("cases.json", '[{"input": 1, "expected": 1}]')
    more = ["--test-cases", "cases.json"] if command == "test" else []
    ended = holon(command, "bad.py", *more)
    assert ended.code == 3
    assert ended.out == ""
    assert len(ended.err.splitlines()) == 1
    assert ended.err.startswith("error: bad.py: ")
    assert says in ended.err


@pytest.mark.parametrize("command", ["run", "visualize", "test"])
def test_several_flows_and_none_named_is_exit_3_and_lists_them(holon, flows_file, write, command):
    write("cases.json", '[{"input": 1, "expected": 1}]')
    more = ["--test-cases", "cases.json"] if command == "test" else []
    ended = holon(command, flows_file, *more)
    assert ended.code == 3
    assert "add, shout, fail" in ended.err


def test_a_flow_that_is_not_there_is_exit_3_with_a_close_match(holon, flows_file):
    ended = holon("inspect", f"{flows_file}:shuot")
    assert ended.code == 3
    assert "did you mean 'shout'" in ended.err


def test_a_folder_is_not_a_flow_file(holon):
    ended = holon("inspect", "./")
    assert ended.code == 3
    assert "folder" in ended.err


def test_everything_there_is_to_say_about_a_flow(holon, flows_file):
    ended = holon("inspect", f"{flows_file}:add")
    assert ended.code == 0
    schema = {
        "type": "object",
        "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}},
        "required": ["x", "y"],
        "additionalProperties": False,
    }
    assert ended.out.splitlines() == [
        "add(x: int, y: int) -> int",
        "    Add two numbers.",
        "    tags     math",
        "    runs     isolation auto, pure",
        f"    input    {json.dumps(schema)}",
        '    output   {"type": "integer"}',
        "    graph    1 nodes (1 function), 1 deep",
    ]


def test_all_flows_of_a_file_as_json(holon, flows_file):
    ended = holon("inspect", flows_file, "--json")
    assert ended.code == 0
    flows = {each["name"]: each for each in json.loads(ended.out)["flows"]}
    assert list(flows) == ["add", "shout", "fail", "rows", "greet", "wait_for_ever", "chain"]
    assert flows["add"]["input_schema"]["required"] == ["x", "y"]
    assert flows["wait_for_ever"]["is_async"] is True
    assert flows["chain"]["flow_name"] == "pipe"
    assert flows["chain"]["graph"] == {
        "nodes": 3,
        "edges": 1,
        "depth": 2,
        "kinds": {"function": 2, "pipe": 1},
    }


def test_what_a_file_prints_while_it_loads_is_not_data(real_holon, write):
    file = write(
        "loud.py",
        """
        import os
        from holon_actors.flows import flow
        print("printed")
        os.system("echo from a child")
        one = flow(lambda x: x)
        """,
    )
    ended = real_holon("inspect", file, "--json")
    assert ended.code == 0
    assert json.loads(ended.out)["flows"][0]["name"] == "one"
    assert "printed" in ended.err
    assert "from a child" in ended.err


def test_a_module_is_found_from_the_current_folder(holon, flows_file):
    assert holon("inspect", "several:add").code == 0
