"""What an actor is built from, as bytes for its process.

Classes travel by name where the process can import them, and as code where it cannot: those of the
main script or of a notebook, those made in a function, and those of a module that only this process
can find. The message classes of such a module travel along, as no import over there would register
them; those that are made in functions do not.
"""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from typing import Any, NamedTuple

from holon_transports.codec import register_message
from holon_transports.codec.registry import REGISTRY

from holon_actors.actors.actor import Actor
from holon_actors.actors.process.errors import UnpicklableActor
from holon_actors.actors.supervision import Strategy

__all__ = ["Cargo", "packed_cargo", "unpacked_cargo"]


class Cargo(NamedTuple):
    """What `spawn` was given."""

    cls: type[Actor]
    args: tuple[Any, ...]
    kwargs: dict[str, Any] | None
    policy: Strategy  # for the actor's own children


def packed_cargo(cargo: Cargo) -> bytes:
    """The cargo as bytes. Raises `UnpicklableActor`."""
    # Here, as it takes a while to import.
    import cloudpickle  # noqa: PLC0415

    module = cargo.cls.__module__
    homeless = {"__main__"} if _can_be_imported(module) else {"__main__", module}
    try:
        with _as_code(module in homeless, module):
            data: bytes = cloudpickle.dumps((_messages_of(homeless), tuple(cargo)))
    except Exception as error:  # user code may run, and raise anything, while pickling
        reason = f"{type(error).__name__}: {error}"
        raise UnpicklableActor(cargo.cls.__qualname__, reason) from error
    return data


def unpacked_cargo(data: bytes) -> Cargo:
    """The cargo that was packed, with its message classes registered. Raises whatever importing
    the actor's module does.
    """
    messages, parts = pickle.loads(data)  # noqa: S301  # of the process that has started this one
    for name, cls in messages:
        register_message(cls, name=name)
    return Cargo(*parts)


def _messages_of(modules: set[str]) -> list[tuple[str, type]]:
    """The message classes of these modules, by wire name."""
    found = ((name, REGISTRY.find(name)) for name in REGISTRY.names())
    return [
        (name, cls)
        for name, cls in found
        if cls is not None and cls.__module__ in modules and "<locals>" not in cls.__qualname__
    ]


@contextmanager
def _as_code(wanted: bool, module: str) -> Iterator[None]:
    """Have what is defined in a module pickled as code, if that is wanted."""
    import cloudpickle  # noqa: PLC0415  # as above

    loaded = sys.modules.get(module)
    if not wanted or module == "__main__" or loaded is None:
        yield  # the pickler knows by itself what to do
        return
    cloudpickle.register_pickle_by_value(loaded)
    try:
        yield
    finally:
        cloudpickle.unregister_pickle_by_value(loaded)


def _can_be_imported(module: str) -> bool:
    """Whether a new process with our `sys.path` finds the module, or its package."""
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top in sys.builtin_module_names or PathFinder.find_spec(top) is not None:
        return True
    editable = (f for f in sys.meta_path if getattr(f, "__name__", "") == "_EditableFinder")
    return any(finder.find_spec(top, None) is not None for finder in editable)
