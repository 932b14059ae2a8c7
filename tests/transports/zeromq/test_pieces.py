"""The small parts that decide something: limits, counts, log lines, reasons."""

from __future__ import annotations

import logging

import pytest
import zmq
from holon_transports.zeromq import ZmqSettings
from holon_transports.zeromq._crowd import Crowd
from holon_transports.zeromq._identity import is_identity, new_identity
from holon_transports.zeromq._monitor import Event, refusal
from holon_transports.zeromq._notices import Notices
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.errors import ConfigError


@pytest.mark.parametrize("name", ZmqSettings.__dataclass_fields__)
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_every_limit_is_above_zero(name, value):
    with pytest.raises(ConfigError, match=name):
        ZmqSettings(**{name: value})


def test_limits_that_contradict_each_other_are_refused():
    with pytest.raises(ConfigError, match="probe_patience_s"):
        ZmqSettings(probe_s=5, probe_patience_s=5)
    with pytest.raises(ConfigError, match="reconnect_max_s"):
        ZmqSettings(reconnect_first_s=1, reconnect_max_s=1)


def test_identities_differ_and_are_known_as_ours():
    made = {new_identity() for _ in range(100)}
    assert len(made) == 100
    assert all(map(is_identity, made))
    assert not any(map(is_identity, (b"", b"\0abcd", b"holon1", b"x" * 22, b"holon1" + bytes(17))))


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 8))), st.integers(1, 5))
def test_a_connection_may_stay_while_there_are_no_more_than_allowed(story, most):
    crowd, there = Crowd(most), set()
    for came, descriptor in story:
        if came:
            there.add(descriptor)
            assert crowd.came(descriptor) == (len(there) <= most)
        else:
            there.discard(descriptor)
            crowd.went(descriptor)


def test_connections_that_ended_unheard_are_found_by_counting_again():
    crowd = Crowd(3)
    for descriptor in (1, 2, 3):
        assert crowd.came(descriptor)
    assert not crowd.came(4)
    crowd.recount(lambda descriptor: descriptor > 2)
    assert crowd.came(5)
    assert not crowd.came(6)


def test_an_end_without_a_reason_is_told_once_and_whether_it_was_heard():
    crowd = Crowd(9)
    for descriptor in range(1, 7):
        crowd.came(descriptor)
    crowd.refused()  # 1, which libzmq does not say
    crowd.explained(2)
    for descriptor in (1, 2, 3, 4, 5):
        crowd.went(descriptor)
    assert crowd.has_ended(3)
    assert not crowd.has_ended(2)
    assert crowd.ended(heard=[4, 6]) == (2, {4})
    assert crowd.ended(heard=[4, 6]) == (0, set())


def test_a_failed_handshake_explains_an_end_that_is_told_later_and_no_other():
    crowd = Crowd(9)
    crowd.came(1)
    crowd.refused()
    assert crowd.ended(heard=[]) == (0, set())
    crowd.went(1)
    assert crowd.ended(heard=[]) == (0, set())
    crowd.refused()  # of one that was counted out already
    assert crowd.ended(heard=[]) == (0, set())
    crowd.came(2)
    crowd.went(2)
    assert crowd.ended(heard=[]) == (1, set())


def test_a_number_that_is_used_again_needs_an_explanation_of_its_own():
    crowd = Crowd(9)
    crowd.explained(1)
    crowd.came(1)
    crowd.went(1)
    assert crowd.ended(heard=[]) == (1, set())


def test_a_flood_is_two_lines_a_while_apart_and_the_second_counts(caplog):
    now = 0.0
    notices = Notices("orders", lambda: now)
    with caplog.at_level(logging.WARNING):
        for now in (0.0, 0.1, 5.0, 9.9, 10.0, 10.1):  # noqa: B007 - the clock reads it
            notices.warn("kind", "it is refused")
        notices.warn("another kind", "as well")
    assert [record.getMessage() for record in caplog.records] == [
        "orders: it is refused",
        "orders: it is refused (and 3 more like it before)",
        "orders: as well",
    ]


@pytest.mark.parametrize("with_keys", [False, True])
def test_only_failed_handshakes_have_a_reason(with_keys):
    for kind in (zmq.EVENT_ACCEPTED, zmq.EVENT_DISCONNECTED, zmq.EVENT_HANDSHAKE_SUCCEEDED):
        assert refusal(Event(kind, 0), with_keys=with_keys) is None
    for kind in (
        zmq.EVENT_HANDSHAKE_FAILED_AUTH,
        zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL,
        zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL,
    ):
        assert refusal(Event(kind, 0), with_keys=with_keys)
