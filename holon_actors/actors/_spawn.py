"""Making an actor. The constructor runs in the caller, so its error is the caller's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holon_actors.actors import _lifecycle
from holon_actors.actors._cell import Cell
from holon_actors.actors._state import ENDED
from holon_actors.actors.address import check_name
from holon_actors.actors.errors import ActorLimitReached, ActorStopped, NameTaken
from holon_actors.actors.mailbox import Mailbox, Unbounded
from holon_actors.actors.supervision import OneForOne, Strategy

if TYPE_CHECKING:
    from holon_actors.actors.actor import Actor

__all__ = ["Options", "options", "spawn"]

_UNBOUNDED = Unbounded()
_ONE_FOR_ONE = OneForOne()


@dataclass(frozen=True, slots=True)
class Options:
    """What `spawn` takes beside the class and its arguments."""

    name: str | None = None
    mailbox: Mailbox | None = None
    dispatcher: str = "loop"
    supervision: Strategy | None = None
    cell: type[Cell] | None = None  # a kind of cell of its own, instead of the dispatcher's


_DEFAULT = Options()


def options(
    name: str | None, mailbox: Mailbox | None, dispatcher: str, supervision: Strategy | None
) -> Options:
    """The options as one value; the plain ones are made only once."""
    if name is None and mailbox is None and dispatcher == "loop" and supervision is None:
        return _DEFAULT
    return Options(name, mailbox, dispatcher, supervision)


def spawn(
    parent: Cell,
    cls: type[Actor],
    args: tuple[Any, ...],
    kwargs: dict[str, Any] | None,
    options: Options,
) -> Cell:
    """Make a child of `parent`. Raises `ConfigError`, `NameTaken`, `InvalidAddress`,
    `ActorLimitReached`, `ActorStopped` (the parent is ending), or what the constructor of `cls`
    raises.
    """
    system = parent.system
    name = options.name
    if name is not None:
        _check_free(parent, check_name(name))
    if system._live >= system.max_actors:
        _check_limit(parent)
    if parent._state in ENDED:
        raise ActorStopped(parent.address, "stopping")
    kind = options.cell or system._machine.cell_kind(options.dispatcher)
    policy = options.supervision or _ONE_FOR_ONE
    mailbox = options.mailbox or _UNBOUNDED
    cell = kind(system, parent, name, cls, args, kwargs, mailbox, policy)
    children = parent._children
    if children is None:
        children = parent._children = {}
    key = cell._uid if name is None else name
    children[key] = cell
    system._live += 1
    try:
        _lifecycle.build(cell)
    except BaseException:
        _lifecycle.discard(cell)
        raise
    if cell._cls._has_started_hook:
        _lifecycle.start(cell)
    return cell


def _check_limit(parent: Cell) -> None:
    """The limit is for the users' actors; the system may have its own beside them."""
    system = parent.system
    if parent is not system._own and system._users_actors() >= system.max_actors:
        raise ActorLimitReached(parent.path, system.max_actors)


def _check_free(parent: Cell, name: str) -> None:
    if parent._child(name) is not None:
        raise NameTaken(f"{parent.path}/{name}")
