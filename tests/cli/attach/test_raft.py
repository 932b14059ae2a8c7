"""`holon raft`: what it shows, whom it asks, and how it leaves.

Most members here are actors that answer as told; the last tests have a real one.
"""

from __future__ import annotations

import asyncio
import json

import pytest

from holon_actors import Actor
from holon_actors.distributed.consensus import RaftGroup
from holon_actors.distributed.consensus.commands.outcomes import Refusal
from holon_actors.distributed.consensus.core import reasons
from holon_actors.distributed.consensus.machines import Add, Counter
from holon_actors.distributed.consensus.status import MemberStatus, RaftStatus
from holon_actors.distributed.consensus.wire.requests import (
    Answers,
    ChangeMembers,
    Describe,
    HandOver,
    LogLine,
    ReadLog,
    TakeSnapshot,
)

MEMBERS = [
    MemberStatus("a", "tcp://10.0.0.1:7501", True, "", 120),
    MemberStatus("b", "tcp://10.0.0.2:7501", True, "replicate", 119),
    MemberStatus("d", "tcp://10.0.0.4:7501", False, "snapshot", -1),
]


def status(group, **facts):
    plain = {
        "group": group,
        "node": "a",
        "role": "leader",
        "term": 7,
        "leader": "a",
        "commit_index": 119,
        "applied_index": 119,
        "last_index": 120,
        "durable_index": 120,
        "first_index": 80,
        "snapshot_index": 100,
        "now": 12.5,
        "sessions": 2,
        "waiting": 1,
        "refused": 0,
        "members": MEMBERS,
        "joint": False,
        "stopped": "",
    }
    return RaftStatus(**plain | facts)


class Member(Actor):
    """Answers with what it is given, and notes what it was asked."""

    def __init__(self, group, asked, outcome=None, leader="a", members=None, **facts):
        self.group = group
        self.asked = asked
        self.answers = Answers([outcome], leader, members or {})
        self.facts = {"leader": leader, **facts}

    def receive(self, message, sender):
        self.asked.append(message)
        match message:
            case Describe():
                return status(self.group, **self.facts)
            case ReadLog(last=last):
                lines = [
                    LogLine(index, 7, "command", 40, f"Put(key='{index}'" + ", " * 80)
                    for index in range(118, 121)
                ]
                return lines[-last:]
        return self.answers


@pytest.fixture
def seat(run_system):
    """Put a member in a system of its own; returns that, and what the member is asked."""

    def run(*groups, name="a", bind=None, **answers):
        running = run_system(name, bind=bind)
        asked = []
        for group in groups:
            running.on_loop(
                lambda group=group: running.system.spawn(
                    Member, group, asked, name=f"raft:{group}", **answers
                )
            )
        return running, asked

    return run


def test_status_shows_a_member_and_the_others_as_it_knows_them(holon, seat):
    seat("bank")
    ended = holon("raft", "status", "a")
    assert (ended.code, ended.err) == (0, "")
    assert "role             leader" in ended.out
    assert "log              80 to 120" in ended.out
    assert "refused" not in ended.out
    row = next(line for line in ended.out.splitlines() if "10.0.0.2" in line)
    assert row.split() == ["b", "tcp://10.0.0.2:7501", "yes", "119", "replicate"]
    found = json.loads(holon("raft", "status", "a", "bank", "--json").out)
    assert (found["term"], found["leader"], found["members"][2]["match"]) == (7, "a", -1)
    assert "type" not in str(found)


def test_a_member_that_knows_of_no_leader_or_is_between_two_sets_says_so(holon, seat):
    seat("bank", leader="", role="candidate", joint=True)
    ended = holon("raft", "status")
    assert "leader           nobody" in ended.out
    assert "old and new ones decide together" in ended.err


def test_a_member_that_was_removed_says_so(holon, seat):
    seat("bank", node="x", role="follower")
    assert "it takes no part in the group" in holon("raft", "status").err


