"""Moves frames between nodes, and turns values into frames. Knows nothing of actors."""

from holon_transports.errors import (
    CodecError,
    EndpointInUse,
    EndpointRefused,
    InvalidEndpoint,
    KeyFileError,
    TransportClosed,
    TransportError,
)
from holon_transports.inproc import InprocHub, InprocTransport
from holon_transports.security import Curve
from holon_transports.transport import Buffer, Channel, Frames, Receiver, Transport

__all__ = [
    "Buffer",
    "Channel",
    "CodecError",
    "Curve",
    "EndpointInUse",
    "EndpointRefused",
    "Frames",
    "InprocHub",
    "InprocTransport",
    "InvalidEndpoint",
    "KeyFileError",
    "Receiver",
    "Transport",
    "TransportClosed",
    "TransportError",
]
