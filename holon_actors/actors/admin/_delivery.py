"""A message from JSON text: `{"type": "Deposit", "amount": 5}` becomes a `Deposit`.

Only classes of the wire's allow-list are made, found by wire name, or by its last part when only
one class has that. Fields are checked against their type hints by pydantic, in its lax mode, and
unknown ones are refused. JSON without "type" is the plain value that it is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields, is_dataclass
from typing import Any, get_origin

from holon_transports.codec.registry import REGISTRY, Registry

from holon_actors.actors.admin.errors import MessageRejected
from holon_actors.actors.ref import ActorRef

__all__ = ["message_from"]

_TEXT_MAX = 16 * 1024 * 1024
_SHOWN = 5

ToRef = Callable[[str], ActorRef[Any]]


def message_from(text: str, to_ref: ToRef, *, near: str = "", registry: Registry = REGISTRY) -> Any:
    """The message that JSON text stands for. Of several classes with one short name it is that of
    the module `near`. Raises `MessageRejected`.
    """
    if len(text) > _TEXT_MAX:
        raise MessageRejected(f"the message is longer than {_TEXT_MAX} characters")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise MessageRejected(f"the message is not JSON: {error}") from None
    if not isinstance(value, dict) or "type" not in value:
        return value
    kind = value.pop("type")
    if not isinstance(kind, str):
        raise MessageRejected(f'"type" is the name of a message class, not {kind!r}')
    return _make(_class_of(kind, near, registry), value, to_ref)


def _class_of(name: str, near: str, registry: Registry) -> type:
    found = registry.find(name)
    if found is not None:
        return found
    known = registry.names()
    named = {full: registry.find(full) for full in known if full.endswith(f".{name}")}
    fitting = [cls for cls in named.values() if cls is not None]
    nearest = [cls for cls in fitting if cls.__module__ == near]
    if len(nearest or fitting) > 1:
        raise MessageRejected(f"type {name!r} is ambiguous: {_listed(named)}")
    if not fitting:
        raise MessageRejected(f"no message class {name!r} is known here{_nearest(name, known)}")
    return (nearest or fitting)[0]


def _nearest(name: str, known: list[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415  # only for this mistake

    short = {full.rpartition(".")[2]: full for full in known}
    close = get_close_matches(name, [*short, *known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _make(cls: type, given: dict[str, Any], to_ref: ToRef) -> Any:
    if hasattr(cls, "model_validate"):
        return _of_model(cls, given)
    if not is_dataclass(cls):
        raise MessageRejected(f"{cls.__name__} is no message class with fields")
    accepted = {each.name: each for each in fields(cls) if each.init}
    _check_names(cls, given, accepted)
    hints = _hints(cls)
    values = {
        name: _value(cls, name, hints.get(name, Any), item, to_ref) for name, item in given.items()
    }
    try:
        return cls(**values)
    except Exception as error:  # the class's own checks may raise anything
        raise MessageRejected(f"{cls.__name__}: {type(error).__name__}: {error}") from error


def _check_names(cls: type, given: Iterable[str], accepted: dict[str, Field[Any]]) -> None:
    unknown = [name for name in given if name not in accepted]
    if unknown:
        has = f"it has {_listed(accepted)}" if accepted else "it has none"
        raise MessageRejected(f"{cls.__name__} has no field {_listed(unknown)}: {has}")
    missing = [
        name
        for name, each in accepted.items()
        if name not in given and each.default is MISSING and each.default_factory is MISSING
    ]
    if missing:
        raise MessageRejected(f"{cls.__name__} needs {_listed(missing)}")


def _hints(cls: type) -> dict[str, Any]:
    import typing  # noqa: PLC0415  # beside the others of its kind: only deliveries pay

    try:
        return typing.get_type_hints(cls)
    except Exception:  # noqa: BLE001  # a hint that cannot be resolved checks nothing
        return {}


def _value(cls: type, field: str, hint: Any, given: Any, to_ref: ToRef) -> Any:
    if isinstance(given, str) and (get_origin(hint) or hint) is ActorRef:
        try:
            return to_ref(given)
        except ValueError as error:
            raise MessageRejected(f"{cls.__name__}.{field}: {error}") from None
    from pydantic import (  # noqa: PLC0415  # takes a while to import
        ConfigDict,
        PydanticUserError,
        TypeAdapter,
        ValidationError,
    )

    try:
        adapter: TypeAdapter[Any] = TypeAdapter(hint, config=_config(hint, ConfigDict))
        return adapter.validate_python(given)
    except ValidationError as error:
        raise MessageRejected(f"{cls.__name__}.{field}: {_first_reason(error)}") from None
    except (PydanticUserError, TypeError, NameError) as error:
        raise MessageRejected(f"{cls.__name__}.{field}: cannot be given here: {error}") from None


def _config(hint: Any, config: Any) -> Any:
    """Arbitrary classes are checked by `isinstance`; those with settings of their own keep them."""
    own = is_dataclass(hint) or hasattr(hint, "model_validate") or hasattr(hint, "__total__")
    return None if own else config(arbitrary_types_allowed=True)


def _of_model(cls: Any, given: dict[str, Any]) -> Any:
    from pydantic import ValidationError  # noqa: PLC0415  # as above

    aliases = {each.alias for each in cls.model_fields.values() if each.alias}
    unknown = [name for name in given if name not in cls.model_fields and name not in aliases]
    if unknown and cls.model_config.get("extra") != "allow":
        raise MessageRejected(f"{cls.__name__} has no field {_listed(unknown)}")
    try:
        return cls.model_validate(given)
    except ValidationError as error:
        raise MessageRejected(f"{cls.__name__}: {_first_reason(error)}") from None


def _first_reason(error: Any) -> str:
    first = error.errors(include_url=False, include_context=False)[0]
    inner = ".".join(str(part) for part in first["loc"])
    return f"{inner}: {first['msg']}" if inner else str(first["msg"])


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    shown = ", ".join(repr(name) for name in every[:_SHOWN])
    return shown if len(every) <= _SHOWN else f"{shown} and {len(every) - _SHOWN} more"
