"""Pydantic models as they travel. Pydantic is used where a program has loaded it already.

A model arrives through its own validation, in strict mode: what was sent has the right types or
the sender's class is another one. Fields that were left to their defaults stay unset. Private
attributes do not travel.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from holon_transports.errors import CodecError

__all__ = ["builder", "fields_of", "is_model", "reader"]

# What is sent beside the fields; no field can have such a name.
_EXTRA = "+extra"
_UNSET = "+unset"


def is_model(cls: type) -> bool:
    """Whether a class is a pydantic model."""
    base = getattr(sys.modules.get("pydantic"), "BaseModel", None)
    return base is not None and issubclass(cls, base) and cls is not base


def fields_of(cls: Any) -> Iterator[tuple[str, bool]]:
    """The fields that are sent: name, and whether it has a default."""
    for name, info in cls.model_fields.items():
        yield name, not info.is_required()
    if cls.model_config.get("extra") == "allow":
        yield _EXTRA, True
    yield _UNSET, True


def reader(cls: Any) -> Callable[[Any], list[Any]]:
    """How a model is taken apart."""
    names = tuple(cls.model_fields)
    extra = cls.model_config.get("extra") == "allow"

    def read(model: Any) -> list[Any]:
        values = [getattr(model, name) for name in names]
        if extra:
            values.append(dict(model.model_extra))
        given = model.model_fields_set
        values.append([name for name in names if name not in given])
        return values

    return read


def builder(cls: Any, wire_name: str) -> Callable[[dict[str, Any]], Any]:
    """How a model is put together. Raises `CodecError` naming the field that is not valid."""
    pydantic = sys.modules["pydantic"]
    aliases = {name: _alias(name, info, cls, wire_name) for name, info in cls.model_fields.items()}
    names = {alias: name for name, alias in aliases.items()}
    root = issubclass(cls, pydantic.RootModel)

    def validated(values: dict[str, Any], extra: dict[str, Any]) -> Any:
        given = {aliases[name]: value for name, value in values.items()} | extra
        try:
            return cls.model_validate(given["root"] if root else given, strict=True)
        except pydantic.ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = str(first["loc"][0]) if first["loc"] else None
            field = None if where is None else names.get(where, where)
            raise CodecError(first["msg"], message=wire_name, field=field) from error

    def build(values: dict[str, Any]) -> Any:
        extra = values.pop(_EXTRA, {})
        unset = {name: values.pop(name) for name in values.pop(_UNSET, ()) if name in values}
        model = validated(values, extra)
        if other := {n: v for n, v in unset.items() if not _same(getattr(model, n), v)}:
            model = validated(values | other, extra)
        model.model_fields_set.difference_update(unset)
        return model

    return build


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _alias(name: str, info: Any, cls: Any, wire_name: str) -> str:
    config = cls.model_config
    alias = info.validation_alias or info.alias
    if alias is None or config.get("populate_by_name") or config.get("validate_by_name"):
        return name
    if choices := getattr(alias, "choices", None):
        alias = next((choice for choice in choices if isinstance(choice, str)), None)
    if not isinstance(alias, str):
        raise CodecError(
            "an alias that is a path cannot be rebuilt: set populate_by_name",
            message=wire_name,
            field=name,
        )
    return alias