def test_members_lists_who_takes_part(holon, seat):
    seat("bank")
    lines = holon("raft", "members", "a", "bank").out.splitlines()
    assert [line.split()[0] for line in lines if "tcp://" in line] == ["a", "b", "d"]
    found = json.loads(holon("raft", "members", "--json").out)
    assert [(each["name"], each["voter"]) for each in found] == [
        ("a", True),
        ("b", True),
        ("d", False),
    ]


def test_log_shows_the_last_entries(holon, seat):
    _, asked = seat("bank")
    ended = holon("raft", "log", "a", "--last", "2")
    assert asked == [ReadLog(2)]
    rows = [line for line in ended.out.splitlines() if "command" in line]
    assert [row.split()[:4] for row in rows] == [
        ["119", "7", "command", "40"],
        ["120", "7", "command", "40"],
    ]
    assert max(map(len, rows)) < 160
    assert [line["index"] for line in json.loads(holon("raft", "log", "--json").out)] == [
        118,
        119,
        120,
    ]


@pytest.mark.parametrize(
    ("words", "request_"),
    [
        (["add", "a", "d", "tcp://h:1"], ChangeMembers({"d": "tcp://h:1"}, {}, [], [], [])),
        (
            ["add", "a", "bank", "d", "tcp://h:1", "--learner"],
            ChangeMembers({}, {"d": "tcp://h:1"}, [], [], []),
        ),
        (["remove", "a", "b"], ChangeMembers({}, {}, [], [], ["b"])),
        (["promote", "a", "bank", "d"], ChangeMembers({}, {}, ["d"], [], [])),
        (["transfer", "a"], HandOver("")),
        (["transfer", "a", "bank", "--to", "b"], HandOver("b")),
    ],
)
def test_a_change_is_what_was_asked_for(holon, seat, words, request_):
    _, asked = seat("bank")
    assert holon("raft", *words) == holon("raft", *words)
    assert asked == [request_, request_]
    ended = holon("raft", *words, "--json")
    assert json.loads(ended.out) == {"group": "bank", "done": True}


def test_snapshot_says_at_which_index(holon, seat):
    _, asked = seat("bank", outcome=120)
    assert holon("raft", "snapshot", "a").out == "snapshot at index 120\n"
    assert json.loads(holon("raft", "snapshot", "a", "--json").out) == {"index": 120}
    assert asked == [TakeSnapshot(), TakeSnapshot()]


def test_what_only_the_leader_does_goes_on_to_the_leader(holon, seat):
    leader, asked = seat("bank", name="b", bind="tcp://127.0.0.1:0")
    refusal = Refusal(reasons.NOT_LEADER, "", unknown=False)
    _, first = seat("bank", outcome=refusal, leader="b", members={"b": leader.url})
    ended = holon("raft", "remove", "a", "c")
    assert (ended.code, ended.out) == (0, "")
    assert f"b at {leader.url} leads" in ended.err
    assert first == asked == [ChangeMembers({}, {}, [], [], ["c"])]


def test_a_leader_that_cannot_be_reached_is_named(holon, seat, runtime_dir):
    refusal = Refusal(reasons.NOT_LEADER, "", unknown=False)
    members = {"b": f"ipc://{runtime_dir}/nobody.sock"}
    seat("bank", outcome=refusal, leader="b", members=members)
    ended = holon("raft", "remove", "a", "c", "--timeout", "200ms")
    assert ended.code == 4
    assert "b at ipc://" in ended.err


