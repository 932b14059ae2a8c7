"""What libzmq tells of the connections of a socket, and what it means in words."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass

import zmq

from holon_transports.zeromq._driver import Driver
from holon_transports.zeromq._shell import Shell

__all__ = ["Event", "Monitor", "refusal"]

_WATCHED = (
    zmq.EVENT_ACCEPTED
    | zmq.EVENT_DISCONNECTED
    | zmq.EVENT_CONNECT_RETRIED
    | zmq.EVENT_HANDSHAKE_SUCCEEDED
    | zmq.EVENT_HANDSHAKE_FAILED_AUTH
    | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL
    | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL
)
_PROTOCOL_ERRORS: dict[int, str] = {
    zmq.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH: "one side uses keys and the other does not",
    zmq.PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC: "the keys do not fit each other",
    zmq.PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE: "the keys do not fit each other",
}


@dataclass(frozen=True)
class Event:
    """One thing that happened to a connection; `value` is libzmq's number for the details."""

    kind: int
    value: int


class Monitor:
    """Tells `heard` of every event of a socket, on the loop."""

    def __init__(
        self, shell: Shell, socket: zmq.Socket[bytes], heard: Callable[[Event], None]
    ) -> None:
        self._watched = socket
        self._heard = heard
        address = f"inproc://monitor-{shell.number()}"
        socket.monitor(address, _WATCHED)
        self._pair = shell.context.socket(zmq.PAIR)
        # Without a limit: libzmq's own thread would wait for room, and we on close for that thread.
        # Events are a few bytes each, and as many as connections that come and go.
        self._pair.rcvhwm = 0
        self._pair.connect(address)
        self._driver = Driver(shell.loop, shell.run_in, self._pair, self._take, lambda: False)

    def close(self) -> None:
        # In this order: an event for a pair whose other end is closed would wait for ever.
        self._watched.monitor(None, 0)
        self._driver.close(0)

    def _take(self) -> int:
        try:
            head = self._pair.recv(zmq.NOBLOCK)
        except zmq.Again:
            return 0
        while self._pair.getsockopt(zmq.RCVMORE):
            self._pair.recv(zmq.NOBLOCK)
        kind, value = struct.unpack("=Hi", head)
        self._heard(Event(kind, value))
        return len(head)


def refusal(event: Event, *, with_keys: bool) -> str | None:
    """Why a handshake failed, in words; None if the event tells of no failed handshake."""
    if event.kind == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
        return f"our key is not authorised there (status {event.value})"
    if event.kind == zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL:
        known = _PROTOCOL_ERRORS.get(event.value)
        return known or f"the other side does not speak this protocol (ZMTP {event.value:#x})"
    if event.kind != zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
        return None
    if with_keys:
        return "the other side ended the handshake: it has another key, or uses none"
    return "the other side ended the handshake: it is no node, or one with keys"
