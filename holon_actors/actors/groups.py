"""Named groups of actors: join, leave, list, and hear of changes. An actor that ends leaves its
groups.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holon_actors.actors._cell import Cell
from holon_actors.actors._state import State
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal, Terminated

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["GroupJoined", "GroupLeft", "Groups"]


@dataclass(frozen=True, slots=True)
class GroupJoined:
    """Told to a group's subscribers: `ref` is a member now (or was already, when the subscription
    began).
    """

    group: str
    ref: ActorRef[Any]


@dataclass(frozen=True, slots=True)
class GroupLeft:
    """Told to a group's subscribers: `ref` has left or ended."""

    group: str
    ref: ActorRef[Any]


class _Group:
    __slots__ = ("members", "subscribers")

    def __init__(self) -> None:
        self.members: dict[ActorRef[Any], None] = {}  # in order of joining
        self.subscribers: dict[ActorRef[Any], None] = {}


class Groups:
    """The groups of one system. A group is there while it has members or subscribers."""

    __slots__ = ("_far", "_groups", "_system")

    def __init__(self, system: ActorSystem) -> None:
        self._system = system
        self._groups: dict[str, _Group] = {}
        self._far = _FarMembers(self)

    def join(self, name: str, ref: ActorRef[Any]) -> None:
        """Make `ref` a member. Joining twice, or when it has ended already, changes nothing."""
        self._system._on_loop(self._join, name, ref)

    def leave(self, name: str, ref: ActorRef[Any]) -> None:
        """End a membership, if there is one."""
        self._system._on_loop(self._leave, name, ref)

    def members(self, name: str) -> list[ActorRef[Any]]:
        """The members, in order of joining."""
        group = self._groups.get(name)
        return list(group.members) if group is not None else []

    def names(self) -> list[str]:
        """The groups that have members, sorted."""
        return sorted(name for name, group in tuple(self._groups.items()) if group.members)

    def subscribe(self, name: str, ref: ActorRef[Any]) -> None:
        """Tell `ref` a `GroupJoined` for each member, now and later, and a `GroupLeft` for each
        that goes.
        """
        self._system._on_loop(self._subscribe, name, ref)

    def unsubscribe(self, name: str, ref: ActorRef[Any]) -> None:
        """End a subscription, if there is one."""
        self._system._on_loop(self._unsubscribe, name, ref)

    def _join(self, name: str, ref: ActorRef[Any]) -> None:
        group = self._groups.setdefault(name, _Group())
        if ref not in group.members and ref.is_alive:
            group.members[ref] = None
            self._remember(name, ref)
            self._announce(group, GroupJoined(name, ref))
        self._tidy(name, group, ref)

    def _leave(self, name: str, ref: ActorRef[Any]) -> None:
        group = self._groups.get(name)
        if group is not None and group.members.pop(ref, self) is None:
            self._announce(group, GroupLeft(name, ref))
            self._tidy(name, group, ref)

    def _subscribe(self, name: str, ref: ActorRef[Any]) -> None:
        if not ref.is_alive:
            return
        group = self._groups.setdefault(name, _Group())
        if ref not in group.subscribers:
            group.subscribers[ref] = None
            self._remember(name, ref)
            for member in group.members:
                ref.tell(GroupJoined(name, member))

    def _unsubscribe(self, name: str, ref: ActorRef[Any]) -> None:
        group = self._groups.get(name)
        if group is not None:
            group.subscribers.pop(ref, None)
            self._tidy(name, group, ref)

    def _forget(self, name: str, ref: ActorRef[Any]) -> None:
        """`ref` has ended."""
        self._unsubscribe(name, ref)
        self._leave(name, ref)

    def _announce(self, group: _Group, change: GroupJoined | GroupLeft) -> None:
        for subscriber in tuple(group.subscribers):
            subscriber.tell(change)

    def _tidy(self, name: str, group: _Group, ref: ActorRef[Any]) -> None:
        if ref not in group.members and ref not in group.subscribers:
            if isinstance(ref, Cell):
                ref._uncommon().groups.pop(name, None)
            else:
                self._far.forget(name, ref)
        if not group.members and not group.subscribers:
            self._groups.pop(name, None)

    def _remember(self, name: str, ref: ActorRef[Any]) -> None:
        """Note the group with the actor, so that its end ends the membership."""
        if isinstance(ref, Cell):
            ref._uncommon().groups[name] = None
        else:
            self._far.remember(name, ref)


class _FarMembers:
    """Members on other nodes: watched, as an actor would do it, so that they leave when they end or
    their node is lost.
    """

    __slots__ = ("_groups", "_names", "_state", "watching")

    def __init__(self, groups: Groups) -> None:
        self._groups = groups
        self._names: dict[ActorRef[Any], dict[str, None]] = {}
        self._state = State.RUNNING
        self.watching: dict[Any, None] = {}

    def _uncommon(self) -> _FarMembers:
        return self

    def remember(self, name: str, ref: ActorRef[Any]) -> None:
        names = self._names.get(ref)
        if names is None:
            self._names[ref] = {name: None}
            ref._add_watcher(self)  # type: ignore[arg-type]  # it has what a watcher needs
        else:
            names[name] = None

    def forget(self, name: str, ref: ActorRef[Any]) -> None:
        names = self._names.get(ref)
        if names is not None:
            names.pop(name, None)
            if not names:
                del self._names[ref]
                ref._remove_watcher(self)  # type: ignore[arg-type]

    def _signal(self, signal: Signal, sender: Any = None) -> None:
        if isinstance(signal, Terminated):
            for name in self._names.pop(signal.ref, {}):
                self._groups._forget(name, signal.ref)
