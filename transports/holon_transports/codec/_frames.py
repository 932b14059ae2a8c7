"""Frames into msgpack's objects, without trusting what they announce.

msgpack allocates an array's list when it reads how long the array claims to be. So arrays up to a
modest length are unpacked at once; a frame that announces longer ones is first walked through
without making anything of it, which proves that what it announces is there.
"""

from __future__ import annotations

from typing import Any

from msgpack import OutOfData, Unpacker

from holon_transports.codec._marks import mark_of
from holon_transports.codec.limits import Limits
from holon_transports.errors import CodecError
from holon_transports.transport import Buffer

__all__ = ["Unframer"]

# A list of this many is made before its elements are known to be there: 8 KiB, at each of the 1,024
# levels that msgpack follows.
_UNPROVEN_MAX = 1024

# msgpack keeps its buffer at the largest size it ever had; larger frames get one of their own.
_KEPT_MAX = 1024 * 1024

_NIL = b"\xc0"
_INCOMPLETE = "it announces more than it holds"


class Unframer:
    """Takes frames apart; all of one, or `CodecError` and nothing of it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._unpacker = self._fresh(_UNPROVEN_MAX)

    def objects(self, frame: Buffer) -> list[Any]:
        """What one frame holds."""
        size = len(frame)
        if size > self._limits.frame_max:
            raise CodecError(f"a frame of {size} bytes: frame_max is {self._limits.frame_max}")
        try:
            return self._objects(frame, size)
        except CodecError:
            raise
        except (ValueError, TypeError, OverflowError, RecursionError) as error:
            raise CodecError(f"not msgpack: {type(error).__name__}: {error}"[:200]) from error

    def _objects(self, frame: Buffer, size: int) -> list[Any]:
        if size <= _UNPROVEN_MAX:  # too short for an array that is longer than it may be
            return self._unpacked(frame, size)
        try:
            return self._unpacked(frame, size)
        except CodecError:
            raise
        except ValueError:
            self._prove(frame, size)
        # The longest there is: keys and values of a dict behind each other.
        longest = 2 * self._limits.items_max + self._limits.fields_max
        return _drained(self._fresh(longest), frame)

    def _unpacked(self, frame: Buffer, size: int) -> list[Any]:
        unpacker = self._unpacker if size <= _KEPT_MAX else self._fresh(_UNPROVEN_MAX)
        try:
            return _drained(unpacker, frame)
        except BaseException:
            self._unpacker = self._fresh(_UNPROVEN_MAX)  # the old one is in the middle of something
            raise

    def _prove(self, frame: Buffer, size: int) -> None:
        unpacker = self._fresh(_UNPROVEN_MAX)
        unpacker.feed(frame)
        try:
            while unpacker.tell() < size:
                unpacker.skip()
        except OutOfData:
            raise CodecError(_INCOMPLETE) from None

    def _fresh(self, array_max: int) -> Unpacker:
        return Unpacker(
            read_size=min(4096, self._limits.frame_max),
            strict_map_key=False,  # dicts have keys of all simple types
            ext_hook=mark_of,
            max_buffer_size=self._limits.frame_max + len(_NIL),
            max_array_len=array_max,
            max_map_len=self._limits.items_max,
        )


def _drained(unpacker: Unpacker, frame: Buffer) -> list[Any]:
    end = unpacker.tell() + len(frame)
    unpacker.feed(frame)
    try:
        objects = [unpacker.unpack()]
    except OutOfData:
        raise CodecError(_INCOMPLETE) from None
    if unpacker.tell() == end:  # most often there is just one
        return objects
    objects.extend(unpacker)
    # An object that is not complete waits in the unpacker without a word, and would take in what is
    # fed next. So something is fed that can only come back by itself if nothing waits.
    unpacker.feed(_NIL)
    try:
        if unpacker.unpack() is None:
            return objects
    except OutOfData:
        pass  # even the nil was not enough
    raise CodecError(_INCOMPLETE)
