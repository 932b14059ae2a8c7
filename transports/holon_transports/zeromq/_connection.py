"""The connections behind a ROUTER: what is known of them, and how to end one.

libzmq has no call for it. But frames and events tell the descriptor of their connection
(`zmq.SRCFD`), and what is shut down at the operating system is seen by libzmq as ended.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import zmq

__all__ = ["address_of", "hang_up", "is_open", "user_of"]


def user_of(frame: zmq.Frame) -> str | None:
    """The name that belongs to the key of who sent it; None without keys."""
    return _property(frame, "User-Id") or None


def address_of(frame: zmq.Frame) -> str:
    """The address of who sent it, in words."""
    return _property(frame, "Peer-Address") or "unknown address"


def is_open(descriptor: int, endpoint: str) -> bool:
    """Whether `descriptor` is a connection that `endpoint` accepted."""
    with _accepted(descriptor, endpoint) as connection:
        return connection is not None


def hang_up(descriptor: int, endpoint: str) -> None:
    """End the connection that has, or had, this descriptor, if `endpoint` accepted it.

    By now the number may be in use for something else, so nothing is touched but a connection of
    this very endpoint; in the worst case it is that of another peer, which connects again.
    """
    with _accepted(descriptor, endpoint) as connection:
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself


@contextmanager
def _accepted(descriptor: int, endpoint: str) -> Iterator[socket.socket | None]:
    """A connection that `endpoint` accepted, through a descriptor of our own; None if it is none.

    The original belongs to libzmq, whose thread may close it at any time.
    """
    try:
        copy = os.dup(descriptor)
    except OSError:
        yield None
        return
    try:
        connection = socket.socket(fileno=copy)
    except OSError:  # it is no socket
        os.close(copy)
        yield None
        return
    with connection:
        yield connection if _is_at(connection, endpoint) else None


def _is_at(connection: socket.socket, endpoint: str) -> bool:
    try:
        connection.getpeername()
        name = connection.getsockname()
    except OSError:
        return False  # it is no connection, or none any more
    if isinstance(name, tuple):
        return endpoint.startswith("tcp://") and endpoint.endswith(f":{name[1]}")
    return endpoint == f"ipc://{name}"


def _property(frame: zmq.Frame, name: str) -> str:
    try:
        return str(frame.get(name))
    except zmq.ZMQError:
        return ""
