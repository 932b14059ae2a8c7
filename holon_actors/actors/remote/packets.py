"""The packets that two nodes exchange, as bytes.

A packet is one message of the transport: a head, and for DATA the buffers that travel beside it.
The head begins the same in all versions of the protocol, so that nodes of different versions can
tell each other so: four bytes `HLN` and a kind, the nonce of the receiver's session, the nonce of
the sender's. Pure: bytes in, values out.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from holon_transports.transport import Buffer

from holon_actors.actors.remote.errors import PacketError

__all__ = [
    "ACK",
    "BYE",
    "DATA",
    "GONE",
    "HEAD_BYTES",
    "HELLO",
    "PROTOCOL",
    "REFUSE",
    "WELCOME",
    "Greeting",
    "Packet",
    "head",
    "note",
    "parse",
]

PROTOCOL: Final = 2

# Kinds. A session's packets carry both nonces; HELLO does not know the receiver's yet.
HELLO: Final = 1  # who I am; the first word, repeated until it is answered
WELCOME: Final = 2  # who I am, in answer to a HELLO
REFUSE: Final = 3  # why a HELLO leads nowhere
DATA: Final = 4  # envelopes
ACK: Final = 5  # nothing but the acknowledgement that every packet carries; also the heartbeat
BYE: Final = 6  # an orderly end, with its reason
GONE: Final = 7  # there is no session of this nonce here (any more)

_MAGIC = b"HLN"
_HEAD = struct.Struct(">3sBQQQQQ")
HEAD_BYTES: Final = _HEAD.size
_GREETING = struct.Struct(">HQI")
_LENGTH = struct.Struct(">H")
_TEXT_BYTES = 2_048
_KINDS = frozenset((HELLO, WELCOME, REFUSE, DATA, ACK, BYE, GONE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """How a node introduces itself.

    `endpoint` is the text that its addresses carry, `expected` the name of the system that it
    wants to talk to, or "" for whoever is there, `called` the endpoint at which it called.
    """

    name: str
    endpoint: str
    incarnation: int
    heartbeat_ms: int
    expected: str = ""
    called: str = ""
    capabilities: tuple[str, ...] = field(default=())
    protocol: int = PROTOCOL

    def objection(self, own: Greeting) -> str | None:
        """Why the node with the greeting `own` may have nothing to do with this one, if so."""
        if self.protocol != PROTOCOL:
            return f"protocol version {self.protocol} on one side, {PROTOCOL} on the other"
        if self.expected not in ("", own.name):
            return f"{own.endpoint} is the system {own.name}, not {self.expected}"
        if own.expected not in ("", self.name):
            return f"{self.endpoint} is the system {self.name}, not {own.expected}"
        return None

    def pack(self) -> bytes:
        """As bytes."""
        heartbeat_ms = min(self.heartbeat_ms, 0xFFFFFFFF)
        more = ",".join(self.capabilities)
        texts = (self.name, self.endpoint, self.expected, self.called, more)
        fixed = _GREETING.pack(self.protocol, self.incarnation, heartbeat_ms)
        return fixed + b"".join(_pack_text(text) for text in texts)

    @classmethod
    def parse(cls, body: memoryview) -> Greeting:
        """From bytes. Of another protocol version only the number is read. Raises `PacketError`."""
        if len(body) < _LENGTH.size:
            raise PacketError("a greeting without a protocol version")
        protocol: int = _LENGTH.unpack_from(body)[0]
        if protocol != PROTOCOL:
            return cls(name="", endpoint="", incarnation=0, heartbeat_ms=0, protocol=protocol)
        if len(body) < _GREETING.size:
            raise PacketError("a greeting that ends early")
        _, incarnation, heartbeat_ms = _GREETING.unpack_from(body)
        texts = _parse_texts(body[_GREETING.size :], 5)
        name, endpoint, expected, called, capabilities = texts
        return cls(
            name=name,
            endpoint=endpoint,
            incarnation=incarnation,
            heartbeat_ms=heartbeat_ms,
            expected=expected,
            called=called,
            capabilities=tuple(filter(None, capabilities.split(","))),
        )


def _pack_text(text: str) -> bytes:
    data = text.encode()[:_TEXT_BYTES]
    return _LENGTH.pack(len(data)) + data


def _parse_texts(body: memoryview, count: int) -> list[str]:
    texts = []
    for _ in range(count):
        if len(body) < _LENGTH.size:
            raise PacketError("a greeting that ends early")
        length = _LENGTH.unpack_from(body)[0]
        data = body[_LENGTH.size : _LENGTH.size + length]
        if length > _TEXT_BYTES or len(data) < length:
            raise PacketError("a text that is too long, or ends early")
        try:
            texts.append(str(data, "utf-8"))
        except UnicodeDecodeError:
            raise PacketError("a text that is not UTF-8") from None
        body = body[_LENGTH.size + length :]
    return texts


class Packet:
    """A packet that has come.

    `ack` is the number of the next packet that its sender waits for; bit n of `sack` says that it
    has number `ack + 1 + n` already.
    """

    __slots__ = ("ack", "body", "buffers", "kind", "number", "sack", "source", "to")

    def __init__(
        self,
        kind: int,
        to: int,
        source: int,
        number: int,
        ack: int,
        sack: int,
        body: memoryview,
        buffers: Sequence[Buffer],
    ) -> None:
        self.kind = kind
        self.to = to
        self.source = source
        self.number = number
        self.ack = ack
        self.sack = sack
        self.body = body
        self.buffers = buffers

    @property
    def text(self) -> str:
        """The body of a REFUSE or BYE: a reason, for people."""
        return str(self.body[:_TEXT_BYTES], "utf-8", "replace")


def head(kind: int, to: int, source: int, number: int = 0, ack: int = 0, sack: int = 0) -> bytes:
    """The head of a packet without its body."""
    return _HEAD.pack(_MAGIC, kind, to, source, number, ack, sack)


def note(kind: int, to: int, source: int, reason: str = "") -> bytes:
    """A whole packet that carries nothing but a reason."""
    return head(kind, to, source) + reason.encode()[:_TEXT_BYTES]


def parse(frames: Sequence[Buffer]) -> Packet:
    """Read what a transport has delivered. Raises `PacketError`."""
    if not frames or len(frames[0]) < HEAD_BYTES:
        raise PacketError("a packet that ends early")
    view = memoryview(frames[0])
    magic, kind, to, source, number, ack, sack = _HEAD.unpack_from(view)
    if magic != _MAGIC:
        raise PacketError("not a packet of this protocol")
    buffers: Sequence[Buffer] = frames[1:] if len(frames) > 1 else ()
    if kind != DATA:
        if kind not in _KINDS:
            raise PacketError(f"a packet of unknown kind {kind}")
        if buffers:
            raise PacketError("buffers beside a packet that has none")
    return Packet(kind, to, source, number, ack, sack, view[HEAD_BYTES:], buffers)
