"""Endpoints as addresses carry them."""

from __future__ import annotations

import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors import Address, InvalidAddress
from holon_actors.actors.remote.endpoints import endpoint_text, endpoint_url, named_peer, reachable


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("tcp://127.0.0.1:7400", "127.0.0.1:7400"),
        ("tcp://[::1]:7400", "[::1]:7400"),
        ("tcp://sim:7400", "tcp:sim:7400"),
        ("ipc:///tmp/a b.sock", "ipc:%2Ftmp%2Fa%20b.sock"),
        ("ipc://relative/x#1", "ipc:relative%2Fx%231"),
        ("inproc://orders", "inproc:orders"),
        ("sim://a", "sim:a"),
    ],
)
def test_each_kind_of_endpoint_has_its_text_and_comes_back(url: str, text: str) -> None:
    assert endpoint_text(url) == text
    assert endpoint_url(text) == url


def test_all_interfaces_are_reached_by_the_name_of_the_machine() -> None:
    for everywhere in ("*", "0.0.0.0", "[::]"):
        assert reachable(f"{everywhere}:7400") == f"{socket.gethostname()}:7400"
    assert reachable("127.0.0.1:7400") == "127.0.0.1:7400"
    assert reachable("sim:a") == "sim:a"


def test_the_name_of_the_peer_is_no_part_of_the_address() -> None:
    assert endpoint_text("tcp://h:1?peer=bank") == "h:1"
    assert named_peer("tcp://h:1?peer=bank") == "bank"
    assert named_peer("tcp://h:1") == ""


@pytest.mark.parametrize("url", ["", "tcp://", "127.0.0.1:7400", "://x"])
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(InvalidAddress):
        endpoint_text(url)


@given(st.text(st.characters(exclude_characters="?"), min_size=1, max_size=40))
def test_any_path_of_a_socket_fits_into_an_address(path: str) -> None:
    url = f"ipc://{path}"
    try:
        text = endpoint_text(url)
    except UnicodeEncodeError:
        return  # half a surrogate pair is no path either
    assert endpoint_url(text) == url
    assert Address.parse(f"holon://bank@{text}/user/ada").endpoint == text
