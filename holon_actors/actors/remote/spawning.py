"""Spawning on other nodes: only classes that their own code has marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from holon_actors.actors import _spawn
from holon_actors.actors.actor import Actor
from holon_actors.actors.address import Address
from holon_actors.actors.errors import SpawnRefused
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote.endpoints import endpoint_text, named_peer
from holon_actors.actors.remote.remote_ref import RemoteRef
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    from holon_actors.actors.remote.answers import Answer
    from holon_actors.actors.remote.node import Node
    from holon_actors.actors.system import ActorSystem

__all__ = ["SpawnOrder", "remotable", "spawn_for_peer", "spawn_on"]

A = TypeVar("A", bound=type[Actor])

_MARK = "__holon_remotable__"


def remotable(cls: A) -> A:
    """Let other nodes spawn actors of this class here, by `ActorSystem.spawn_remote`.

    A subclass does not inherit it. Raises `ConfigError` for what is no actor class.
    """
    if not issubclass(cls, Actor):
        raise ConfigError(f"remotable({cls!r}): a subclass of Actor")
    setattr(cls, _MARK, True)
    return cls


@dataclass(frozen=True)
class SpawnOrder:
    """What a node is asked to spawn."""

    cls: type[Actor]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    name: str | None


async def spawn_on(node: Node, url: str, order: SpawnOrder, limit_s: float) -> ActorRef[Any]:
    """See `ActorSystem.spawn_remote`."""
    peer = RemoteRef(node, Address(named_peer(url), "/user", None, endpoint_text(url)))
    wanted = _remote_name(order.cls)
    written = [wanted, list(order.args), order.kwargs, order.name]
    spawned = await peer.ask_system(written, limit_s)
    if not isinstance(spawned, ActorRef):
        raise SpawnRefused(wanted, "the answer was no reference")
    return spawned


def _remote_name(cls: type[Actor]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def spawn_for_peer(system: ActorSystem, order: Any, answer: Answer) -> None:
    """Spawn what a peer asks for, and answer with the reference or the error."""
    try:
        answer.set_result(_ordered(system, order))
    except Exception as error:  # noqa: BLE001  # the asker's
        answer.set_exception(error)


def _ordered(system: ActorSystem, order: Any) -> Any:
    match order:
        case [str(wanted), list(args), dict(kwargs), None | str() as name]:
            cls = _find(wanted)
        case _:
            raise SpawnRefused("?", "an order that cannot be read")
    if cls is None:
        raise SpawnRefused(wanted, "no class of this name is marked @remotable on that node")
    options = _spawn.options(name, None, "loop", None)
    return _spawn.spawn(system._user, cls, tuple(args), kwargs or None, options)


def _find(name: str) -> type[Actor] | None:
    # Among the classes that exist: nothing is imported because a peer said so.
    pending: list[type[Actor]] = [Actor]
    found = None
    while pending:
        cls = pending.pop()
        if _MARK in cls.__dict__ and _remote_name(cls) == name:
            found = cls  # the last one made, where a module was loaded twice
        pending.extend(reversed(cls.__subclasses__()))
    return found