@pytest.mark.parametrize(
    ("refusal", "leader", "code", "says"),
    [
        (Refusal(reasons.NOT_LEADER, "", False), "", 1, "nobody leads just now"),
        (Refusal(reasons.NOT_LEADER, "", False), "b", 1, "b leads"),
        (Refusal(reasons.CHANGE_PENDING, "", False), "a", 1, "refused: change-pending"),
        (Refusal(reasons.NOT_A_MEMBER, "x is none", False), "a", 2, "not-a-member (x is none)"),
        (Refusal(reasons.DUPLICATE_MEMBER, "", False), "a", 2, "duplicate-member"),
        (Refusal(reasons.LAST_VOTER, "", False), "a", 2, "last-voter"),
        (Refusal(reasons.LOST_LEADERSHIP, "", True), "a", 1, "it may have been done all the same"),
    ],
)
def test_a_refusal_is_one_line_and_an_exit_code(holon, seat, refusal, leader, code, says):
    seat("bank", outcome=refusal, leader=leader)
    ended = holon("raft", "remove", "a", "x")
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert len(ended.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["status", "a", "shop"], 3, "no Raft group 'shop' is at a"),
        (["status", "a"], 3, "several Raft groups are at a"),
        (["status", "nobody"], 4, "no system 'nobody'"),
        (["status", "a", "bank", "more"], 2, "'more'"),
        (["add", "a", "d"], 2, "give ENDPOINT [GROUP] NAME ADDRESS"),
        (["remove", "a"], 2, "give ENDPOINT [GROUP] NAME"),
        (["log", "--last", "0"], 2, "--last"),
        (["elect", "a"], 2, "elect"),
    ],
)
def test_whatever_is_wrong_is_said(holon, seat, words, code, says):
    seat("bank", "orders")
    ended = holon("raft", *words)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert "Traceback" not in ended.err


def test_a_system_without_groups_says_so(holon, seat):
    seat()
    ended = holon("raft", "status")
    assert ended.code == 3
    assert "no Raft group is at a (pid" in ended.err


@pytest.fixture
def group(run_system, tmp_path):
    """A real group of one; returns the endpoint of its member."""
    running = run_system("a", bind="tcp://127.0.0.1:0")

    def call(coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, running.loop).result(20)

    async def start():
        made = RaftGroup("a", {"a": running.url}, Counter(), tmp_path / "a", system=running.system)
        await made.start()
        for amount in (1, 2, 3):
            await made.propose(Add(amount), timeout=20.0)
        return made

    made = call(start())
    yield running.url
    call(made.close())


def test_a_real_member_is_shown(holon, group):
    found = json.loads(holon("raft", "status", group, "--json").out)
    assert (found["group"], found["role"], found["leader"]) == ("raft", "leader", "a")
    assert found["members"] == [
        {
            "name": "a",
            "address": group,
            "voter": True,
            "state": "",
            "match": found["durable_index"],
        }
    ]
    lines = json.loads(holon("raft", "log", group, "raft", "--json").out)
    assert [line["index"] for line in lines] == list(range(1, found["last_index"] + 1))
    assert {line["kind"] for line in lines} >= {"noop", "command"}
    assert any("Add(amount=3)" in line["text"] for line in lines)


def test_a_real_member_does_what_it_is_asked_or_says_why_not(holon, group):
    taken = json.loads(holon("raft", "snapshot", group, "--json").out)["index"]
    assert json.loads(holon("raft", "status", group, "--json").out)["snapshot_index"] == taken
    for words, code, says in (
        (["remove", group, "a"], 2, "last-voter"),
        (["remove", group, "x"], 2, "not-a-member"),
        (["promote", group, "x"], 2, "not-a-member"),
        (["add", group, "a", group], 2, "duplicate-member"),
        (["transfer", group, "--to", "x"], 2, "not-a-member"),
    ):
        ended = holon("raft", *words)
        assert (ended.code, ended.out) == (code, ""), (words, ended)
        assert says in ended.err


def test_a_member_that_never_comes_is_waited_for_no_longer_than_asked(holon, group, runtime_dir):
    ended = holon("raft", "add", group, "b", f"ipc://{runtime_dir}/b.sock", "--timeout", "300ms")
    assert ended.code == 124
    assert "did not answer" in ended.err
