"""How `holon raft` asks the members of a Raft group, and finds the one that leads.

A member is an actor like any other, `/user/raft:GROUP`: it is asked by way of `/system/admin`, so
that everything holds that holds for `holon ask`: local systems, keys, time limits, exit codes.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import click

from holon_actors.actors.admin import ActorPage, Asked, Deliver, ListActors
from holon_actors.actors.message import wire_name
from holon_actors.actors.remote.endpoints import named_peer
from holon_actors.cli.attach.connection import Access, Attached, attached
from holon_actors.cli.attach.errors import Declined
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import Target, split_words
from holon_actors.cli.reporting import note
from holon_actors.distributed.consensus.client.courier import member_path
from holon_actors.distributed.consensus.commands.outcomes import Refusal
from holon_actors.distributed.consensus.core.reasons import (
    DUPLICATE_MEMBER,
    LAST_VOTER,
    NOT_A_MEMBER,
    NOT_LEADER,
    TOO_LARGE,
)

__all__ = ["Member", "run_on_member"]

T = TypeVar("T")

# What the way to the member and back may take beyond the time that it has.
_WAY_S = 2.0
_ACTORS_MAX = 20_000
# Refusals that asking again does not help.
_WRONG = frozenset({DUPLICATE_MEMBER, LAST_VOTER, NOT_A_MEMBER, TOO_LARGE})


@dataclass(frozen=True)
class Member:
    """A member of a group: the system that it is in, and how to reach others like it."""

    system: Attached
    group: str
    access: Access

    async def ask(self, request: Any) -> Any:
        """What the member answers, as plain data. Raises `Declined` and what `Attached.ask` does.

        `request` is a message of plain fields.
        """
        text = json.dumps({"type": wire_name(type(request)), **asdict(request)})
        limit = self.access.timeout_s
        order = Deliver(member_path(self.group), text, True, limit)
        answer: Asked = await self.system.ask(order, limit + _WAY_S)
        return answer.value

    async def ask_leader(self, request: Any) -> Any:
        """The outcome of a request, which goes on to the leader if this member is not it and only
        the leader does that. Raises `Declined`, and what `ask` does.
        """
        answers = await self.ask(request)
        refusal = _refusal(answers)
        leader, url = answers["leader"], answers["members"].get(answers["leader"])
        if refusal is not None and refusal["reason"] == NOT_LEADER and url is not None:
            note(f"{leader} at {url} leads: asking there")
            async with attached(_target(leader, url), self.access) as system:
                answers = await Member(system, self.group, self.access).ask(request)
                refusal = _refusal(answers)
        if refusal is not None:
            raise self._declined(refusal, answers["leader"])
        return answers["outcomes"][0]

    def _declined(self, refusal: dict[str, Any], leader: str) -> Declined:
        reason, detail = refusal["reason"], refusal["detail"]
        text = f"the Raft group {self.group} refused: {reason}"
        if detail:
            text += f" ({detail})"
        if refusal["unknown"]:
            text += "; it may have been done all the same"
        if reason == NOT_LEADER:
            text += f"; {leader} leads" if leader else "; nobody leads just now"
        return Declined("rejected" if reason in _WRONG else "failed", "ChangeRefused", text)


def _target(member: str, url: str) -> Target:
    """Another member's system: it has the member's name, unless its address says otherwise."""
    peer = named_peer(url) or member
    return Target(label=f"{member} at {url}", endpoint=url.partition("?")[0], peer=peer)


def _refusal(answers: dict[str, Any]) -> dict[str, Any] | None:
    outcome = answers["outcomes"][0]
    refused = isinstance(outcome, dict) and outcome.get("type") == wire_name(Refusal)
    return outcome if refused else None


def run_on_member(
    words: tuple[str, ...],
    access: Access,
    body: Callable[[Member, tuple[str, ...]], Awaitable[T]],
    *,
    needs: tuple[str, ...] = (),
) -> T:
    """Attach to the system that `words` mean and run `body` with the member there, and the words
    that it `needs`. `words` are `[ENDPOINT] [GROUP]` and those; with them ENDPOINT has to be given.

    Raises UsageError, `Declined`, and what `run_attached` does.
    """
    given = split_words(words, path=False)
    most = len(needs) + 1
    if len(given.rest) > most:
        raise click.UsageError(f"unexpected argument {given.rest[most]!r}")
    if len(given.rest) < len(needs):
        raise click.UsageError(f"give ENDPOINT [GROUP] {' '.join(needs)}")
    group = given.rest[0] if len(given.rest) == most else None
    rest = given.rest[len(given.rest) - len(needs) :]

    async def ask(system: Attached) -> T:
        return await body(Member(system, await _group(system, group), access), rest)

    return run_attached(given, access, ask)


async def _group(system: Attached, wanted: str | None) -> str:
    """The group that is meant: the only one of the system, if none is named."""
    page: ActorPage = await system.ask(ListActors("/user", "path", 0, _ACTORS_MAX, 1))
    prefix = member_path("x").removesuffix("x")
    there = [row.path.removeprefix(prefix) for row in page.rows if row.path.startswith(prefix)]
    if wanted is None and len(there) == 1:
        return there[0]
    if wanted in there:
        assert wanted is not None
        return wanted
    if wanted is None and there:
        raise Declined(
            "not-found",
            "",
            f"several Raft groups are at {system.label}, name one: " + ", ".join(there),
        )
    what = "no Raft group" if wanted is None else f"no Raft group {wanted!r}"
    has = f" (there is {', '.join(there)})" if there else ""
    raise Declined("not-found", "", f"{what} is at {system.label}{has}")
