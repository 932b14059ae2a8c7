"""`/system/admin`: every request and its answer."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors import Bounded
from holon_actors.actors._cell import Cell
from holon_actors.actors.admin import (
    Asked,
    Deliver,
    Done,
    GetEvents,
    GetFacts,
    GetIdentity,
    GetStacks,
    Inspect,
    ListActors,
    ReadTrace,
    Refused,
    StartTrace,
    StopActor,
    StopTrace,
)
from holon_actors.actors.admin._feed import LEASE_S
from tests.actors.kit import (
    Collector,
    Counter,
    Echo,
    Latch,
    Scripted,
    on_thread,
    turns,
    until,
)
from tests.support.account import Account, Balance, Deposit


async def for_ever(me, message, sender):
    await asyncio.Event().wait()


async def test_it_says_who_it_is(bank, admin):
    who = await admin.ask(GetIdentity())
    assert (who.system, who.endpoint) == ("bank", None)
    assert who.pid > 0
    assert who.python.startswith("3.")


async def test_it_lists_all_actors_and_those_below_a_path(bank, admin):
    bank.spawn(Account, name="ada")
    await bank.spawn(Scripted, lambda me, m, s: str(me.spawn(Echo, name="b")), name="a").ask(1)
    page = await admin.ask(ListActors())
    paths = [row.path for row in page.rows]
    assert paths[:3] == ["/user/ada", "/user/a", "/user/a/b"]
    assert "/system/admin" in paths
    assert page.total == len(paths)
    page = await admin.ask(ListActors("/user/a"))
    assert [row.path for row in page.rows] == ["/user/a", "/user/a/b"]
    page = await admin.ask(ListActors("/user", levels=0))
    assert [row.path for row in page.rows] == ["/user/ada", "/user/a"]


async def test_a_walk_over_many_actors_lets_others_run_meanwhile(bank, admin):
    for _ in range(5_000):
        bank.spawn(Collector, [])
    echo = bank.spawn(Echo)
    listing = asyncio.create_task(admin.ask(ListActors(sort="depth", limit=1)))
    await turns(2)
    assert not listing.done()
    assert await echo.ask("x") == "x"
    assert (await listing).total > 5_000


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (ListActors("/user/nobody"), "not-found"),
        (ListActors(sort="size"), "rejected"),
        (ListActors(limit=-1), "rejected"),
        (ListActors(limit=10**9), "rejected"),
        (ListActors(offset=-1), "rejected"),
        (Inspect("/user/nobody"), "not-found"),
        (Inspect("/user"), "not-found"),
        (Inspect("nonsense//"), "not-found"),
        (Deliver("/user/nobody", "1", ask=False), "not-found"),
        (StopActor("/user/nobody"), "not-found"),
        (StopActor("/user"), "not-found"),
        (StopActor("/system/admin"), "rejected"),
        (StartTrace("/user/nobody"), "not-found"),
        (ReadTrace(99), "not-found"),
        (StopTrace(99), "not-found"),
        ("what?", "rejected"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_a_reason(bank, admin, request_, kind):
    answer = await admin.ask(request_)
    assert isinstance(answer, Refused)
    assert (answer.kind, bool(answer.text)) == (kind, True)
    assert bank.statistics().failures == 0


async def test_one_actor_in_full(bank, admin):
    watched = bank.spawn(Echo, name="watched")
    ref = bank.spawn(Scripted, for_ever, name="stuck", mailbox=Bounded(5))
    bank.groups.join("team", ref)
    ref._actor.watch(watched)
    for text in ("a", "b", "c"):
        ref.tell(text)
    await turns()
    detail = await admin.ask(Inspect("/user/stuck"))
    assert detail.row.current_message == "str"
    assert detail.row.mailbox_depth == 2
    assert detail.mailbox == "Bounded(5, fail)"
    assert detail.class_name == "tests.actors.kit.Scripted"
    assert detail.dispatcher == "loop"
    assert detail.groups == ["team"]
    assert [text.partition("#")[0] for text in detail.watching] == ["holon://bank/user/watched"]
    assert any(frame.function == "for_ever" for frame in detail.stack.frames)


async def test_the_last_failure_is_remembered_with_the_actor(bank, admin):
    bank.spawn(Account, name="ada").tell("fail")
    await turns()
    detail = await admin.ask(Inspect("/user/ada"))
    assert "ValueError: no money" in detail.last_failure
    assert detail.row.restarts == 1
    assert detail.stack is None
    events = (await admin.ask(GetEvents())).events
    assert [event.kind for event in events] == ["ActorFailed", "ActorRestarted"]
    assert (await admin.ask(GetEvents(after=events[0].number))).events[0].kind == "ActorRestarted"


async def test_a_told_message_is_of_its_class_and_an_answer_is_plain(bank, admin):
    bank.spawn(Account, name="ada")
    told = await admin.ask(Deliver("/user/ada", '{"type": "Deposit", "amount": 5}', ask=False))
    assert told == Asked(None)
    asked = await admin.ask(Deliver("/user/ada", '{"type": "Balance"}', ask=True))
    assert asked == Asked(5)


@pytest.mark.parametrize(
    ("text", "kind", "error"),
    [
        ('{"type": "Deposit"}', "rejected", "MessageRejected"),
        ('"fail"', "failed", "ValueError"),
    ],
)
async def test_a_failed_delivery_names_the_error(bank, admin, text, kind, error):
    bank.spawn(Account, name="ada")
    answer = await admin.ask(Deliver("/user/ada", text, ask=True))
    assert (answer.kind, answer.error) == (kind, error)


async def test_an_ask_of_a_stuck_actor_times_out_and_holds_nobody_up(bank, admin):
    bank.spawn(Scripted, for_ever, name="stuck")
    waiting = asyncio.create_task(admin.ask(Deliver("/user/stuck", "1", True, 0.05)))
    await turns()
    assert (await admin.ask(GetIdentity())).system == "bank"
    assert (await waiting).kind == "timeout"


async def test_a_tell_to_a_full_mailbox_says_that_it_was_full(bank, admin):
    ref = bank.spawn(Scripted, for_ever, name="stuck", mailbox=Bounded(1))
    ref.tell(1)
    await turns()
    ref.tell(2)
    answer = await admin.ask(Deliver("/user/stuck", "3", False, 0.05))
    assert (answer.kind, answer.error) == ("timeout", "MailboxFull")


async def test_a_stop_waits_for_the_end(bank, admin):
    bank.spawn(Echo, name="echo")
    assert await admin.ask(StopActor("/user/echo")) == Done()
    assert bank.lookup("/user/echo") is None


async def test_a_stop_that_takes_too_long_says_at_what_the_actor_is_and_a_kill_ends_it(bank, admin):
    ref = bank.spawn(Scripted, for_ever, name="stuck")
    ref.tell("x")
    await turns()
    answer = await admin.ask(StopActor("/user/stuck", timeout_s=0.05))
    assert answer.kind == "timeout"
    assert "handling str" in answer.text
    assert await admin.ask(StopActor("/user/stuck", kill=True)) == Done()


async def test_facts_have_no_secrets(bank, admin, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "hunter2")
    bank.spawn(Scripted, for_ever)
    facts = await admin.ask(GetFacts())
    assert facts["system"] == "bank"
    assert facts["settings"]["secured"] is False
    assert facts["statistics"]["actors"] == 1
    assert facts["members"][0]["name"] == "bank"
    assert "hunter2" not in str(facts)


async def test_stacks_of_all_tasks_and_threads(bank, admin):
    latch = Latch()
    on_thread(bank, latch, name="blocker").tell("x")
    bank.spawn(Scripted, for_ever, name="stuck").tell("x")
    await latch.wait_reached()
    try:
        stacks = await admin.ask(GetStacks())
    finally:
        latch.let_go.set()
    seen = str(stacks.tasks)
    assert "for_ever" in seen
    assert "Latch.__call__" in str(stacks.threads)


async def test_a_trace_is_begun_read_and_ended(bank, admin):
    ref = bank.spawn(Account, name="ada")
    begun = await admin.ask(StartTrace("/user"))
    assert begun.actors == 1
    ref.tell(Deposit(1))
    assert await ref.ask(Balance()) == 1
    batch = await admin.ask(ReadTrace(begun.trace))
    assert [record.message for record in batch.records] == ["Deposit(amount=1)", "Balance()"]
    assert await admin.ask(StopTrace(begun.trace)) == Done()
    assert (await admin.ask(ReadTrace(begun.trace))).kind == "not-found"
    assert type(ref) is Cell


async def test_it_does_not_follow_itself(bank, admin):
    begun = await admin.ask(StartTrace("/"))
    await admin.ask(GetIdentity())
    assert (await admin.ask(ReadTrace(begun.trace))).records == []
    await admin.ask(StopTrace(begun.trace))
    assert (await admin.ask(StartTrace("/system/admin"))).kind == "not-found"


async def test_there_are_only_so_many_traces(bank, admin):
    begun = [await admin.ask(StartTrace("/user")) for _ in range(16)]
    assert (await admin.ask(StartTrace("/user"))).kind == "busy"
    for each in begun:
        await admin.ask(StopTrace(each.trace))


async def test_a_trace_that_nobody_reads_ends_by_itself(bank, admin, monkeypatch):
    monkeypatch.setattr("holon_actors.actors.admin.actor._SWEEP_S", 0.001)
    monkeypatch.setattr("holon_actors.actors.admin._feed.LEASE_S", 0.0)
    assert LEASE_S > 0.001
    ref = bank.spawn(Counter)
    await admin.ask(StartTrace("/user"))
    assert type(ref) is not Cell
    await until(lambda: type(ref) is Cell)


async def test_a_mistake_of_its_own_ends_one_request_and_nothing_else(bank, admin, monkeypatch):
    begun = await admin.ask(StartTrace("/user"))
    monkeypatch.setattr(admin._actor._history, "page", lambda after: 1 / 0)
    answer = await admin.ask(GetEvents())
    assert (answer.kind, answer.error) == ("failed", "ZeroDivisionError")
    assert bank.statistics().failures == 0
    assert await admin.ask(StopTrace(begun.trace)) == Done()


async def test_its_end_leaves_nobody_followed(bank, admin):
    ref = bank.spawn(Counter)
    await admin.ask(StartTrace("/user"))
    admin.kill()
    await until(lambda: bank.lookup("/system/admin") is None)
    assert type(ref) is Cell
