"""A system among others: links that come and go, and what becomes of what was under way."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holon_actors import (
    ActorStopped,
    ActorSystem,
    AskTimeout,
    Bounded,
    CodecError,
    ConfigError,
    DeadLetter,
    EndpointInUse,
    LinkDown,
    LinkSettings,
    LinkUp,
    MailboxFull,
    NodeUnreachable,
    Peer,
    SpawnRefused,
    Terminated,
    remotable,
)
from tests.actors.kit import Heard
from tests.actors.remote.kit import (
    Account,
    Add,
    Introduce,
    Listener,
    Slow,
    Total,
    Watcher,
    sizes,
    two,
)
from tests.support.waiting import until


@pytest.fixture
async def pair(tmp_path: Any) -> AsyncIterator[Any]:
    async with two("inproc", tmp_path, heartbeat=0.2) as systems:
        yield systems


async def test_nobody_at_an_endpoint_ends_asks_and_makes_dead_letters(pair: Any) -> None:
    one, _ = pair
    letters = Heard(one, DeadLetter)
    downs = Heard(one, LinkDown)
    ref = one.ref("holon://gone@inproc:nowhere/user/x")
    ref.tell(Add(1))
    with pytest.raises(NodeUnreachable, match="no answer") as caught:
        await ref.ask(Total(), timeout=30)
    assert caught.value.address == ref.address
    await letters.wait()
    assert [(letter.message, letter.reason) for letter in letters] == [(Add(1), "unreachable")]
    assert downs[0].reason == "no answer"
    await until(lambda: sizes(one)["links"] == 0)


async def test_the_wrong_system_at_an_endpoint_is_told_on_both_sides(pair: Any) -> None:
    one, two = pair
    wrong = one.ref(f"holon://three@{two.endpoint}/user/x")
    with pytest.raises(NodeUnreachable, match="is the system two, not three"):
        await wrong.ask(Total())
    right = one.ref(two.spawn(Account).address)
    assert await right.ask(Total()) == 0
    with pytest.raises(NodeUnreachable, match="is the system two, not three"):
        await wrong.ask(Total())


async def test_a_node_that_ends_in_order_says_goodbye(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    ref = one.ref(two.spawn(Account).address)
    one.spawn(Watcher, seen, ref)
    await ref.ask(Total())
    downs = Heard(one, LinkDown)
    waiting = asyncio.ensure_future(ref.ask(Slow(), timeout=30))
    await asyncio.sleep(0)
    await until(lambda: sizes(two)["answers"] == 1)
    await two.shutdown()
    with pytest.raises(ActorStopped):
        await waiting
    await downs.wait()
    assert downs[0].reason == "shutdown"
    assert seen == [Terminated(ref, "stopped")]
    await until(lambda: not any(sizes(one).values()))


async def test_a_silent_node_is_lost_and_everybody_with_a_stake_is_told(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    ref = one.ref(two.spawn(Account).address)
    one.spawn(Watcher, seen, ref)
    await ref.ask(Total())
    downs = Heard(one, LinkDown)
    letters = Heard(one, DeadLetter)
    waiting = asyncio.ensure_future(ref.ask(Slow(), timeout=30))
    await until(lambda: sizes(two)["answers"] == 1)
    began = one.clock()
    two._node._closed = True  # it neither hears nor says anything more
    two._node._timer.cancel()
    ref.tell(Add(1))
    with pytest.raises(NodeUnreachable, match="silent"):
        await waiting
    assert one.clock() - began < 2 * one.heartbeat
    await letters.wait()
    assert [(letter.message, letter.reason) for letter in letters] == [(Add(1), "node-lost")]
    await until(lambda: seen)
    assert seen == [Terminated(ref, "node-lost")]
    assert downs[0].unacknowledged >= 1
    assert downs[0].node == "two@inproc:two"


async def test_watching_over_a_new_link_works_after_the_old_one_was_lost(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    there = two.spawn(Account)
    ref = one.ref(there.address)
    watcher = one.spawn(Watcher, seen, ref)
    await ref.ask(Total())
    for talk in list(two._node._by_nonce.values()):
        talk.session.abort("test")
        two._node.pump(talk)
    await until(lambda: seen)
    assert seen == [Terminated(ref, "node-lost")]
    watcher.tell(("watch", ref))
    assert await ref.ask(Total()) == 0
    there.stop()
    await until(lambda: len(seen) == 2)
    assert seen[1] == Terminated(ref, "stopped")


async def test_a_restarted_node_is_another_one_and_refuses_stale_references(
    tmp_path: Any,
) -> None:
    async with ActorSystem("one", bind="inproc://one", heartbeat=0.2) as one:
        ups = Heard(one, LinkUp)
        async with ActorSystem("two", bind="inproc://two") as two:
            stale = one.ref(two.spawn(Account, 1, name="ada").address)
            assert await stale.ask(Total()) == 1
        async with ActorSystem("two", bind="inproc://two", attach=False) as two:
            before = two.statistics().spawned
            two.spawn(Account, 2, name="ada")
            with pytest.raises(ActorStopped):
                await stale.ask(Total())
            fresh = one.ref(f"holon://two@{two.endpoint}/user/ada")
            assert await fresh.ask(Total()) == 2
            assert two.statistics().spawned == before + 1 < 10
        assert [up.node for up in ups] == ["two@inproc:two"] * 2
        assert ups[0].incarnation < ups[1].incarnation


async def test_what_was_told_before_leaving_arrives(pair: Any) -> None:
    _, two = pair
    account = two.spawn(Account, name="ada")
    async with ActorSystem("visitor") as visitor:
        for _ in range(1_000):
            visitor.ref(f"holon://two@{two.endpoint}/user/ada").tell(Add(1))
    assert await account.ask(Total()) == 1_000


async def test_a_system_that_does_not_listen_can_be_answered_and_watched(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    ends: list[Any] = []
    async with ActorSystem("visitor") as visitor:
        listener = visitor.spawn(Listener, seen)
        echo = two.spawn(Account)
        far = visitor.ref(echo.address)
        assert await far.ask([listener]) == [listener]
        far.tell(Total(), listener)
        known = await echo.ask("who")
        assert known == "who"
        (there,) = [ref for item in (await _seen(echo)) if isinstance(item, list) for ref in item]
        assert there.address.endpoint.startswith("client:")
        two.spawn(Watcher, ends, there)
        there.tell("hello")
        await until(lambda: ("hello", None) in seen)
        # Only who has a session with the visitor can reach it.
        with pytest.raises(NodeUnreachable, match="does not listen"):
            await one.ref(there.address).ask(Total())
    await until(lambda: ends)
    assert ends[0].reason == "stopped"


async def _seen(ref: Any) -> list[Any]:
    return list(ref._actor.seen)


async def test_two_nodes_that_call_each_other_at_once_have_one_session(pair: Any) -> None:
    one, two = pair
    a, b = one.spawn(Account, 1), two.spawn(Account, 2)
    answers = await asyncio.gather(one.ref(b.address).ask(Total()), two.ref(a.address).ask(Total()))
    assert answers == [2, 1]
    assert sizes(one)["conversations"] == sizes(two)["conversations"] == 1


async def test_messages_of_all_kinds_keep_their_order(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []

    ref = one.ref(two.spawn(Listener, seen).address)
    pending = []
    for n in range(10_000):
        if n % 10 == 3:
            pending.append(asyncio.ensure_future(ref.ask(n)))
            await asyncio.sleep(0)
        elif n % 100 == 7:
            await ref.send(n)
        else:
            ref.tell(n)
    await asyncio.gather(*pending)
    await ref.ask("last")
    assert [message for message, _ in seen] == [*range(10_000), "last"]


async def test_a_link_takes_ten_thousand_messages_and_more_become_dead_letters(
    tmp_path: Any,
) -> None:
    async with ActorSystem("one") as one, ActorSystem("two", bind="inproc://two") as two:
        account = two.spawn(Account, name="ada")
        ref = one.ref(f"holon://two@{two.endpoint}/user/ada")
        limit = LinkSettings().buffer_messages
        assert limit >= 10_000
        letters = Heard(one, DeadLetter)
        for _ in range(limit + 10):
            ref.tell(Add(1))
        assert {letter.reason for letter in letters} == {"link-full"}
        with pytest.raises(MailboxFull, match="link"):
            await ref.ask(Total())
        await ref.send(Add(1))  # waits for room
        told = limit + 10 - len(letters)
        assert await account.ask(Total()) == told + 1


async def test_send_waits_for_room_in_a_bounded_mailbox(pair: Any) -> None:
    one, two = pair
    gate = asyncio.Event()
    seen: list[Any] = []

    class Gated(Listener):
        async def receive(self, message: Any, sender: Any) -> None:
            await gate.wait()
            self.seen.append(message)

    there = two.spawn(Gated, seen, mailbox=Bounded(2))
    ref = one.ref(there.address)
    sends = [asyncio.ensure_future(ref.send(n)) for n in range(6)]
    await until(lambda: sum(send.done() for send in sends) >= 2)
    assert not all(send.done() for send in sends)
    for n in range(2):
        there.tell(n)
    with pytest.raises(MailboxFull) as caught:
        await ref.ask("x")
    assert caught.value.capacity == 2
    seen.clear()
    gate.set()
    await asyncio.gather(*sends)
    await until(lambda: len(seen) >= 6)
    assert [n for n in seen if n > 1] == [2, 3, 4, 5]
    there.stop()
    await until(lambda: not there.is_alive)
    with pytest.raises(ActorStopped):
        await ref.send(7)


async def test_a_thousand_asks_in_flight_all_end_and_leave_nothing_behind(pair: Any) -> None:
    one, two = pair
    ref = one.ref(two.spawn(Account).address)
    answers = await asyncio.gather(*(ref.ask(n) for n in range(1_000)))
    assert answers == list(range(1_000))
    await until(lambda: not sizes(one)["unacknowledged"] and not sizes(two)["unacknowledged"])
    for system in (one, two):
        assert sizes(system)["asks"] == sizes(system)["answers"] == 0


async def test_an_ask_without_an_answer_times_out_and_is_forgotten_on_both_sides(
    pair: Any,
) -> None:
    one, two = pair
    ref = one.ref(two.spawn(Account).address)
    with pytest.raises(AskTimeout, match="did not answer Slow within") as caught:
        await ref.ask(Slow(), timeout=0.05)
    assert "link up" in caught.value.doing
    await until(lambda: sizes(two)["answers"] == 0)
    assert sizes(one)["asks"] == 0


async def test_stop_and_kill_reach_an_actor_but_not_the_roots(pair: Any) -> None:
    one, two = pair
    for verb in ("stop", "kill"):
        there = two.spawn(Account)
        getattr(one.ref(there.address), verb)()
        await until(lambda there=there: not there.is_alive)
    one.ref(two.lookup("/user").address).stop()
    again = two.spawn(Account, 3)
    assert await one.ref(again.address).ask(Total()) == 3


async def test_what_cannot_be_sent_is_said_to_the_asker_and_is_a_dead_letter_of_a_teller(
    pair: Any,
) -> None:
    one, two = pair
    ref = one.ref(two.spawn(Account).address)
    letters = Heard(one, DeadLetter)
    with pytest.raises(CodecError):
        await ref.ask(object())
    ref.tell(object())
    assert [letter.reason for letter in letters] == ["codec"]
    assert await ref.ask(Total()) == 0


async def test_a_member_of_a_group_on_a_lost_node_leaves_it(pair: Any) -> None:
    one, two = pair
    ref = one.ref(two.spawn(Account).address)
    one.groups.join("accounts", ref)
    await ref.ask(Total())
    assert one.groups.members("accounts") == [ref]
    await two.shutdown()
    await until(lambda: not one.groups.members("accounts"))
    assert not any(sizes(one).values())


@remotable
class Marked(Account):
    """Other nodes may spawn it."""


async def test_marked_classes_can_be_spawned_on_another_node(pair: Any) -> None:
    one, two = pair
    ref = await one.spawn_remote("inproc://two", Marked, 5, name="ada")
    assert await ref.ask(Total()) == 5
    assert ref.address == two.lookup("/user/ada").address
    with pytest.raises(SpawnRefused, match="Account"):
        await one.spawn_remote("inproc://two", Account)
    with pytest.raises(ValueError, match="lives at /user/ada"):
        await one.spawn_remote("inproc://two", Marked, name="ada")
    with pytest.raises(TypeError):
        await one.spawn_remote("inproc://two", Marked, 1, 2, 3)


async def test_a_system_can_be_asked_who_it_is(pair: Any) -> None:
    one, two = pair
    greeting = await one.connect("inproc://two")
    assert (greeting.name, greeting.endpoint) == ("two", two.endpoint)
    assert greeting.incarnation == two.incarnation
    with pytest.raises(NodeUnreachable):
        await one.connect("inproc://nowhere", timeout=0.1)


async def test_a_node_is_known_by_what_it_advertises_and_by_where_it_listens(
    tmp_path: Any,
) -> None:
    async with (
        ActorSystem("one", bind="tcp://127.0.0.1:0", attach=False) as one,
        ActorSystem("two", bind="tcp://127.0.0.1:0", advertise="tcp://two.example:1") as two,
    ):
        account = two.spawn(Account, 3, name="ada")
        assert account.address.endpoint == "two.example:1"
        bound = two._remote.addresses.bound
        assert await one.ref(f"holon://two@{bound}/user/ada").ask(Total()) == 3
        assert two.ref(f"holon://two@{bound}/user/ada") is account
        # Known by both names now: no second link is needed.
        assert await one.ref(account.address).ask(Total()) == 3
        assert sizes(one)["conversations"] == 1


async def test_a_packet_that_is_full_does_not_wait_for_the_end_of_the_turn(pair: Any) -> None:
    one, two = pair
    seen: list[Any] = []
    ref = one.ref(two.spawn(Listener, seen).address)
    assert await ref.ask("up") is None
    size = one._remote.settings.packet_bytes // 10
    for n in range(25):
        ref.tell(f"{n:{size}}")
    (conversation,) = one._remote.conversations()
    assert conversation.session.flying >= 2
    await ref.ask("last")
    assert [int(text) for text, _ in seen[1:-1]] == list(range(25))


async def test_what_is_told_to_a_pool_does_not_overtake_what_was_asked_before(pair: Any) -> None:
    one, two = pair
    pool = one.ref(two.spawn_pool(Account, 4, size=1).address)
    await pool.ask(Total())
    # In one turn: the first goes at once, the other and what is told follow in one packet.
    asking = [asyncio.ensure_future(pool.ask(Total())) for _ in range(2)]
    asyncio.get_running_loop().call_soon(pool.tell, Add(1))
    assert await asyncio.gather(*asking) == [4, 4]
    assert await pool.ask(Total()) == 5


async def test_pools_take_messages_from_other_nodes(pair: Any) -> None:
    one, two = pair
    pool = one.ref(two.spawn_pool(Account, 4, size=3, routing="broadcast").address)
    assert await pool.ask(Total()) == [4, 4, 4]
    pool.tell(Add(1))
    assert await pool.ask(Total()) == [5, 5, 5]


async def test_a_taken_endpoint_is_an_error_of_the_start(pair: Any) -> None:
    third = ActorSystem("three", bind="inproc://two")
    with pytest.raises(EndpointInUse):
        async with third:
            pass
    await third.shutdown()


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="silence_beats"):
        LinkSettings(silence_beats=3)
    with pytest.raises(ConfigError, match="names_max"):
        LinkSettings(names_max=0)
    with pytest.raises(ConfigError, match="heartbeat"):
        ActorSystem("x", heartbeat=0)
    with pytest.raises(ConfigError, match="heartbeat_s"):
        LinkSettings(heartbeat_s=0)


async def test_links_are_kept_by_the_settings_that_are_given() -> None:
    links = LinkSettings(heartbeat_s=0.25, links_max=1)
    async with (
        ActorSystem("crowded", bind="inproc://crowded", links=links) as crowded,
        ActorSystem("first", bind="inproc://first") as first,
        ActorSystem("second", bind="inproc://second") as second,
    ):
        assert crowded.heartbeat == 0.25
        assert await first.connect("inproc://crowded") == Peer(
            "crowded", "inproc:crowded", crowded.incarnation
        )
        with pytest.raises(NodeUnreachable, match="as many links as there may be"):
            await second.connect("inproc://crowded")


def test_a_heartbeat_is_said_once() -> None:
    links = LinkSettings(heartbeat_s=0.25)
    assert ActorSystem("x", links=links, heartbeat=0.25).links is links
    with pytest.raises(ConfigError, match="give one"):
        ActorSystem("x", links=links, heartbeat=0.5)


async def test_a_lost_link_is_one_line_that_says_what_there_is_to_say(
    pair: Any, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = pair
    await one.connect("inproc://two")
    talk = one._remote.known(two.endpoint)
    with caplog.at_level(logging.WARNING, "holon_actors.remote"):
        one._remote.intake.broken(talk.channel, "somebody cut the wire")
        one._remote.intake.broken(talk.channel, "nobody was using it")
    assert [record.getMessage() for record in caplog.records] == [
        "one: the link with two@inproc:two is down: somebody cut the wire",
        "one: dropped inproc://two: nobody was using it",
    ]


async def test_a_node_that_nobody_has_named_is_called_by_its_endpoint(pair: Any) -> None:
    one, _ = pair
    downs = Heard(one, LinkDown)
    with pytest.raises(NodeUnreachable):
        await one.connect("inproc://nowhere", timeout=30)
    (down,) = await downs.wait()
    assert down.node == "inproc:nowhere"


async def test_a_node_may_be_called_by_several_names_and_no_link_ends_another() -> None:
    options: dict[str, Any] = {"heartbeat": 0.5, "attach": False}
    async with (
        ActorSystem("two", bind="tcp://127.0.0.1:0", **options) as other,
        ActorSystem("one", bind="tcp://127.0.0.1:0", **options) as one,
        ActorSystem("client", **options) as client,
    ):
        path, port = other.spawn(Account).address.path, str(other.endpoint).rpartition(":")[2]
        names = ("localhost", "127.0.0.1", "127.0.0.2")
        for caller in (one, client):
            downs = [Heard(system, LinkDown) for system in (caller, other)]
            refs = [caller.ref(f"holon://two@{name}:{port}{path}") for name in names[:2]]
            for _ in range(3):
                for ref in refs:
                    ref.tell(Add(1))
                    await ref.ask(Total())
            assert not any(downs)
            assert len(caller._remote.conversations()) == 1, "one session serves both names"


async def test_what_a_client_has_sent_by_one_name_is_answered_after_it_used_another() -> None:
    options: dict[str, Any] = {"heartbeat": 0.5, "attach": False}
    async with (
        ActorSystem("two", bind="tcp://127.0.0.1:0", **options) as other,
        ActorSystem("client", **options) as client,
    ):
        seen: list[Any] = []
        listener = client.spawn(Listener, seen)
        account, port = other.spawn(Account), str(other.endpoint).rpartition(":")[2]
        proper = client.ref(f"holon://two@127.0.0.1:{port}{account.address.path}")
        await proper.ask(Total())
        also = client.ref(f"holon://two@localhost:{port}{account.address.path}")
        for _ in range(3):
            await also.ask(Introduce(listener))
            await proper.ask(Introduce(listener))
        await until(lambda: len(seen) == 6)
        assert len(client._remote.conversations()) == 2
        client._remote.hang_up(f"127.0.0.1:{port}", "a test")
        await until(lambda: len(other._remote.conversations()) == 1)
        await also.ask(Introduce(listener))  # by the session that is left
        await until(lambda: len(seen) == 7)


@pytest.mark.parametrize("limit", [0, -1, math.nan, -math.inf])
async def test_an_ask_without_time_times_out_and_the_link_stays(pair: Any, limit: float) -> None:
    one, other = pair
    ref = one.ref(str(other.spawn(Account).address))
    assert await ref.ask(Total()) == 0
    downs = Heard(one, LinkDown)
    with pytest.raises(AskTimeout):
        await ref.ask(Slow(), timeout=limit)
    assert await ref.ask(Total()) == 0
    assert not downs


async def test_any_reference_with_the_address_ends_a_watch(pair: Any) -> None:
    one, other = pair
    address = str(other.spawn(Account).address)
    seen: list[Any] = []
    watcher = one.spawn(Watcher, seen)
    watcher.tell(("watch", one.ref(address)))
    await until(lambda: sizes(other)["watched"] == 1)
    watcher.tell(("unwatch", one.ref(address)))
    await until(lambda: sizes(other)["watched"] == 0)
    assert sizes(one)["watches"] == 0


async def test_that_a_node_stays_away_is_told_once_until_it_was_there(tmp_path: Any) -> None:
    options: dict[str, Any] = {"heartbeat": 0.1, "attach": False}
    async with ActorSystem("one", bind="inproc://one", **options) as one:
        downs, ups = Heard(one, LinkDown), Heard(one, LinkUp)
        ref = one.ref("holon://two@inproc:two/user/x")
        for _ in range(3):
            with pytest.raises(NodeUnreachable):
                await ref.ask(Total(), timeout=30)
        assert len(downs) == 1
        async with ActorSystem("two", bind="inproc://two", **options) as two:
            two.spawn(Account, name="x")
            assert await ref.ask(Total()) == 0
        await until(lambda: len(downs) == 2)
        assert len(ups) == 1


async def test_a_system_that_calls_itself_reaches_itself(pair: Any) -> None:
    one, _ = pair
    greeting = await one.connect(one.bind)
    assert (greeting.name, greeting.incarnation) == ("one", one.incarnation)
    spawned = await one.spawn_remote(one.bind, Marked, 4)
    assert one.lookup(spawned.path) is spawned


async def test_the_systems_own_actors_are_not_counted(pair: Any) -> None:
    one, _ = pair
    assert (one.statistics().actors, one.statistics().spawned) == (0, 0)
    one.spawn(Account)
    assert (one.statistics().actors, one.statistics().spawned) == (1, 1)


async def test_clients_that_came_and_went_leave_nothing_behind(pair: Any) -> None:
    _, other = pair
    ref = str(other.spawn(Account).address)
    for _ in range(200):
        async with ActorSystem("client", attach=False) as client:
            assert await client.ref(ref).ask(Total()) == 0
    await until(lambda: not any(sizes(other).values()))
    node = other._remote
    assert not node._by_nonce
    assert not node._inbound
