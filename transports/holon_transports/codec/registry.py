"""The allow-list: which classes may travel, by wire name.

Rules: a class is allowed because someone here registered it, or because a field of such a class
names it in its type hint. Nothing is ever looked up or imported because bytes name it. Registering
a class again under the same module and name (a notebook cell, a reloaded test) replaces it.

The one list of a process is `REGISTRY`: classes belong to the process too.
"""

from __future__ import annotations

import sys
from typing import TypeVar

from holon_actors.errors import ConfigError
from holon_transports.codec._hints import reached_classes, resolved_hints
from holon_transports.codec._shapes import Shape, can_travel, shape_of

__all__ = ["REGISTRY", "Registry", "register_message", "wire_name"]

C = TypeVar("C", bound=type)


def wire_name(cls: type) -> str | None:
    """The wire name of a message class, or None; a subclass does not inherit it."""
    name = cls.__dict__.get("__wire_name__")
    return name if isinstance(name, str) else None


def _given_name(cls: type) -> str:
    return wire_name(cls) or f"{cls.__module__}.{cls.__qualname__}"


def _home(cls: type) -> tuple[str, str]:
    # By file, since a module can be loaded twice: as a script, and by its name.
    module = sys.modules.get(cls.__module__)
    return getattr(module, "__file__", None) or cls.__module__, cls.__qualname__


class Registry:
    """Classes by wire name, and how each is taken apart and put together."""

    def __init__(self) -> None:
        self._by_name: dict[str, type] = {}
        self._shapes: dict[type, Shape] = {}
        self._unexplored: list[type] = []  # classes whose hints have not been followed
        self._unresolved: list[type] = []  # and those that have a hint which names nothing yet
        self.generation = 0  # changes with the list: what is derived from it is derived anew

    def add(self, cls: type, name: str | None = None) -> None:
        """Allow a class. Raises `ConfigError` if it cannot travel or the name is another's."""
        if not can_travel(cls):
            raise ConfigError(
                f"{cls!r} cannot be a message: it takes a dataclass, a pydantic model, an enum or a"
                " named tuple"
            )
        name = name or _given_name(cls)
        present = self._by_name.get(name)
        if present is not None and _home(present) != _home(cls):
            raise ConfigError(
                f"the wire name {name!r} of {cls!r} belongs to {present!r} already: give one of"
                " them another name"
            )
        cls.__wire_name__ = name  # type: ignore[attr-defined]  # read through wire_name()
        self._put(name, cls)

    def _put(self, name: str, cls: type) -> None:
        self._shapes.pop(self._by_name.get(name, cls), None)
        self._by_name[name] = cls
        self._unexplored.append(cls)
        self._unexplored += self._unresolved
        self._unresolved.clear()
        self.generation += 1

    def find(self, name: str) -> type | None:
        """The class of a wire name, or None."""
        if name not in self._by_name:
            self._explore()
        return self._by_name.get(name)

    def names(self) -> list[str]:
        """The wire names of all classes that are allowed, in order."""
        self._explore()
        return sorted(self._by_name)

    def name_of(self, cls: type) -> str | None:
        """The wire name under which a class may travel, or None. Also for the values of a class
        that has been replaced since.
        """
        name = _given_name(cls)
        present = self.find(name)
        return name if present is not None and _home(present) == _home(cls) else None

    def shape(self, cls: type) -> Shape:
        """How the values of an allowed class are taken apart and put together. Raises `CodecError`
        if they cannot be.
        """
        shape = self._shapes.get(cls)
        if shape is None:
            shape = shape_of(cls, self.name_of(cls) or cls.__qualname__)
            if self._by_name.get(shape.name) is cls:
                self._shapes[cls] = shape
        return shape

    def _explore(self) -> None:
        """Allow the classes that the hints of allowed classes name, and theirs."""
        while self._unexplored:
            owner = self._unexplored.pop()
            hints, complete = resolved_hints(owner)
            for hint in hints.values():
                for cls in reached_classes(hint):
                    self._allow(cls)
            if not complete:
                self._unresolved.append(owner)

    def _allow(self, cls: type) -> None:
        name = _given_name(cls)
        if name not in self._by_name and can_travel(cls):
            self._put(name, cls)


REGISTRY = Registry()


def register_message(cls: C, *, name: str | None = None) -> C:
    """Allow a class in messages that travel: a dataclass, a pydantic model, an enum or a named
    tuple. `@message` does so itself, and the classes that its fields' type hints name follow.

    The wire name is `name`, or the class's module and qualified name. Raises `ConfigError` if the
    name belongs to another class or this one cannot travel.
    """
    REGISTRY.add(cls, name)
    return cls
