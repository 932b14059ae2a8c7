"""One value on its own, with all that is needed to read it: for files and snapshots."""

from __future__ import annotations

import sys
from typing import Any

from holon_transports.codec.decoder import Decoder
from holon_transports.codec.encoder import Encoder
from holon_transports.codec.limits import Limits
from holon_transports.errors import CodecError
from holon_transports.transport import Buffer

__all__ = ["dumps", "loads"]

# Who keeps a value knows what it is; there is no link that others wait for.
_ALONE = Limits(frame_max=1024 * 1024 * 1024, int_max=1024 * 1024)


def dumps(value: object, *, limits: Limits | None = None) -> bytes:
    """The bytes of a value: the same ones for the same value, also in another process. A dict keeps
    its order. Raises `CodecError`.
    """
    return Encoder(limits or _ALONE, buffer_min=sys.maxsize).pack((), value)


def loads(data: Buffer, *, limits: Limits | None = None) -> Any:
    """The value of such bytes. Raises `CodecError`. Give `limits` for bytes of a stranger."""
    decoder = Decoder(limits or _ALONE)
    items = list(decoder.items(data))
    if len(items) != 1 or len(items[0]) != 2:
        raise CodecError(f"{len(items)} values where one belongs")
    return decoder.value(*items[0])
