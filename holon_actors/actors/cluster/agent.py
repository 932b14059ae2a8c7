"""`/system/cluster`: where the messages of membership arrive.

The actor only hands them on, so that nothing is lost when it is restarted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holon_actors.actors.actor import Actor
from holon_actors.actors.message import message
from holon_actors.actors.ref import ActorRef

__all__ = ["PATH", "Agent", "ClusterMessage"]

PATH = "/system/cluster"


@message(name="holon.cluster")
class ClusterMessage:
    """A message of membership, as `wire` packs it. Nobody misses one: it is never a dead letter."""

    body: list[Any]


class Agent(Actor):
    """Hands on what comes, with its sender."""

    def __init__(self, take: Callable[[object, ActorRef[Any]], None]) -> None:
        self._take = take

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        if isinstance(message, ClusterMessage) and sender is not None:
            self._take(message.body, sender)
