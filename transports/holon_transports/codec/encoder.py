"""Values to bytes, for one session.

A value is first brought into a form that msgpack packs by itself (`lower`), then packed in one
call. That way depth and sizes are checked exactly, a failure happens before the first byte, and
large buffers are found wherever they are. A list or dict of simple values is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from msgpack import Packer

from holon_transports.codec._checks import LEAVES
from holon_transports.codec._lowering import LOWERERS, SIMPLE, lowerer_for
from holon_transports.codec._marks import PACKED, Code
from holon_transports.codec._shapes import Shape
from holon_transports.codec.limits import Limits
from holon_transports.codec.registry import REGISTRY
from holon_transports.codec.run import RunKind, kind_of, kind_of_values
from holon_transports.errors import CodecError
from holon_transports.transport import Buffer

__all__ = ["Encoder"]

Reference = tuple[type, Callable[[Any], str]]

_PACKER_SIZE = 4096  # bytes at first; it grows. msgpack's own default is large for one a session


class _Known(NamedTuple):
    """A message class that this session has met."""

    class_id: int
    read: Callable[[Any], list[Any]]
    shape: Shape
    take: Callable[[Any], list[Any] | None] | None  # quicker, for most values


class Encoder:
    """The sending end of a session: its `Decoder` takes in the frames in this order, each once.

    `reference` is a type whose values travel as text, with what makes the text of one. Contents of
    `buffer_min` bytes and more (bytes, bytearray, memoryview, numpy arrays) travel on their own,
    and all but a bytearray without being copied: do not change an array once it is sent.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        reference: Reference | None = None,
        buffer_min: int = 16_384,
    ) -> None:
        self.limits = limits or Limits()
        self.buffer_min = buffer_min
        self.buffers: list[Buffer] = []
        self._reference = reference
        wide = partial(_beyond_64_bits, self.limits.int_max)
        self._packer = Packer(default=wide, strict_types=True, buf_size=_PACKER_SIZE)
        self._lowerers = dict(LOWERERS)
        self._known: dict[type, _Known] = {}
        self._run_kinds: dict[type, RunKind | None] = {}
        self._depth_max = self.limits.depth_max
        self._frame_max = self.limits.frame_max
        self._names_size = 0  # characters of all that was defined
        self._new: dict[type, bytes] = {}  # definitions that the value being packed needs first
        self._first_buffer = 0  # of the value that is being packed

    def pack(self, header: tuple[Any, ...], value: object) -> bytes:
        """One message: `[*header, class id, payload]`, after the definitions that it needs.

        The header is of simple values. Raises `CodecError` if the value may not or cannot travel;
        nothing of it remains then.
        """
        first_buffer = self._first_buffer = len(self.buffers)
        try:
            known = self._known.get(type(value))
            if known is None:
                packed: bytes = self._packer.pack([*header, *self._classed(value)])
            else:
                class_id, read, shape, take = known
                fields = None if take is None else take(value)
                if fields is None:
                    fields = read(value)
                    if not SIMPLE.issuperset(map(type, fields)):
                        self._lower_fields(shape, fields, self._depth_max)
                packed = self._packer.pack([*header, class_id, fields])
            if self._new:
                packed = b"".join((*self._new.values(), packed))
            if len(packed) > self._frame_max:
                raise CodecError(f"{len(packed)} bytes: frame_max is {self._frame_max}")
        except Exception as error:  # properties and hashes of a value may raise anything
            self._forget(first_buffer)
            raise _explained(error, type(value)) from error
        if self._new:
            self._new.clear()
        return packed

    def run_kind(self, cls: type) -> RunKind | None:
        """How values of a class are put into a `Run`; None if none of them ever fits. Raises
        `CodecError` if the class cannot travel.
        """
        try:
            return self._run_kinds[cls]
        except KeyError:
            pass
        try:
            kind = self._run_kind(cls)
        except Exception as error:  # a signature or a hint may raise anything
            raise _explained(error, cls) from error
        self._run_kinds[cls] = kind
        return kind

    def _run_kind(self, cls: type) -> RunKind | None:
        if cls in LEAVES:
            return kind_of_values(cls)
        if cls in LOWERERS or self._refers(cls) or REGISTRY.name_of(cls) is None:
            return None
        return kind_of(REGISTRY.shape(cls))

    def pack_run(self, header: tuple[Any, ...], cls: type, fields: list[Any]) -> bytes:
        """The values of a run, all of class `cls`, as one item. As `pack`, for all or none."""
        try:
            known = self._known.get(cls) or self._find(cls)
            class_id = 0 if known is None else known.class_id
            packed: bytes = self._packer.pack([*header, class_id, fields])
            if self._new:
                packed = b"".join((*self._new.values(), packed))
            if len(packed) > self._frame_max:
                raise CodecError(f"{len(packed)} bytes: frame_max is {self._frame_max}")
        except Exception as error:  # a text with half a character, an int beyond all limits
            self._forget(len(self.buffers))
            raise _explained(error, cls) from error
        self._new.clear()
        return packed

    def take(self) -> list[Buffer]:
        """The large buffers found since the last call; the next value starts anew at index 0."""
        buffers = self.buffers
        if buffers:
            self.buffers = []
        return buffers

    def _forget(self, first_buffer: int) -> None:
        """Undo what a value has done to the session that is not sent."""
        del self.buffers[first_buffer:]
        for cls in self._new:
            self._names_size -= self._known.pop(cls).shape.names_size
            self._lowerers.pop(cls, None)
        self._new.clear()

    def _classed(self, value: object) -> tuple[int, Any]:
        cls = type(value)
        if cls in SIMPLE:
            return 0, value
        known = self._find(cls)
        if known is None:
            return 0, self.lower(value, self._depth_max)
        fields = known.read(value)
        self._lower_fields(known.shape, fields, self._depth_max)
        return known.class_id, fields

    # What the lowerers of `_lowering` call.

    def lower(self, value: Any, left: int) -> Any:
        """A value in msgpack's terms; `left` is how many levels it may still have."""
        cls = type(value)
        if cls in SIMPLE:
            return value
        lower = self._lowerers.get(cls)
        if lower is None:
            lower = self._lowerers[cls] = self._lowerer(cls)
        return lower(self, value, left)

    def descend(self, size: int, left: int) -> None:
        """Enter a container of so many elements. Raises `CodecError` beyond the limits."""
        if left <= 0:
            raise CodecError(f"deeper than depth_max, {self.limits.depth_max}")
        if size > self.limits.items_max:
            raise CodecError(f"{size} elements: items_max is {self.limits.items_max}")

    def content(self, data: bytes | memoryview) -> bytes | int:
        """Bytes in place, or the index of a large buffer, which travels on its own."""
        size = len(data)
        found = len(self.buffers) - self._first_buffer
        if size < self.buffer_min or found >= self.limits.buffers_max:
            return data if type(data) is bytes else bytes(data)
        if size > self.limits.buffer_max:
            raise CodecError(f"{size} bytes at once: buffer_max is {self.limits.buffer_max}")
        self.buffers.append(data)
        return len(self.buffers) - 1

    def in_order(self, lowered: list[Any]) -> list[Any]:
        """Lowered values by their bytes."""
        return sorted(lowered, key=self._packer.pack)

    def _lowerer(self, cls: type) -> Callable[[Encoder, Any, int], Any]:
        if self._find(cls) is not None:
            return Encoder._lower_message
        return lowerer_for(cls, self._reference)

    def _lower_message(self, value: Any, left: int) -> list[Any]:
        known = self._known[type(value)]
        fields = known.read(value)
        self._lower_fields(known.shape, fields, left)
        return [PACKED[Code.MESSAGE], known.class_id, *fields]

    def _lower_fields(self, shape: Shape, fields: list[Any], left: int) -> None:
        if left <= 0:
            raise CodecError(f"deeper than depth_max, {self.limits.depth_max}", message=shape.name)
        for index, item in enumerate(fields):
            kind = type(item)
            if kind not in SIMPLE and (kind is not bytes or len(item) >= self.buffer_min):
                try:
                    fields[index] = self.lower(item, left - 1)
                except CodecError as error:
                    if error.message is not None:
                        raise
                    field = shape.fields[index].name
                    raise CodecError(error.reason, message=shape.name, field=field) from error

    def _find(self, cls: type) -> _Known | None:
        """The entry of a message class, which is made when it is first met; None for others."""
        known = self._known.get(cls)
        if known is not None or cls in self._lowerers or self._refers(cls):
            return known
        if REGISTRY.name_of(cls) is None:
            return None
        shape = REGISTRY.shape(cls)
        self._check_definition(shape)
        kind = self.run_kind(cls)
        take = None if kind is None else kind.take
        known = _Known(len(self._known) + 1, shape.read, shape, take)
        names = [field.name for field in shape.fields]
        optional = [index for index, field in enumerate(shape.fields) if field.optional]
        definition = {known.class_id: [shape.name, shape.kind, names, optional]}
        self._new[cls] = self._packer.pack(definition)
        self._known[cls] = known
        self._names_size += shape.names_size
        return known

    def _refers(self, cls: type) -> bool:
        return self._reference is not None and issubclass(cls, self._reference[0])

    def _check_definition(self, shape: Shape) -> None:
        limits = self.limits
        if len(self._known) >= limits.definitions_max:
            reason = f"more than {limits.definitions_max} message classes in one session"
        elif len(shape.fields) > limits.fields_max:
            reason = f"{len(shape.fields)} fields: fields_max is {limits.fields_max}"
        elif bad := [n for n in shape.names if len(n) > limits.name_max or not n.isprintable()]:
            reason = f"a name that is too long or not printable: {bad[0][:64]!r}"
        elif self._names_size + shape.names_size > limits.definitions_size_max:
            reason = f"more than {limits.definitions_size_max} characters of names in one session"
        else:
            return
        raise CodecError(reason, message=shape.name)


def _explained(error: Exception, cls: type) -> CodecError:
    """Why a value of this class cannot travel, with the name of the message if it is one."""
    if not isinstance(error, CodecError):
        return CodecError(f"{cls.__qualname__} cannot travel: {error}"[:500])
    name = REGISTRY.name_of(cls) if error.message is None else error.message
    return CodecError(error.reason, message=name, field=error.field)


def _beyond_64_bits(int_max: int, value: Any) -> Any:
    if type(value) is not int:
        raise CodecError(f"{type(value).__qualname__} in a header")
    size = value.bit_length() // 8 + 1
    if size > int_max:
        raise CodecError(f"an int of {size} bytes: int_max is {int_max}")
    return [PACKED[Code.INT], value.to_bytes(size, "big", signed=True)]
