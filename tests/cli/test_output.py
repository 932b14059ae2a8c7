"""Where results go."""

import io
import json
import os
import sys

import pytest

from holon_actors.cli.errors import OutputRejected
from holon_actors.cli.output import check_writable, data_only_stdout, emit, render, write_file

ROWS = [{"year": "2012", "rain": 1226.0, "leap": True}, {"year": "2013", "rain": None}]


def test_a_list_of_objects_is_a_table_when_someone_watches():
    assert render(ROWS, "auto", terminal_width=80).split() == [
        "year", "rain", "leap", "─" * 20, "2012", "1226.0", "yes", "2013",
    ]  # fmt: skip


def test_it_is_json_when_nobody_does():
    assert json.loads(render(ROWS, "auto")) == ROWS
    assert json.loads(render(ROWS, "json", terminal_width=80)) == ROWS


@pytest.mark.parametrize("value", [5, "text", None, [], [1, 2], {"a": 1}, [{"a": 1}, 2]])
def test_any_value_can_be_a_table_and_auto_leaves_it_json(value):
    assert render(value, "table")
    assert json.loads(render(value, "auto", terminal_width=80)) == value


def test_a_table_in_a_pipe_is_not_cut_off():
    assert "x" * 500 in render([{"long": "x" * 500}], "table")


def test_a_table_cell_cannot_drive_the_terminal():
    text = render([{"a\x1b[2J": "\x1b[31mred\nnext"}], "table")
    assert "\x1b" not in text
    assert "red next" in text


def test_compact_json_is_one_line():
    assert render({"a": [1, 2]}, "json", compact=True) == '{"a": [1, 2]}'


def test_text_that_stdout_cannot_spell_is_escaped(monkeypatch):
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(io.BytesIO(), encoding="ascii"))
    assert render("é", "json") == '"\\u00e9"'
    assert render("\ud800", "json") == '"\\ud800"'


def test_a_file_appears_whole_with_the_usual_mode(tmp_path):
    before = os.umask(0o027)
    try:
        write_file(str(tmp_path / "new.json"), "{}\n")
    finally:
        os.umask(before)
    assert (tmp_path / "new.json").read_text() == "{}\n"
    assert (tmp_path / "new.json").stat().st_mode & 0o777 == 0o640


def test_a_file_that_is_there_keeps_its_mode(tmp_path):
    path = tmp_path / "old.json"
    path.write_text("old")
    path.chmod(0o600)
    write_file(str(path), "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_a_link_to_the_new_content(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_file(str(tmp_path / "link.json"), "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "old.json"
    path.write_text("old")

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(OutputRejected, match="no space left"):
        write_file(str(path), "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_device_is_written_through():
    write_file("/dev/null", "gone")
    assert not os.path.isfile("/dev/null")  # noqa: PTH113 - the point is the device


def test_a_hopeless_place_is_refused_before_the_work(tmp_path):
    check_writable(None)
    check_writable(str(tmp_path / "new.json"))
    for place, says in ((tmp_path, "directory"), (tmp_path / "no" / "x", "does not exist")):
        with pytest.raises(OutputRejected, match=says):
            check_writable(str(place))


def test_emit_writes_to_stdout_or_to_the_file(tmp_path, capsys):
    emit("5", None)
    emit("6", str(tmp_path / "six"))
    assert capsys.readouterr().out == "5\n"
    assert (tmp_path / "six").read_text() == "6\n"


def test_prints_of_python_and_of_children_come_out_on_stderr(capfd):
    with data_only_stdout():
        print("from python")  # noqa: T201 - the point is the print
        os.write(1, b"from a child\n")
    sys.stdout.write("data\n")
    captured = capfd.readouterr()
    assert captured.out == "data\n"
    assert set(captured.err.splitlines()) == {"from python", "from a child"}
