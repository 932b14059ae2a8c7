"""What the parts of one ZeroMQ transport share."""

from __future__ import annotations

import asyncio
import threading
from contextvars import copy_context

import zmq

from holon_transports.transport import Receiver
from holon_transports.zeromq._notices import Notices
from holon_transports.zeromq.settings import ZmqSettings

__all__ = ["Shell"]

# What a frame grows by with keys, generously; libzmq counts it.
_ENCRYPTION_BYTES = 64


class Shell:
    """Loop, ZeroMQ context, limits and log of a started transport."""

    def __init__(self, system_name: str, settings: ZmqSettings, receiver: Receiver) -> None:
        self.loop = asyncio.get_running_loop()
        self.run_in = copy_context()
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context(io_threads=1)
        self.settings = settings
        self.receiver = receiver
        self.notices = Notices(system_name, self.loop.time)
        self._number = 0

    def number(self) -> int:
        """Another number on every call, for names within the context."""
        self._number += 1
        return self._number

    def socket(self, kind: int) -> zmq.Socket[bytes]:
        """A socket with the limits that all of ours have."""
        settings = self.settings
        socket = self.context.socket(kind)
        socket.sndhwm = socket.rcvhwm = settings.sends_queued_max
        socket.maxmsgsize = settings.frame_bytes_max + _ENCRYPTION_BYTES
        socket.handshake_ivl = _ms(settings.handshake_s)
        socket.heartbeat_ivl = _ms(settings.probe_s)
        socket.heartbeat_timeout = _ms(settings.probe_patience_s)
        socket.heartbeat_ttl = _ms(settings.probe_s + settings.probe_patience_s)
        socket.tcp_keepalive = 1
        return socket

    def end(self) -> None:
        """End the context once all its sockets are closed.

        libzmq waits in this call until what was handed over has left or the linger is over. The
        loop must not, so a thread does; it is not a daemon, so that a process which exits now
        still says its goodbyes.
        """
        threading.Thread(target=self.context.term, name="holon-zmq-end").start()


def _ms(seconds: float) -> int:
    return max(1, int(seconds * 1000))
