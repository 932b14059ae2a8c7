"""Values to bytes and back: msgpack, message classes by an allow-list, nothing imported on demand.

What arrives has the type that was sent, or it does not arrive. `Encoder` and `Decoder` are the two
ends of a session; `dumps` and `loads` do the same for one value that is kept.
"""

from holon_transports.codec.decoder import Decoder
from holon_transports.codec.encoder import Encoder
from holon_transports.codec.limits import Limits
from holon_transports.codec.registry import register_message, wire_name
from holon_transports.codec.run import Run, RunKind
from holon_transports.codec.values import dumps, loads

__all__ = [
    "Decoder",
    "Encoder",
    "Limits",
    "Run",
    "RunKind",
    "dumps",
    "loads",
    "register_message",
    "wire_name",
]
