"""Endpoints as text and as values."""

from __future__ import annotations

import pickle

import pytest
from holon_transports.endpoints import (
    InprocEndpoint,
    IpcEndpoint,
    TcpEndpoint,
    parse_endpoint,
)
from holon_transports.errors import InvalidEndpoint
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("tcp://127.0.0.1:7400", TcpEndpoint("127.0.0.1", 7400)),
        ("tcp://Some-Host.example:0", TcpEndpoint("some-host.example", 0)),
        ("tcp://*:65535", TcpEndpoint("*", 65535)),
        ("tcp://[::1]:7400", TcpEndpoint("::1", 7400)),
        ("tcp://[0:0:0:0:0:0:0:1]:1", TcpEndpoint("::1", 1)),
        ("tcp://10.0.0.5:7400?peer=orders", TcpEndpoint("10.0.0.5", 7400, "orders")),
        ("tcp://h:1?peer=a%2Bb", TcpEndpoint("h", 1, "a+b")),
        ("ipc:///run/holon/a.sock", IpcEndpoint("/run/holon/a.sock")),
        ("ipc://a.sock?peer=a", IpcEndpoint("a.sock", "a")),
        ("inproc://orders", InprocEndpoint("orders")),
    ],
)
def test_what_is_understood(text, endpoint):
    assert parse_endpoint(text) == endpoint
    assert parse_endpoint(str(endpoint)) == type(endpoint)(*list(vars(endpoint).values())[:-1])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "SCHEME"),
        ("127.0.0.1:7400", "SCHEME"),
        ("udp://127.0.0.1:7400", "unknown scheme 'udp'"),
        ("TCP://127.0.0.1:7400", "unknown scheme"),
        ("tcp://127.0.0.1", "a port is missing"),
        ("tcp://127.0.0.1:", "no port"),
        ("tcp://127.0.0.1:65536", "no port"),
        ("tcp://127.0.0.1:-1", "no port"),
        ("tcp://127.0.0.1:\u0661", "no port"),
        ("tcp://127.0.0.1:*", "no port"),
        ("tcp://:7400", "no host"),
        ("tcp://256.0.0.1:7400", "no IPv4"),
        ("tcp://1.2.3:7400", "no IPv4"),
        ("tcp://::1:7400", "brackets"),
        ("tcp://[::x]:7400", "no IPv6"),
        ("tcp://a/b:7400", "no host"),
        ("tcp://eth0;x:7400", "no host"),
        ("tcp://" + "a" * 300 + ":1", "no host"),
        ("ipc://", "path is missing"),
        ("ipc://*", "path is missing"),
        ("ipc://@abstract", "no permissions"),
        ("ipc:///" + "x" * 107, "longer than 107 bytes"),
        ("ipc:///" + "\u00e9" * 54, "longer than 107 bytes"),
        ("ipc:///a b", "spaces"),
        ("inproc://", "name is missing"),
        ("tcp://h:1?key=x", "only peer=NAME"),
        ("tcp://h:1?peer", "only peer=NAME"),
        ("tcp://h:1?peer=", "no system name"),
        ("tcp://h:1?peer=../x", "no system name"),
        ("tcp://h:1?peer=a&peer=b", "no system name"),
        ("tcp://h:1\n", "spaces"),
    ],
)
def test_what_is_not_and_why(text, reason):
    with pytest.raises(InvalidEndpoint, match=reason) as caught:
        parse_endpoint(text)
    assert caught.value.endpoint == text
    assert pickle.loads(pickle.dumps(caught.value)).reason == caught.value.reason


@given(st.text(), st.sampled_from(["", "tcp://", "ipc://", "inproc://", "tcp://h:1?"]))
def test_any_text_is_an_endpoint_or_an_error_of_ours(text, start):
    try:
        endpoint = parse_endpoint(start + text)
    except InvalidEndpoint:
        return
    assert parse_endpoint(str(endpoint)) == type(endpoint)(*list(vars(endpoint).values())[:-1])


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_alone_is_local(host):
    assert TcpEndpoint(host, 1).is_local


@pytest.mark.parametrize(
    "host", ["*", "0.0.0.0", "::", "10.0.0.1", "::ffff:10.0.0.1", "localhost.evil.example", "h"]
)
def test_anything_else_is_not(host):
    assert not TcpEndpoint(host, 1).is_local


def test_files_and_names_are_local():
    assert IpcEndpoint("x").is_local
    assert InprocEndpoint("x").is_local
