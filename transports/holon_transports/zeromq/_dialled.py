"""The channel to a peer that was dialled: a DEALER socket of its own.

libzmq connects it again and again, after pauses that grow. Its identity is drawn once and stays, so
that the listener knows the conversation again after a reconnection.
"""

from __future__ import annotations

import asyncio
import errno
import random
from collections.abc import Callable
from dataclasses import dataclass

import zmq

from holon_transports.endpoints import Endpoint, TcpEndpoint
from holon_transports.errors import InvalidEndpoint
from holon_transports.keys import KeyPair
from holon_transports.transport import Frames
from holon_transports.zeromq._driver import Driver
from holon_transports.zeromq._frames import NOW, content, receive_rest, send_frames, send_of
from holon_transports.zeromq._identity import new_identity
from holon_transports.zeromq._monitor import Event, Monitor, refusal
from holon_transports.zeromq._shell import Shell

__all__ = ["DialledChannel", "Secured"]


@dataclass(frozen=True)
class Secured:
    """Whose key the other side must have, and ours."""

    user: str
    theirs: bytes
    ours: KeyPair


class DialledChannel:
    """A conversation that this side began. `forget` is called when it is closed."""

    def __init__(
        self,
        shell: Shell,
        endpoint: Endpoint,
        rng: random.Random,
        forget: Callable[[DialledChannel], None],
        secure: Secured | None = None,
    ) -> None:
        self.name = str(endpoint)
        self.user = secure.user if secure else None
        self._shell = shell
        self._receiver = shell.receiver
        self._forget = forget
        self._closed = False
        self._believed = True
        self._told: set[str] = set()
        self._revival: asyncio.TimerHandle | None = None
        self._pause_s = shell.settings.reconnect_max_s * rng.uniform(0.5, 1.0)
        self._endpoint = endpoint
        self._socket = _socket(shell, rng)
        if secure is not None:
            self._socket.curve_publickey = secure.ours.public
            self._socket.curve_secretkey = secure.ours.secret
            self._socket.curve_serverkey = secure.theirs
        self._monitor = Monitor(shell, self._socket, self._heard)
        self._driver = Driver(shell.loop, shell.run_in, self._socket, self._take, self._room)
        self._send = send_of(self._socket)
        self._zero_copy_bytes = shell.settings.zero_copy_bytes
        try:
            self._connect()
        except zmq.ZMQError as error:
            self.close()
            raise InvalidEndpoint(self.name, f"cannot be dialled: {error.strerror}") from error

    def send(self, frames: Frames) -> bool:
        if self._closed:
            return True
        try:
            send_frames(self._send, frames, self._zero_copy_bytes)
        except zmq.Again:
            self._driver.wants_room = True
            return False
        finally:
            self._driver.sent()  # also after a send that failed
        return True

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self._cancel_revival()
            self._monitor.close()
            self._driver.close(self._shell.settings.linger_s)
            self._forget(self)

    def use_key(self, theirs: bytes | None) -> None:
        """Connect anew to who has this key; None: the peer is not to be believed any more."""
        if self._closed:
            return
        self._disconnect()
        self._believed = theirs is not None
        if theirs is None:
            self._tell_broken(f"the key of {self.user!r} is not authorised any more")
        else:
            self._socket.curve_serverkey = theirs
            self._connect()

    def _connect(self) -> None:
        if isinstance(self._endpoint, TcpEndpoint) and ":" in self._endpoint.host:
            self._socket.ipv6 = True
        self._socket.connect(self.name)
        self._driver.sent()  # as after a send: there is room now, and no wake-up tells of it

    def _take(self) -> int:
        try:
            first = self._socket.recv(NOW, copy=False)
        except zmq.Again:
            return 0
        if not first.more:
            body = content(first)
            self._receiver.received(self, [body])
            return len(body)
        frames, size = receive_rest(self._socket, first, self._shell.settings.frames_max)
        if frames is None:
            self._tell_broken("it sent more frames at once than are allowed")
        else:
            self._receiver.received(self, frames)
        return size

    def _room(self) -> bool:
        self._driver.wants_room = False
        self._receiver.drained(self)
        return True

    def _heard(self, event: Event) -> None:
        if event.kind == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._told.clear()
        elif event.kind == zmq.EVENT_CONNECT_RETRIED:
            self._cancel_revival()
        elif event.kind == zmq.EVENT_DISCONNECTED:
            self._revive_later()
        elif reason := refusal(event, with_keys=self.user is not None):
            self._tell_broken(reason)

    def _revive_later(self) -> None:
        """libzmq gives an endpoint up for good when its peer has broken the protocol or refused us.
        It tells when it does not.
        """
        self._cancel_revival()
        if not self._believed:
            return
        self._revival = self._shell.loop.call_later(
            self._pause_s, self._reconnect, context=self._shell.run_in
        )

    def _cancel_revival(self) -> None:
        if self._revival is not None:
            self._revival.cancel()
            self._revival = None

    def _reconnect(self) -> None:
        self._disconnect()
        self._connect()

    def _disconnect(self) -> None:
        self._cancel_revival()
        try:
            self._socket.disconnect(self.name)
        except zmq.ZMQError as error:
            if error.errno != errno.ENOENT:  # which it is when libzmq has given it up
                raise
        self._driver.sent()

    def _tell_broken(self, reason: str) -> None:
        if reason not in self._told:
            self._told.add(reason)
            self._receiver.broken(self, reason)


def _socket(shell: Shell, rng: random.Random) -> zmq.Socket[bytes]:
    settings = shell.settings
    socket = shell.socket(zmq.DEALER)
    socket.routing_id = new_identity()
    socket.connect_timeout = int(settings.connect_s * 1000)
    # Many dial a node that comes back; each pauses differently, lest all call at once.
    first_ms = settings.reconnect_first_s * 1000
    socket.reconnect_ivl = max(1, int(first_ms * rng.uniform(1.0, 2.0)))
    socket.reconnect_ivl_max = int(settings.reconnect_max_s * 1000)
    return socket
