"""How a sender's message class maps to the receiver's: the evolution of message classes.

A session defines a class once: wire name, kind, the names of its fields, and which of them have a
default. From then on its values travel as arrays. The rules when the two classes differ:

- a field that the sender does not have takes the receiver's default;
- a field that the receiver does not have is left out if it has a default on the sender's side;
- anything else is a `CodecError` that names message and field, and so is a value that does not fit
  the type hint of the receiver's field.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holon_transports.codec._checks import ANYTHING, Check
from holon_transports.codec._shapes import Shape
from holon_transports.codec.limits import Limits
from holon_transports.codec.registry import REGISTRY
from holon_transports.errors import CodecError

if TYPE_CHECKING:
    from holon_transports.codec.decoder import Decoder

__all__ = ["Definition", "Maker", "definition_of", "maker_of"]

# (decoder, packed fields, levels left) -> message
Maker = Callable[["Decoder", Any, int], Any]


@dataclass(frozen=True)
class Definition:
    """A message class as its sender defined it."""

    name: str
    kind: str
    fields: tuple[str, ...]
    optional: frozenset[str]

    @property
    def names_size(self) -> int:
        """Its characters."""
        return len(self.name) + sum(map(len, self.fields))


def definition_of(packed: Any, expected_id: int, limits: Limits) -> Definition:
    """A definition that came. Raises `CodecError`."""
    if type(packed) is not dict or list(packed) != [expected_id]:
        raise CodecError("neither an item nor the next definition of a message class")
    if expected_id > limits.definitions_max:
        raise CodecError(f"more than {limits.definitions_max} message classes in one session")
    parts = packed[expected_id]
    if type(parts) is not list or len(parts) != 4:
        raise CodecError("a definition that is not of four parts")
    name, kind, fields, optional = parts
    if type(fields) is not list or type(optional) is not list or len(fields) > limits.fields_max:
        raise CodecError("a definition with malformed fields")
    for text in (name, kind, *fields):
        if type(text) is not str or len(text) > limits.name_max or not text.isprintable():
            raise CodecError("a definition with a malformed name")
    if len(set(fields)) < len(fields):
        raise CodecError("a field that is defined twice", message=name)
    if any(type(index) is not int or not 0 <= index < len(fields) for index in optional):
        raise CodecError("a definition with malformed fields", message=name)
    return Definition(name, kind, tuple(fields), frozenset(fields[index] for index in optional))


def maker_of(definition: Definition) -> Maker:
    """What makes messages of such a class. Raises `CodecError` if there is none or it differs."""
    name = definition.name
    cls = REGISTRY.find(name)
    if cls is None:
        raise CodecError(_unknown(name), message=name)
    shape = REGISTRY.shape(cls)
    if shape.kind != definition.kind:
        raise CodecError(
            f"a {definition.kind} was sent, a {shape.kind} is known here", message=name
        )
    _compare(definition, shape)
    known = tuple(field.name for field in shape.fields)
    slots = [_Slot(field, shape.checks.get(field)) for field in definition.fields]
    if shape.positional and definition.fields == known:
        return _by_position(name, cls, slots)
    return _by_name(name, shape, slots)


def _unknown(name: str) -> str:
    """What to do about a class that is not known here.

    A file that is started as a program has the module name `__main__` in its own process and its
    real one in others, so that one class has two wire names.
    """
    module, _, last = name.rpartition(".")
    remedy = "import its module, or register_message it"
    twin = f"__main__.{last}"
    if module == "__main__" or REGISTRY.find(twin) is not None:
        both = "a program's own file is the module __main__ to itself alone"
        remedy = f"{both}; put the class in a module that both sides import"
        if module != "__main__":
            remedy = f"{twin} is another, since {remedy}"
    return f"not a message class here: {remedy}"


def _compare(definition: Definition, shape: Shape) -> None:
    known = {field.name for field in shape.fields}
    for field in definition.fields:
        if field not in known and field not in definition.optional:
            raise CodecError("removed here, or renamed", message=definition.name, field=field)
    for own in shape.fields:
        if own.name not in definition.fields and not own.optional:
            raise CodecError(
                "missing, and without a default", message=definition.name, field=own.name
            )


class _Slot:
    """A field that comes: its name, and what it accepts. Without a check it is left out."""

    __slots__ = ("check", "leaves", "left_out", "name")

    def __init__(self, name: str, check: Check | None) -> None:
        self.name = name
        self.check = check or ANYTHING
        self.leaves = self.check.leaves
        self.left_out = check is None


def _by_position(name: str, cls: Callable[..., Any], slots: list[_Slot]) -> Maker:
    leaves = [slot.leaves for slot in slots]
    size = len(slots)

    def make(decoder: Decoder, fields: Any, left: int) -> Any:
        if type(fields) is not list or len(fields) != size:
            raise _misfit(name, fields, size)
        for kind, accepted in zip(map(type, fields), leaves):  # noqa: B905  # as long, checked above
            if kind not in accepted:
                _lift_fields(decoder, name, slots, fields, left)
                break
        try:
            return cls(*fields)
        except Exception as error:  # a constructor may raise anything
            raise _refused(name, error) from error

    return make


def _by_name(name: str, shape: Shape, slots: list[_Slot]) -> Maker:
    size = len(slots)

    def make(decoder: Decoder, fields: Any, left: int) -> Any:
        if type(fields) is not list or len(fields) != size:
            raise _misfit(name, fields, size)
        _lift_fields(decoder, name, slots, fields, left)
        values = {
            slot.name: value for slot, value in zip(slots, fields, strict=True) if not slot.left_out
        }
        try:
            return shape.build(values)
        except CodecError:
            raise
        except Exception as error:  # as above
            raise _refused(name, error) from error

    return make


def _lift_fields(
    decoder: Decoder, name: str, slots: list[_Slot], fields: list[Any], left: int
) -> None:
    for index, slot in enumerate(slots):
        if type(fields[index]) not in slot.leaves and not slot.left_out:
            fields[index] = _lift_field(decoder, name, slot, fields[index], left)


def _lift_field(decoder: Decoder, name: str, slot: _Slot, packed: Any, left: int) -> Any:
    try:
        value = decoder.lift(packed, left - 1)
        if slot.check.fits(value):
            return value
    except CodecError as error:
        if error.message is not None:
            raise
        raise CodecError(error.reason, message=name, field=slot.name) from error
    except Exception as error:  # hashing what came may run code of a message class
        raise CodecError(f"{error!r}"[:200], message=name, field=slot.name) from error
    raise CodecError(
        f"{slot.check.text} is declared here, {type(value).__name__} was sent",
        message=name,
        field=slot.name,
    )


def _misfit(name: str, fields: Any, size: int) -> CodecError:
    count = len(fields) if type(fields) is list else type(fields).__name__
    return CodecError(f"{count} fields of {size}", message=name)


def _refused(name: str, error: Exception) -> CodecError:
    return CodecError(f"its constructor refused: {error!r}"[:500], message=name)
