"""Where others call: a ROUTER socket, and the channels of those who have called."""

from __future__ import annotations

from collections.abc import Collection

import zmq

from holon_transports.endpoints import Endpoint, IpcEndpoint
from holon_transports.keys import KeyPair
from holon_transports.transport import Frames
from holon_transports.zeromq._accepted import AcceptedChannel
from holon_transports.zeromq._binding import bind
from holon_transports.zeromq._connection import address_of, hang_up, is_open, user_of
from holon_transports.zeromq._crowd import Crowd
from holon_transports.zeromq._driver import Driver
from holon_transports.zeromq._frames import (
    NOW,
    NOW_AND_MORE,
    content,
    receive_rest,
    send_frames,
    send_of,
    skip_rest,
)
from holon_transports.zeromq._identity import is_identity
from holon_transports.zeromq._ipc import SocketFile
from holon_transports.zeromq._monitor import Event, Monitor, refusal
from holon_transports.zeromq._shell import Shell
from holon_transports.zeromq._zap import ZAP_DOMAIN

__all__ = ["Listener"]

_PROBE_S = 0.02

# Which property of a frame is the descriptor of its connection; as a plain number.
_SOURCE = int(zmq.SRCFD)


class Listener:
    """One bound endpoint."""

    def __init__(self, shell: Shell, endpoint: Endpoint, keys: KeyPair | None) -> None:
        self._shell = shell
        self._with_keys = keys is not None
        self._settings = shell.settings
        self._receiver = shell.receiver
        self._channels: dict[bytes, AcceptedChannel] = {}
        self._without_room: dict[AcceptedChannel, None] = {}
        self._crowd = Crowd(self._settings.connections_max)
        self._socket = _socket(shell, keys)
        self._send = send_of(self._socket)
        try:
            self.endpoint = bind(self._socket, endpoint)
        except BaseException:
            self._socket.close(linger=0)
            raise
        self._file = (
            SocketFile(self.endpoint.removeprefix("ipc://"))
            if isinstance(endpoint, IpcEndpoint)
            else None
        )
        self._monitor = Monitor(shell, self._socket, self._heard)
        self._driver = Driver(shell.loop, shell.run_in, self._socket, self._take, self._room)

    def close(self) -> None:
        if self._file is not None:
            self._file.remove()
        self._monitor.close()
        for channel in list(self._channels.values()):
            channel.close()
        self._driver.close(self._settings.linger_s)

    def send(self, identity: bytes, frames: Frames) -> bool:
        """Hand over frames for a peer. False: it has no room."""
        try:
            self._send(identity, NOW_AND_MORE)
            send_frames(self._send, frames, self._settings.zero_copy_bytes)
        except zmq.Again:
            return False
        except zmq.ZMQError as error:
            if error.errno != zmq.EHOSTUNREACH:
                raise
            return True  # lost: the connection is broken; the peer may come back
        finally:
            self._driver.sent()  # also after a send that failed
        return True

    def wait_room(self, channel: AcceptedChannel) -> None:
        """Send what a channel keeps as soon as its peer has room."""
        self._without_room[channel] = None
        self._driver.wants_room = True
        self._probe_later()

    def forget(self, channel: AcceptedChannel) -> None:
        """Take no more notice of a channel. Its peer is somebody new if it speaks again."""
        self._without_room.pop(channel, None)
        if self._channels.get(channel.identity) is channel:
            del self._channels[channel.identity]

    def keep_house(self, now: float) -> None:
        """Tell of connections that have ended, and forget whom we have not heard of for long."""
        self._tell_ended()
        self._crowd.recount(lambda descriptor: is_open(descriptor, self.endpoint))
        for channel in list(self._channels.values()):
            if channel.heard:
                channel.heard, channel.heard_at = False, now
            elif now - channel.heard_at > self._settings.accepted_idle_s:
                self._end(channel, "it has said nothing for long")

    def cut_off(self, users: Collection[str]) -> None:
        """End all conversations with users whose keys are not authorised any more."""
        for channel in list(self._channels.values()):
            if channel.user in users:
                self._hang_up(channel.descriptor)
                self._end(channel, f"the key of {channel.user!r} is not authorised any more")

    def _end(self, channel: AcceptedChannel, reason: str) -> None:
        channel.close()
        self._receiver.broken(channel, reason)

    def _take(self) -> int:
        try:
            identity = self._socket.recv(NOW)
        except zmq.Again:
            return 0
        first = self._socket.recv(NOW, copy=False)
        channel = self._channels.get(identity) or self._meet(identity, first)
        if channel is None or (self._with_keys and user_of(first) != channel.user):
            return self._refuse(first)
        channel.heard = channel.connected = True
        channel.descriptor = first.get(_SOURCE)
        if not first.more:
            body = content(first)
            self._receiver.received(channel, [body])
            return len(body)
        frames, size = receive_rest(self._socket, first, self._settings.frames_max)
        if frames is None:
            self._hang_up(channel.descriptor)
            self._end(channel, "it sent more frames at once than are allowed")
        else:
            self._receiver.received(channel, frames)
        return size

    def _refuse(self, first: zmq.Frame) -> int:
        skip_rest(self._socket, first)
        self._hang_up(first.get(_SOURCE))
        self._warn("stranger", f"ended a connection from {address_of(first)}, which is no node")
        return len(first)

    def _hang_up(self, descriptor: int) -> None:
        self._crowd.explained(descriptor)
        hang_up(descriptor, self.endpoint)

    def _meet(self, identity: bytes, first: zmq.Frame) -> AcceptedChannel | None:
        if not is_identity(identity):
            return None
        self._make_room_for_one()
        user = user_of(first) if self._with_keys else None
        name = f"{user or 'a caller'} from {address_of(first)} at {self.endpoint}"
        channel = AcceptedChannel(self, identity, name, user, self._shell.loop.time())
        self._channels[identity] = channel
        return channel

    def _make_room_for_one(self) -> None:
        if len(self._channels) >= self._settings.connections_max:
            channels = self._channels.values()
            longest_silent = min(channels, key=lambda c: (c.heard, c.heard_at))
            self._end(longest_silent, "there are too many others")

    def _heard(self, event: Event) -> None:
        if event.kind == zmq.EVENT_ACCEPTED:
            if self._crowd.has_ended(event.value):
                self._tell_ended()  # while it is known whose number it was
            if not self._crowd.came(event.value):
                # Not by unbinding: with the endpoint libzmq drops all that it has accepted.
                self._hang_up(event.value)
                self._warn("crowd", "hung up on a caller: there are too many connections")
        elif event.kind == zmq.EVENT_DISCONNECTED:
            self._crowd.went(event.value)
        elif reason := refusal(event, with_keys=self._with_keys):
            self._crowd.refused()
            if event.kind != zmq.EVENT_HANDSHAKE_FAILED_AUTH:  # the gatekeeper has told more of it
                self._warn("handshake", f"refused a caller: {reason}")

    def _tell_ended(self) -> None:
        """libzmq does not say why it has ended a connection whose handshake went well."""
        by_descriptor = {c.descriptor: c for c in self._channels.values() if c.connected}
        unheard, heard = self._crowd.ended(by_descriptor)
        rules = f"sent a frame beyond {self._settings.frame_bytes_max} bytes or a malformed one"
        if unheard:
            self._warn(
                "unheard", f"a caller was cut off before its first message: it {rules}, or left"
            )
        for descriptor in sorted(heard):
            channel = by_descriptor[descriptor]
            channel.connected = False
            text = f"the connection of {channel.name} ended: it left, was silent, or {rules}"
            self._shell.notices.tell("ended", text)

    def _warn(self, kind: str, text: str) -> None:
        self._shell.notices.warn(kind, f"{self.endpoint}: {text}")

    def _room(self) -> bool:
        """Try what is kept once more, and whether any of it could go."""
        went = False
        for channel in list(self._without_room):
            frames = channel.kept
            if frames is None or self.send(channel.identity, frames):
                went = True
                self._without_room.pop(channel, None)
                self._tell_room(channel)
        self._driver.wants_room = bool(self._without_room)
        return went

    def _tell_room(self, channel: AcceptedChannel) -> None:
        channel.kept = None
        if channel.refused:
            channel.refused = False
            self._receiver.drained(channel)

    def _probe_later(self) -> None:
        # The descriptor wakes us when a peer has read; this is for the times when another call has
        # taken note of it in passing.
        self._shell.loop.call_later(_PROBE_S, self._probe, context=self._shell.run_in)

    def _probe(self) -> None:
        if self._without_room:
            self._driver.come_back()
            self._probe_later()


def _socket(shell: Shell, keys: KeyPair | None) -> zmq.Socket[bytes]:
    socket = shell.socket(zmq.ROUTER)
    socket.router_mandatory = True
    # A peer that has lost its connection is back before we know that the old one is dead.
    socket.router_handover = True
    socket.backlog = shell.settings.backlog
    # A domain alone, with nobody to ask about it, keeps out the protocol's first two versions: they
    # know no handshake that could fail, and no probes.
    socket.zap_domain = ZAP_DOMAIN
    if keys is not None:
        socket.curve_server = True
        socket.curve_secretkey = keys.secret
        socket.curve_publickey = keys.public
        socket.zap_enforce_domain = True  # without a gatekeeper nobody gets in
    return socket
