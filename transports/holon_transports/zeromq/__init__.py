"""Frames over ZeroMQ: `tcp://HOST:PORT` and `ipc://PATH`."""

from holon_transports.zeromq.settings import ZmqSettings
from holon_transports.zeromq.transport import ZmqTransport

__all__ = ["ZmqSettings", "ZmqTransport"]
