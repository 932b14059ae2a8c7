"""`holon dump`: one file for a bug report."""

import gzip
import json

import pytest


def read(path):
    return json.loads(path.read_text())


def test_a_dump_has_everything_and_no_secrets(holon, bank, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    bank.on_loop(lambda: [bank.stuck.tell("password-in-a-message"), bank.ada.tell("fail")])
    ended = holon("dump", "bank", "report.json")
    assert ended.code == 0
    assert ended.out == ""
    dump = read(tmp_path / "report.json")
    (node,) = dump["nodes"]
    assert dump["missing"] == []
    assert node["identity"]["system"] == "bank"
    assert node["facts"]["packages"]["holon-actors"]
    assert {row["path"] for row in node["tree"]["rows"]} >= {"/user/ada", "/system/admin"}
    assert [actor["row"]["path"] for actor in node["busy"]] == ["/user/stuck", "/system/admin"] or (
        node["busy"][0]["row"]["path"] == "/user/stuck"
    )
    assert "wait_for_ever" in json.dumps(node["stacks"])
    assert "no money" in json.dumps(node["events"])
    text = (tmp_path / "report.json").read_text()
    assert "hunter2" not in text
    assert "password-in-a-message" not in text


def test_it_may_be_compressed_or_go_to_stdout(holon, bank, tmp_path):
    ended = holon("dump", "report.json.gz", "--json")
    assert json.loads(ended.out)["nodes"] == 1
    assert json.loads(gzip.decompress((tmp_path / "report.json.gz").read_bytes()))["nodes"]
    assert json.loads(holon("dump", "-").out)["holon_dump"] == 1


def test_a_blocked_loop_is_dumped_from_outside(holon, bank, tmp_path):
    bank.hog.tell("work")
    ended = holon("dump", "report.json")
    assert ended.code == 0
    (node,) = read(tmp_path / "report.json")["nodes"]
    assert node["blocked"]["path"] == "/user/hog"
    assert node["stacks"]["threads"]


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        ([], 2, "FILE"),
        (["tcp://127.0.0.1:1"], 2, "FILE"),
        (["a", "b", "c"], 2, "'c'"),
        (["nowhere/report.json"], 3, "folder does not exist"),
        (["shop", "report.json"], 4, "'shop'"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_written(holon, bank, tmp_path, args, code, says):
    ended = holon("dump", *args)
    assert ended.code == code
    assert says in ended.err
    assert not (tmp_path / "report.json").exists()


def test_members_are_dumped_too_and_who_does_not_answer_is_named(holon, run_system, tmp_path):
    import asyncio

    one = run_system("one", bind="tcp://127.0.0.1:0")
    two = run_system("two", bind="tcp://127.0.0.1:0")
    three = run_system("three", bind="tcp://127.0.0.1:0", attach=False)
    for each in (two, three):
        joining = each.system.cluster.join(one.url)
        asyncio.run_coroutine_threadsafe(joining, each.loop).result(20)
    ended = holon("dump", "one", "report.json")
    dump = read(tmp_path / "report.json")
    assert {node["identity"]["system"] for node in dump["nodes"]} == {"one", "two"}
    (missing,) = dump["missing"]
    assert missing["node"].startswith("three@tcp://")
    assert missing["what"] == "everything"
    assert "three@tcp://" in ended.err
    assert len(read(tmp_path / "report.json")["nodes"]) == 2
    holon("dump", "one", "report.json", "--alone")
    assert len(read(tmp_path / "report.json")["nodes"]) == 1
