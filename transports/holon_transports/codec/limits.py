"""How large and how deep what is sent or taken in may be. Both ends of a link should agree."""

from __future__ import annotations

from dataclasses import dataclass, fields

from holon_actors.errors import ConfigError

__all__ = ["Limits"]

# msgpack itself packs 511 levels, and a level costs up to seven frames of Python's own stack.
_DEPTH_CEILING = 100
_INT32 = 2**31 - 1


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a value, a frame and a session may cost. All are checked by the sender and again by the
    receiver. Raises `ConfigError` for what cannot work.
    """

    # Containers and messages within one another. More: deeper recursion here and in your handlers.
    depth_max: int = 64
    # Elements of one container. More: more memory per frame; a frame has to be as large anyway.
    items_max: int = 1_000_000
    # Bytes of one frame of packed values. More: one message holds up the others for longer, and a
    # hostile frame needs some fifty times its size when it is taken apart.
    frame_max: int = 16 * 1024 * 1024
    # Bytes of one large buffer, which travels as a frame of its own.
    buffer_max: int = 1024 * 1024 * 1024
    # Buffers of one value that travel on their own; further ones are packed with the rest.
    buffers_max: int = 1024
    # Message classes that a session may define. More: more memory per session; the names in them
    # may have definitions_max times name_max characters altogether.
    definitions_max: int = 1024
    # Fields of one message class.
    fields_max: int = 256
    # Bytes of an int. More: Python refuses to print one of more than 4,300 digits, 1,785 bytes, and
    # then a line for the log about it is an error.
    int_max: int = 1024
    # Characters of a wire name, a field name or the text of a reference.
    name_max: int = 512

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if type(value) is not int or not 0 < value <= _INT32:
                raise ConfigError(f"{field.name} is {value!r}: it takes an int above 0")
        if self.depth_max > _DEPTH_CEILING:
            raise ConfigError(f"depth_max is {self.depth_max}: at most {_DEPTH_CEILING} work")

    @property
    def definitions_size_max(self) -> int:
        """Characters of all names that a session may define."""
        return self.definitions_max * self.name_max
