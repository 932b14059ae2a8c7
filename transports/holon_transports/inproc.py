"""Frames between the systems of one process: `inproc://NAME`.

A hub knows who listens at which name; there is no other state, so two hubs are two worlds. Frames
are handed over as they are, without a copy, in a later turn of the event loop and in the context in
which the receiving transport was started. What is sent to a name that nobody listens at waits for
somebody who does, as far as there is room.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextvars import Context, copy_context

from holon_transports.endpoints import InprocEndpoint, parse_endpoint
from holon_transports.errors import EndpointInUse, InvalidEndpoint, TransportClosed
from holon_transports.transport import Buffer, Frames, Receiver

__all__ = ["InprocChannel", "InprocHub", "InprocTransport"]

_DELIVERED_PER_TURN = 64


class InprocHub:
    """The names of one process, or of one test.

    `room` is how many sends may wait in a channel; more takes more memory when a receiver is slow.
    """

    def __init__(self, *, room: int = 1024) -> None:
        self.room = room
        self._listeners: dict[str, InprocTransport] = {}
        self._waiting: dict[str, dict[InprocChannel, None]] = {}  # dialled, nobody there

    def transport(self) -> InprocTransport:
        """A transport of a node that is to talk to the others of this hub."""
        return InprocTransport(self)

    def _listen(self, name: str, transport: InprocTransport) -> None:
        if name in self._listeners:
            raise EndpointInUse(f"inproc://{name}")
        self._listeners[name] = transport
        for channel in self._waiting.pop(name, {}):
            channel._connect(transport)

    def _leave(self, transport: InprocTransport) -> None:
        for name in [n for n, other in self._listeners.items() if other is transport]:
            del self._listeners[name]

    def _find(self, name: str, channel: InprocChannel) -> None:
        """Connect a channel to who listens at a name, now or once somebody does."""
        listener = self._listeners.get(name)
        if listener is None:
            self._waiting.setdefault(name, {})[channel] = None
        else:
            channel._connect(listener)

    def _forget(self, name: str, channel: InprocChannel) -> None:
        self._waiting.get(name, {}).pop(channel, None)


class InprocTransport:
    """A node's `Transport` among the others of its hub."""

    def __init__(self, hub: InprocHub) -> None:
        self._hub = hub
        self._receiver: Receiver | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: Context | None = None
        self._channels: dict[InprocChannel, None] = {}

    def start(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._context = copy_context()

    def bind(self, endpoint: str) -> str:
        self._must_be_open()
        name = _name(endpoint)
        self._hub._listen(name, self)
        return f"inproc://{name}"

    def dial(self, endpoint: str, *, peer: str | None = None) -> InprocChannel:
        self._must_be_open()
        name = _name(endpoint)
        channel = InprocChannel(self, f"inproc://{name}", dialled=name)
        self._channels[channel] = None
        self._hub._find(name, channel)
        return channel

    def close(self) -> None:
        self._receiver = None
        self._hub._leave(self)
        for channel in list(self._channels):
            channel.close()

    def _must_be_open(self) -> None:
        if self._receiver is None:
            raise TransportClosed("the transport is not started, or closed")

    def _accept(self, caller: InprocChannel) -> InprocChannel:
        channel = InprocChannel(self, "inproc caller")
        channel._other = caller
        self._channels[channel] = None
        return channel

    def _tell_drained(self, channel: InprocChannel) -> None:
        if self._loop is not None and self._receiver is not None:
            self._loop.call_soon(self._say_drained, channel, context=self._context)

    def _say_drained(self, channel: InprocChannel) -> None:
        if self._receiver is not None and not channel._closed:
            self._receiver.drained(channel)

    def _soon(self, pump: _Pump, channel: InprocChannel) -> None:
        if self._loop is not None and self._receiver is not None:
            self._loop.call_soon(pump.run, channel, context=self._context)


class InprocChannel:
    """A conversation with another transport of the hub."""

    user = None

    def __init__(
        self, transport: InprocTransport, name: str, *, dialled: str | None = None
    ) -> None:
        self.name = name
        self._transport = transport
        self._dialled = dialled
        self._closed = False
        self._other: InprocChannel | None = None
        self._out = _Pump(self)

    def send(self, frames: Frames) -> bool:
        if self._closed or (self._other is None and self._dialled is None):
            return True  # lost, as on a broken connection
        return self._out.put(frames)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._transport._channels.pop(self, None)
        if self._dialled is not None:
            self._transport._hub._forget(self._dialled, self)
        if self._other is not None:
            self._other._lost()

    def _connect(self, listener: InprocTransport) -> None:
        self._other = listener._accept(self)
        self._out.wake()

    def _lost(self) -> None:
        """The other end is gone, and all that was under way to it."""
        self._other = None
        self._out.clear()
        if self._dialled is None:
            self._transport._channels.pop(self, None)
        elif not self._closed:
            self._transport._hub._find(self._dialled, self)


class _Pump:
    """One direction of a conversation: what was sent and not yet delivered."""

    def __init__(self, sender: InprocChannel) -> None:
        self._sender = sender
        self._queue: deque[list[Buffer]] = deque()
        self._room = sender._transport._hub.room
        self._awake = False
        self._refused = False

    def put(self, frames: Frames) -> bool:
        if len(self._queue) >= self._room:
            self._refused = True
            return False
        self._queue.append([_unchangeable(frame) for frame in frames])
        self.wake()
        return True

    def wake(self) -> None:
        other = self._sender._other
        if other is not None and self._queue and not self._awake:
            self._awake = True
            other._transport._soon(self, other)

    def clear(self) -> None:
        self._queue.clear()
        self._awake = False
        self._tell_of_room()

    def run(self, other: InprocChannel) -> None:
        """Deliver some to the other end, in its turn and context."""
        if self._sender._other is not other:
            return  # the conversation has ended since, and with it what was under way
        self._awake = False
        try:
            for _ in range(min(len(self._queue), _DELIVERED_PER_TURN)):
                receiver = other._transport._receiver
                if receiver is None or other._closed or not self._queue:
                    break
                receiver.received(other, self._queue.popleft())
        finally:
            self.wake()
            self._tell_of_room()

    def _tell_of_room(self) -> None:
        if self._refused and len(self._queue) <= self._room // 2:
            self._refused = False
            self._sender._transport._tell_drained(self._sender)


def _unchangeable(frame: Buffer) -> Buffer:
    """The receiver gets the sender's memory and must not write to it."""
    return frame if isinstance(frame, bytes) else memoryview(frame).toreadonly()


def _name(endpoint: str) -> str:
    parsed = parse_endpoint(endpoint)
    if not isinstance(parsed, InprocEndpoint):
        raise InvalidEndpoint(endpoint, "this transport carries inproc://NAME only")
    return parsed.name
