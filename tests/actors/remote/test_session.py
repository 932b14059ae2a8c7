"""One session over a network that loses, repeats and reorders: order, loss, silence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.actors.remote import packets
from holon_actors.actors.remote.errors import RemoteProtocolError
from holon_actors.actors.remote.session import Phase
from tests.actors.remote.pipe import SETTINGS, Pipe


def opened(seed: int = 1, **network: float) -> Pipe:
    pipe = Pipe(seed, **network)
    pipe.a.session.dial(0.0)
    pipe.a.pump()
    pipe.run(1.0)
    return pipe


def test_a_hello_is_answered_and_both_ends_are_up() -> None:
    pipe = opened()
    assert pipe.agree()
    assert pipe.b.session.peer is not None
    assert pipe.b.session.peer.name == "a"


def test_both_may_begin_at_once_and_end_up_with_one_session() -> None:
    for seed in range(50):
        pipe = Pipe(seed, loss=0.2, twice=0.2)
        for end in (pipe.a, pipe.b):
            end.session.dial(0.0)
            end.pump()
        pipe.run(1.5)
        assert pipe.agree(), seed


def test_what_is_posted_before_the_session_is_up_goes_out_with_it() -> None:
    pipe = Pipe(1)
    pipe.a.post(b"early")
    pipe.a.session.dial(0.0)
    pipe.a.pump()
    pipe.run(1.0)
    assert pipe.b.got == [b"early"]


@given(
    seed=st.integers(0, 2**32),
    loss=st.floats(0, 0.35),
    twice=st.floats(0, 0.5),
    delay_s=st.floats(0, 0.2),
    count=st.integers(1, 120),
)
def test_everything_arrives_once_and_in_order(
    seed: int, loss: float, twice: float, delay_s: float, count: int
) -> None:
    pipe = Pipe(seed, loss=loss, twice=twice, delay_s=delay_s)
    pipe.a.session.dial(0.0)
    pipe.b.session.dial(0.0)
    for n in range(count):
        pipe.a.post(b"a%d" % n, (b"buffer",))
        pipe.b.post(b"b%d" % n)
    for _ in range(600):
        if len(pipe.a.got) == len(pipe.b.got) == count:
            break
        pipe.run(0.1)
        if not pipe.up and pipe.now > 3:
            break  # so many in a row were lost that one has given up the other; that is allowed
    assert pipe.b.got == [b"a%dbuffer" % n for n in range(len(pipe.b.got))]
    assert pipe.a.got == [b"b%d" % n for n in range(len(pipe.a.got))]
    if pipe.up:
        assert len(pipe.a.got) == len(pipe.b.got) == count


def test_ten_thousand_packets_over_a_bad_network_come_through_quickly() -> None:
    pipe = opened(loss=0.05, twice=0.05, delay_s=0.002)
    began = pipe.now
    for n in range(10_000):
        pipe.a.post(b"%d" % n)
    while len(pipe.b.got) < 10_000:
        pipe.run(1.0)
    assert pipe.b.got == [b"%d" % n for n in range(10_000)]
    assert pipe.now - began < 60  # of virtual time: losses are healed by round trips, not timers
    pipe.run(1.0)
    assert pipe.a.session.idle


def test_packets_under_way_never_exceed_the_window() -> None:
    pipe = opened()
    for n in range(100):
        pipe.a.post(b"%d" % n)
        assert pipe.a.session.flying <= SETTINGS.window_packets


def test_an_idle_session_stays_up_although_packets_are_lost() -> None:
    pipe = opened(loss=0.2)
    pipe.run(120.0)
    assert pipe.agree()


def test_a_silent_peer_is_lost_within_two_heartbeats() -> None:
    pipe = opened()
    pipe.cut = True
    pipe.run(2 * SETTINGS.heartbeat_s)
    for end in (pipe.a, pipe.b):
        assert end.session.phase is Phase.OVER
        assert "silent" in end.session.reason
        assert not end.session.orderly


def test_a_short_break_loses_nothing() -> None:
    pipe = opened()
    pipe.cut = True
    for n in range(40):
        pipe.a.post(b"%d" % n)
    pipe.run(1.2)
    pipe.cut = False
    pipe.run(2.0)
    assert pipe.agree()
    assert pipe.b.got == [b"%d" % n for n in range(40)]


def test_no_answer_ends_the_attempt() -> None:
    pipe = Pipe(1)
    pipe.cut = True
    pipe.a.post(b"lost")
    pipe.a.session.dial(0.0)
    pipe.a.pump()
    pipe.run(SETTINGS.opening_s + 0.01)
    assert pipe.a.session.phase is Phase.OVER
    assert pipe.a.session.reason == "no answer"
    assert [p.contents for p in pipe.a.session.unacknowledged()] == [[b"lost"]]


def test_a_goodbye_ends_both_at_once() -> None:
    pipe = opened()
    pipe.a.session.leave("shutdown")
    pipe.a.pump()
    pipe.run(0.1)
    assert pipe.b.session.phase is Phase.OVER
    assert pipe.b.session.orderly
    assert pipe.b.session.reason == "shutdown"


def test_a_peer_that_began_anew_makes_an_end_of_the_old_session() -> None:
    pipe = opened()
    pipe.b.anew()
    pipe.run(1.0)
    assert pipe.a.session.phase is Phase.OVER
    assert pipe.a.session.reason


def test_what_an_old_session_left_in_the_network_does_not_disturb_a_new_one() -> None:
    for seed in range(30):
        pipe = opened(seed, loss=0.1)
        for n in range(20):
            pipe.a.post(b"old%d" % n)
        pipe.run(0.5)
        left = list(pipe.recorded)
        pipe.a.anew()
        pipe.b.anew()
        pipe.b.got.clear()
        pipe.a.session.dial(pipe.now)
        pipe.a.pump()
        for to, frames in left:
            pipe.deliver(to, frames, pipe.rng.random() * 2)
        pipe.run(1.2)
        assert pipe.agree(), seed
        for n in range(20):
            pipe.a.post(b"new%d" % n)
        for to, frames in left:
            pipe.deliver(to, frames, pipe.rng.random())
        pipe.run(5.0)
        assert pipe.agree(), seed
        assert pipe.b.got == [b"new%d" % n for n in range(20)], seed


def test_the_wrong_name_is_refused_on_both_sides() -> None:
    pipe = Pipe(1)
    pipe.a.greeting = type(pipe.a.greeting)(
        **{**_facts(pipe.a.greeting), "expected": "someone-else"}
    )
    pipe.a.anew()
    pipe.a.session.dial(0.0)
    pipe.a.pump()
    pipe.run(1.0)
    for end in (pipe.a, pipe.b):
        assert end.session.phase is Phase.OVER
        assert "is the system b, not someone-else" in end.session.reason


def _facts(greeting: packets.Greeting) -> dict[str, object]:
    return {name: getattr(greeting, name) for name in type(greeting).__slots__}


def test_an_acknowledgement_of_what_was_never_sent_breaks_the_rules() -> None:
    pipe = opened()
    b = pipe.b.session
    lie = packets.parse([packets.head(packets.ACK, b.mine, b.theirs, 0, 99)])
    with pytest.raises(RemoteProtocolError, match="99"):
        b.received(lie, pipe.now)


def test_a_process_that_slept_gives_its_peer_a_chance_to_be_read() -> None:
    pipe = opened()
    pipe.now += 10.0  # nobody ran meanwhile
    pipe.a.tick()
    assert pipe.a.session.phase is Phase.UP
    pipe.cut = True
    pipe.run(2.0)
    assert pipe.a.session.phase is Phase.OVER


def test_an_attempt_that_slept_past_its_end_has_some_time_left_and_no_tick_is_in_vain() -> None:
    pipe = Pipe(1)
    session = pipe.a.session
    late = SETTINGS.opening_s + 5.0
    session.tick(late)  # nobody has dialled: only the end of the attempt is waited for
    assert session.phase is Phase.OPENING
    assert late < session.wake_at <= late + SETTINGS.heartbeat_s
    session.tick(session.wake_at)
    assert session.phase is Phase.OVER
