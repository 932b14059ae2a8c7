"""What a node says about itself for a bug report: settings, versions, counts, links, members.

A list of what is told, not of what is left out: no environment, no command line, no keys, and no
message's content.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holon_actors.actors.remote.conversation import Conversation
    from holon_actors.actors.remote.node import Node
    from holon_actors.actors.system import ActorSystem

__all__ = ["facts_of", "links_of", "members_of", "version_of"]

_PACKAGES = ("holon-actors", "pyzmq", "msgpack", "pydantic", "pykka", "uvloop")


def version_of(package: str) -> str | None:
    """The version of an installed package, or None."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def facts_of(system: ActorSystem) -> dict[str, Any]:
    """See the module. Reads only."""
    return {
        "system": system.name,
        "endpoint": system.endpoint,
        "pid": os.getpid(),
        "platform": {
            "python": sys.version.split()[0],
            "implementation": platform.python_implementation(),
            "system": platform.system(),
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
            "event_loop": f"{type(system.loop).__module__}.{type(system.loop).__qualname__}",
        },
        "packages": {package: version_of(package) for package in _PACKAGES},
        "settings": {
            "bind": system.bind,
            "secured": system.security is not None,
            "insecure": system.insecure,
            "heartbeat_s": system.heartbeat,
            "ask_timeout_s": system.ask_timeout,
            "slow_handler_s": system.slow_handler,
            "max_actors": system.max_actors,
        },
        "statistics": asdict(system.statistics()),
        "groups": {name: len(g.members) for name, g in tuple(system.groups._groups.items())},
        "links": [] if system._node is None else links_of(system._node),
        "members": members_of(system),
    }


def links_of(node: Node) -> list[dict[str, Any]]:
    """The conversations of a node with others."""
    now = node.system.clock()
    return [_link(conversation, now) for conversation in list(node._by_nonce.values())]


def _link(conversation: Conversation, now: float) -> dict[str, Any]:
    session = conversation.session
    peer = session.peer
    held = session.held
    return {
        "peer": None if peer is None else peer.name,
        "endpoint": conversation.link.endpoint,
        "incarnation": None if peer is None else peer.incarnation,
        "state": session.phase.value,
        "silent_s": round(session.silent_s(now), 3),
        "unacknowledged_messages": held[0],
        "unacknowledged_bytes": held[1],
        "packets_on_their_way": session.flying,
        "channel_full": conversation.blocked,
        "asks": len(conversation.asks),
        "watches": len(conversation.watches),
    }


def members_of(system: ActorSystem) -> list[dict[str, Any]]:
    """The members of the cluster, as far as this node knows."""
    return [
        {
            "name": member.name,
            "address": member.address,
            "state": str(member.state),
            "incarnation": member.incarnation,
        }
        for member in system.cluster._members()  # `members` would wait for the loop
    ]
