"""Bytes to values, for one session.

`items` takes a frame apart, `value` makes one item's value. An item that cannot be made into a
value harms no other; a frame that is not well formed is refused as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from holon_transports.codec._checks import LEAVES
from holon_transports.codec._definitions import Definition, Maker, definition_of, maker_of
from holon_transports.codec._frames import Unframer
from holon_transports.codec._lifting import LIFTERS
from holon_transports.codec._marks import Mark
from holon_transports.codec._plain import Builder, builder_of, one_by_one
from holon_transports.codec.limits import Limits
from holon_transports.codec.registry import REGISTRY
from holon_transports.codec.run import FIELDS_MAX
from holon_transports.errors import CodecError
from holon_transports.transport import Buffer

__all__ = ["Decoder"]


class Decoder:
    """The receiving end of a session.

    `resolve` makes the value of a reference from its text. No method raises anything but
    `CodecError`, whatever the bytes are.
    """

    def __init__(
        self, limits: Limits | None = None, resolve: Callable[[str], Any] | None = None
    ) -> None:
        self.limits = limits or Limits()
        self._resolve = resolve
        self._depth_max = self.limits.depth_max
        self._unframer = Unframer(self.limits)
        self._names_size = 0  # characters of all that was defined
        self._definitions: list[Definition] = []
        self._makers: dict[int, Maker] = {}
        self._runs: dict[int, tuple[int, Builder]] = {}  # fields of a message; what makes them
        self._generation = REGISTRY.generation
        self._buffers: Sequence[Buffer] = ()

    @property
    def classes(self) -> int:
        """How many classes were defined so far."""
        return len(self._definitions)

    def items(self, frame: Buffer) -> Iterator[list[Any]]:
        """The items of a frame, each `[*header, class id, payload]`, for `value`. Takes in the
        definitions among them.
        """
        objects = self._unframer.objects(frame)
        if not _ITEMS.issuperset(map(type, objects)):
            for definition in objects:
                if type(definition) is not list:
                    self._define(definition)
            objects = [item for item in objects if type(item) is list]
        for item in objects:
            if len(item) < 2:
                raise CodecError("an item without class and payload")
        return iter(objects)

    def value(self, class_id: Any, payload: Any, buffers: Sequence[Buffer] = ()) -> Any:
        """The value of an item, which is used up. `buffers` are those of its packet, in order."""
        if class_id == 0 and type(payload) in LEAVES:
            return payload
        self._buffers = buffers
        try:
            if class_id == 0:
                return self.lift(payload, self._depth_max)
            if self._generation == REGISTRY.generation and class_id in self._makers:
                return self._makers[class_id](self, payload, self._depth_max)
            return self.message(class_id, payload, self._depth_max)
        except CodecError:
            raise
        except Exception as error:  # hashing what came may run code of a message class
            raise CodecError(f"not a value: {type(error).__name__}: {error}"[:200]) from error
        finally:
            self._buffers = ()

    def run(self, class_id: Any, fields: Any) -> tuple[list[Any], list[CodecError]]:
        """The values of a run (see `codec/run.py`), which is used up, and an error for each that
        cannot be made. Raises `CodecError` if it is not a run.
        """
        if self._generation != REGISTRY.generation:
            self._renew()
        known = self._runs.get(class_id) if type(class_id) is int else None
        if known is None:
            known = self._runs[class_id] = self._run(class_id)
        width, build = known
        if type(fields) is not list or len(fields) % (width or 1):
            raise CodecError("a run that is not of whole messages")
        if len(fields) > FIELDS_MAX:
            raise CodecError(f"a run of {len(fields)} fields: at most {FIELDS_MAX}")
        values = build(fields)
        return self._one_by_one(class_id, fields, width) if values is None else (values, [])

    def _run(self, class_id: Any) -> tuple[int, Builder]:
        if class_id == 0 and type(class_id) is int:
            return 1, _leaves
        definition = self._defined(class_id)
        try:
            build = builder_of(definition)
        except Exception:  # noqa: BLE001  # each of the messages will say so
            build = one_by_one
        return len(definition.fields), build

    def _one_by_one(
        self, class_id: int, fields: list[Any], width: int
    ) -> tuple[list[Any], list[CodecError]]:
        values, errors = [], []
        for first in range(0, len(fields), width or 1):
            payload = fields[first]
            if class_id and (width or payload is None):
                payload = fields[first : first + width]
            try:
                values.append(self.value(class_id, payload))
            except CodecError as error:
                errors.append(error)
        return values, errors

    def _define(self, packed: Any) -> None:
        definition = definition_of(packed, len(self._definitions) + 1, self.limits)
        self._names_size += definition.names_size
        if self._names_size > self.limits.definitions_size_max:
            raise CodecError("more characters of names than a session may define")
        self._definitions.append(definition)

    # What the lifters of `_lifting` and the makers of `_definitions` call.

    def lift(self, packed: Any, left: int) -> Any:
        """The value of what msgpack unpacked; `left` is how many levels it may still have."""
        kind = type(packed)
        if kind in LEAVES:
            return packed
        if kind is list:
            if packed and type(packed[0]) is Mark:
                return LIFTERS[packed[0].code](self, packed, left)
            return self.lift_all(packed, left)
        if kind is dict:
            return self._lift_dict(packed, left)
        raise CodecError(f"{kind.__name__} where a value belongs")

    def lift_all(self, packed: list[Any], left: int) -> list[Any]:
        """The values of a container's elements, in place."""
        self._descend(len(packed), left)
        if not LEAVES.issuperset(map(type, packed)):
            for index, item in enumerate(packed):
                if type(item) not in LEAVES:
                    packed[index] = self.lift(item, left - 1)
        return packed

    def _lift_dict(self, packed: dict[Any, Any], left: int) -> dict[Any, Any]:
        self._descend(len(packed), left)
        if not LEAVES.issuperset(map(type, packed)):
            raise CodecError("a map with keys that are not simple")
        for key, item in packed.items():
            if type(item) not in LEAVES:
                packed[key] = self.lift(item, left - 1)
        return packed

    def _descend(self, size: int, left: int) -> None:
        if left <= 0:
            raise CodecError(f"deeper than depth_max, {self.limits.depth_max}")
        if size > self.limits.items_max:
            raise CodecError(f"{size} elements: items_max is {self.limits.items_max}")

    def message(self, class_id: Any, fields: Any, left: int) -> Any:
        """A message of its class."""
        self._descend(0, left)
        if self._generation != REGISTRY.generation:
            self._renew()
        maker = self._makers.get(class_id)
        if maker is None:
            maker = self._makers[class_id] = self._maker(class_id)
        return maker(self, fields, left)

    def _renew(self) -> None:
        """The registry has changed, and with it what a class that was defined stands for."""
        self._makers.clear()
        self._runs.clear()
        self._generation = REGISTRY.generation

    def _maker(self, class_id: Any) -> Maker:
        return maker_of(self._defined(class_id))

    def _defined(self, class_id: Any) -> Definition:
        if type(class_id) is not int or not 0 < class_id <= len(self._definitions):
            raise CodecError("a message of a class that was not defined in this session")
        return self._definitions[class_id - 1]

    def content(self, part: Any) -> Buffer:
        """Bytes in place, or the buffer of an index."""
        if type(part) is bytes:
            return part
        if type(part) is not int or not 0 <= part < len(self._buffers):
            raise CodecError("a buffer that did not come along")
        buffer = self._buffers[part]
        if len(buffer) > self.limits.buffer_max:
            raise CodecError(
                f"a buffer of {len(buffer)} bytes: buffer_max is {self.limits.buffer_max}"
            )
        return buffer

    def reference(self, text: str) -> Any:
        """What a reference refers to."""
        if self._resolve is None:
            raise CodecError("a reference came where none is known")
        if len(text) > self.limits.name_max:
            raise CodecError(f"a reference of {len(text)} characters")
        try:
            return self._resolve(text)
        except Exception as error:  # the text may be anything, and so may what it provokes
            raise CodecError(f"not a reference: {error}") from error


def _leaves(fields: list[Any]) -> list[Any] | None:
    return fields if LEAVES.issuperset(map(type, fields)) else None


_ITEMS = frozenset({list})
