from __future__ import annotations

import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import cloudpickle
import pytest

from holon_actors.errors import HolonError
from holon_actors.flows import (
    AmbiguousFlow,
    FlowFileNotFound,
    FlowImportError,
    FlowLoadError,
    FlowNotFound,
    FlowSyntaxError,
    NoFlows,
    flow,
    load_flow,
    load_flows,
)

ADD = """
from dataclasses import dataclass
from holon_actors import flows
from holon_actors.flows import flow

@dataclass
class Sum:
    value: int

@flow
def add(x: int, y: int) -> Sum:
    return Sum(x + y)
"""

Write = Callable[..., str]


@flow
def here(x: int) -> int:
    return x


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def put(text: str, name: str = "my flows.py") -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return put


def test_the_only_flow_of_a_file_needs_no_name(write: Write) -> None:
    source = write(ADD)
    assert load_flow(source)(5, 3).value == 8
    assert load_flow(f"{source}:add") is load_flow(source)
    assert list(load_flows(source)) == ["add"]


def test_a_flow_of_a_module_is_loaded_by_name() -> None:
    assert load_flow("holon_actors.flows.combinators.basic:identity")(5) == 5
    assert load_flow(f"{__name__}:here") is here
    assert load_flow(f"{__name__}") is here


def test_a_relative_path_is_a_path(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    source = write(ADD, "relative.py")
    monkeypatch.chdir(Path(source).parent)
    assert load_flow("relative.py:add")(1, 2).value == 3


def test_only_what_the_file_defines_or_binds_counts(write: Write) -> None:
    write(ADD + "longer = add | str\n", "sibling_of_test.py")
    own = "from sibling_of_test import add, longer\nfrom holon_actors.flows import identity\n"
    source = write(f"{own}doubled = add.with_meta(name='d')\n_hidden = add | add\n", "own.py")
    assert list(load_flows(source)) == ["doubled"]
    assert load_flow(f"{source}:add")(1, 2).value == 3
    assert load_flow(f"{source}:longer")(1, 2) == "Sum(value=3)"
    assert str(Path(source).parent) not in sys.path


def test_several_flows_and_none_named_is_an_error_that_lists_them(write: Write) -> None:
    source = write(ADD + "main = add | str\n")
    with pytest.raises(AmbiguousFlow, match="add, main") as caught:
        load_flow(source)
    assert (caught.value.kind, caught.value.names) == ("ambiguous", ("add", "main"))


def test_a_name_that_is_not_there_gets_a_suggestion(write: Write) -> None:
    source = write(ADD + "main = add | str\nlimit = 5\n")
    with pytest.raises(FlowNotFound, match="no flow named 'ad'; did you mean 'add'") as caught:
        load_flow(f"{source}:ad")
    assert caught.value.names == ("add", "main")
    with pytest.raises(FlowNotFound, match="not a flow: 'limit'"):
        load_flow(f"{source}:limit")


@pytest.mark.parametrize(
    "where", ["nowhere/at/all.py", "missing.py:add", "no_such_module_here:add", "", ":add"]
)
def test_a_missing_file_is_its_own_error(where: str) -> None:
    with pytest.raises(FlowFileNotFound, match="no such file") as caught:
        load_flow(where)
    assert isinstance(caught.value, FileNotFoundError)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(FlowFileNotFound, match="is a folder"):
        load_flow(f"{tmp_path}/")


def test_a_folder_without_a_slash_is_not_a_module(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my flows").mkdir()
    for where in (".", "my flows"):
        with pytest.raises(FlowFileNotFound, match="is a folder"):
            load_flow(where)


def test_one_flow_under_two_names_is_not_several(write: Write) -> None:
    assert load_flow(write(f"{ADD}\nplus = add\n")).meta.name == "add"


def test_a_file_that_runs_but_cannot_be_read_as_text_is_no_reason_to_fail(tmp_path: Path) -> None:
    file = tmp_path / "latin.py"
    file.write_bytes(ADD.encode() + b"# caf\xe9\n")
    try:
        assert load_flow(str(file)).meta.name == "add"
    except FlowSyntaxError:
        assert sys.version_info >= (3, 12)  # where such a file is not Python any more


def test_where_a_file_stops_being_python_is_not_always_a_line() -> None:
    error = FlowSyntaxError("x.py", SyntaxError("source code string cannot contain null bytes"))
    assert str(error) == "x.py: not valid Python: source code string cannot contain null bytes"


def test_a_file_that_is_not_python_names_the_line(write: Write) -> None:
    with pytest.raises(FlowSyntaxError, match="line 2") as caught:
        load_flow(write("x = 1\ndef broken(:\n"))
    assert caught.value.line == 2
    assert isinstance(caught.value.__cause__, SyntaxError)
    for text in ("x = '\0'", "\xff\xfe"):
        with pytest.raises(FlowLoadError):
            load_flow(write(text, f"bad{len(text)}.py"))


def test_a_broken_sibling_is_not_taken_for_the_file_itself(write: Write) -> None:
    write("def broken(:\n", "broken_sibling_of_test.py")
    with pytest.raises(FlowImportError, match="line 2: SyntaxError"):
        load_flow(write("x = 1\nimport broken_sibling_of_test\n"))


def test_bytes_that_are_not_text_are_not_python(tmp_path: Path) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FlowSyntaxError):
        load_flow(str(tmp_path / "binary.py"))


def test_a_file_that_raises_names_its_own_line_and_keeps_the_error(write: Write) -> None:
    source = write("import json\n\njson.loads('{')\n")
    with pytest.raises(FlowImportError, match="line 3: JSONDecodeError") as caught:
        load_flow(source)
    assert caught.value.line == 3
    assert isinstance(caught.value.__cause__, ValueError)
    assert not [name for name in sys.modules if "my_20flows" in name and source in name]


def test_a_file_that_exits_is_an_error_and_not_an_exit(write: Write) -> None:
    with pytest.raises(FlowImportError, match="SystemExit"):
        load_flow(write("import sys\nsys.exit(3)\n"))


def test_a_file_without_flows_says_how_to_make_one(write: Write) -> None:
    for where in (load_flow, load_flows):
        with pytest.raises(NoFlows, match="@flow"):
            where(write("x = 1\n"))


def test_every_load_error_has_its_own_kind() -> None:
    kinds = {error.kind for error in FlowLoadError.__subclasses__()}
    assert len(kinds) == len(FlowLoadError.__subclasses__()) == 6
    assert issubclass(FlowLoadError, HolonError)


def test_what_a_file_defines_pickles_and_loads_in_another_process(write: Write) -> None:
    add = load_flow(write(ADD))
    assert pickle.loads(pickle.dumps(add)) is add
    assert cloudpickle.loads(cloudpickle.dumps(add)) is add
    total = add(1, 2)
    assert pickle.loads(pickle.dumps(total)) == total
    code = "import pickle, sys; f = pickle.load(sys.stdin.buffer); print(f(5, 3).value)"
    done = subprocess.run(
        [sys.executable, "-c", code], input=pickle.dumps(add), capture_output=True, check=True
    )
    assert done.stdout == b"8\n"


def test_loading_leaves_no_files_behind(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    source = Path(write(ADD))
    load_flow(str(source))
    assert [path.name for path in source.parent.iterdir()] == [source.name]


def test_a_changed_file_is_not_loaded_twice(write: Write) -> None:
    source = write(ADD)
    first = load_flow(source)
    assert load_flow(source) is first
