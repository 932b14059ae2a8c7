"""Where input comes from, and what is said of input that cannot be used."""

import io
import sys

import pytest

from holon_actors.cli.errors import InputMissing, InputRejected
from holon_actors.cli.inputs import parse_json, read_bytes, read_input

LIMIT = 1000


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"x": 1}', {"x": 1}),
        (" [1, 2]", [1, 2]),
        ('"text"', "text"),
        ("5", 5),
        ("-2.5e3", -2500.0),
        ("true", True),
        ("null", None),
    ],
)
def test_json_on_the_command_line_is_the_input(text, value):
    assert read_input(text, LIMIT) == value


def test_a_file_is_read_even_when_its_name_looks_like_json(tmp_path):
    for name in ("data.json", "5", "true", "[1]"):
        (tmp_path / name).write_text('{"from": "file"}')
        assert read_input(name, LIMIT) == {"from": "file"}


def test_a_dash_is_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"[1]")))
    assert read_input("-", LIMIT) == [1]


def test_a_byte_order_mark_is_not_content():
    assert parse_json(b"\xef\xbb\xbf5", "here") == 5


@pytest.mark.parametrize("name", ["data.json", "2024.json", "-1/x.json", "a" * 5000, "nul\0.json"])
def test_a_missing_file_is_named(name):
    with pytest.raises(InputMissing) as caught:
        read_input(name, LIMIT)
    assert repr(name) in str(caught.value)


def test_no_text_is_no_input():
    with pytest.raises(InputRejected, match="empty"):
        read_input("", LIMIT)


def test_a_folder_is_not_an_input_file(tmp_path):
    with pytest.raises(InputMissing, match="is a directory"):
        read_input(str(tmp_path), LIMIT)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "line 1 column 1"),
        (b'{"a": 1,\n "b": }', "line 2 column 7"),
        (b"[1, NaN]", "NaN is not a JSON number"),
        (b"[1] 2", "Extra data"),
        (b'"\xff"', "not UTF-8 at byte 1"),
        (b"[" * 500_000, "nested too deeply"),
        (b"1" * 5000, "not JSON"),
    ],
)
def test_text_that_is_not_json_is_refused_with_its_place(content, says):
    with pytest.raises(InputRejected) as caught:
        parse_json(content, "input file 'data.json'")
    assert str(caught.value).startswith("input file 'data.json': ")
    assert says in str(caught.value)


def test_a_larger_file_than_allowed_is_refused_unread(tmp_path):
    (tmp_path / "data.json").write_bytes(b" " * LIMIT)
    assert len(read_bytes("data.json", LIMIT, "input file")) == LIMIT
    (tmp_path / "data.json").write_bytes(b" " * (LIMIT + 1))
    with pytest.raises(InputRejected, match="larger than 1000 bytes"):
        read_input("data.json", LIMIT)


def test_an_endless_stdin_is_refused_without_being_read_whole(monkeypatch):
    class Endless(io.RawIOBase):
        def readable(self):
            return True

        def readinto(self, buffer):
            buffer[:] = b"1" * len(buffer)
            return len(buffer)

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(Endless())))
    with pytest.raises(InputRejected, match="stdin: larger than 1000 bytes"):
        read_input("-", LIMIT)


def test_json_on_the_command_line_is_bounded_too():
    with pytest.raises(InputRejected, match="inline input"):
        read_input("[" + "1," * LIMIT + "1]", LIMIT)
