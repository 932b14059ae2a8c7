"""Gathers what a bug report needs from one node, and from the members of its cluster.

What did not come is in the dump as well: who did not answer, what, and after how long.
"""

from __future__ import annotations

import asyncio
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from holon_actors.actors.admin import (
    ActorPage,
    GetEvents,
    GetFacts,
    GetIdentity,
    GetStacks,
    Inspect,
    ListActors,
)
from holon_actors.actors.remote.endpoints import endpoint_text
from holon_actors.cli.attach.connection import Access, Attached, attached
from holon_actors.cli.attach.targets import Target
from holon_actors.cli.attach.views import as_data
from holon_actors.errors import HolonError

__all__ = ["Dump", "gather"]

_FORMAT = 1
_ACTORS_MAX = 10_000
_DETAILS_MAX = 100

_QUESTIONS: dict[str, Any] = {
    "facts": GetFacts(),
    "actors": ListActors("/", "depth", 0, _ACTORS_MAX),
    "tree": ListActors("/", "path", 0, _ACTORS_MAX),
    "busy": ListActors("/", "busy", 0, _DETAILS_MAX),
    "stacks": GetStacks(),
    "events": GetEvents(),
}


@dataclass
class Dump:
    """What has come, and what has not."""

    nodes: list[dict[str, Any]] = field(default_factory=list)
    missing: list[dict[str, Any]] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The dump as plain data."""
        return {
            "holon_dump": _FORMAT,
            "taken_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "taken_by": {
                "version": version("holon-actors"),
                "python": platform.python_version(),
            },
            "nodes": self.nodes,
            "missing": self.missing,
        }

    def miss(self, node: str, what: str, after_s: float, reason: str) -> None:
        """Note an answer that did not come."""
        lacking = {"node": node, "what": what, "after_s": round(after_s, 3), "reason": reason}
        self.missing.append(lacking)


async def gather(system: Attached, access: Access, *, cluster: bool) -> Dump:
    """The dump of a system, and with `cluster` of the members that it knows.

    Raises `HolonError` when the system itself does not answer.
    """
    dump = Dump()
    facts = await _node(dump, system)
    if cluster:
        for member in facts.get("members", []):
            await _member(dump, member, facts, access)
    return dump


async def _node(dump: Dump, system: Attached) -> dict[str, Any]:
    """Add one node; returns its facts. Raises `HolonError` when it does not even say its name."""
    identity = await system.ask(GetIdentity())
    sections: dict[str, Any] = {"node": system.label, "identity": as_data(identity)}
    for what, question in _QUESTIONS.items():
        answer = await _answer(dump, system, what, question)
        if system.blocked is not None and "blocked" not in sections:
            sections["blocked"] = as_data(system.blocked) | {"answer": None}
        if answer is not None:
            sections[what] = answer if isinstance(answer, dict) else as_data(answer)
        if what == "busy" and isinstance(answer, ActorPage):
            sections[what] = await _details(dump, system, answer)
    dump.nodes.append(sections)
    facts: dict[str, Any] = sections.get("facts", {})
    return facts


async def _details(dump: Dump, system: Attached, page: ActorPage) -> list[Any]:
    """The actors that are at something, in full, with their stacks."""
    busy = [row.path for row in page.rows if row.current_message is not None]
    answers = [await _answer(dump, system, f"actor {path}", Inspect(path)) for path in busy]
    return [as_data(answer) for answer in answers if answer is not None]


async def _answer(dump: Dump, system: Attached, what: str, question: Any) -> Any:
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        return await system.ask(question)
    except HolonError as error:
        dump.miss(system.label, what, loop.time() - began, str(error))
        return None


async def _member(
    dump: Dump, member: dict[str, Any], facts: dict[str, Any], access: Access
) -> None:
    """Add another member of the cluster, if it is not the one that told of it."""
    name, address = member["name"], member["address"]
    away = address is None or member["state"] in ("left", "down")
    if away or endpoint_text(address) == facts["endpoint"]:
        return
    target = Target(label=f"{name}@{address}", endpoint=address, peer=name)
    loop = asyncio.get_running_loop()
    began = loop.time()
    try:
        async with attached(target, access) as system:
            await _node(dump, system)
    except HolonError as error:
        dump.miss(target.label, "everything", loop.time() - began, str(error))
