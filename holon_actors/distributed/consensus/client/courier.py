"""Brings a client's requests to members, and says what became of those that were not answered.

An attempt ends with the member's answers or as a miss. What matters of a miss is whether the member
may have got the request: a command that nobody got has certainly not happened.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from holon_actors.actors.address import Address, check_name
from holon_actors.actors.errors import (
    ActorNotFound,
    ActorStopped,
    MailboxFull,
    NodeUnreachable,
)
from holon_actors.actors.events import LinkDown
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote.endpoints import endpoint_text, named_peer
from holon_actors.distributed.consensus.client.targets import Targets
from holon_actors.distributed.consensus.errors import MemberStopped
from holon_actors.distributed.consensus.wire.requests import Answers, whole_refusal

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Courier", "Miss", "member_address", "member_name", "member_path"]


def member_name(group: str) -> str:
    """What the member of a group is called in its system. Raises `InvalidAddress`."""
    return check_name(f"raft:{group}")


def member_path(group: str) -> str:
    """Where the member of a group is, in every system that has one."""
    return f"/user/{member_name(group)}"


def member_address(group: str, member: str, url: str) -> Address:
    """The address of a member: its system has its name, unless the endpoint says `?peer=OTHER`.
    Raises `InvalidAddress`.
    """
    return Address(named_peer(url) or member, member_path(group), None, endpoint_text(url))


@dataclass(frozen=True, slots=True)
class Miss:
    """No answer. `maybe`: the member may have got the request all the same."""

    reason: str
    maybe: bool


class Courier:
    """Asks the members of a group on behalf of one client.

    `local` are members in this very process, by name.
    """

    def __init__(
        self,
        system: ActorSystem,
        group: str,
        targets: Targets,
        attempt_s: float,
        local: Mapping[str, ActorRef[Any]] | None = None,
    ) -> None:
        self._system = system
        self._group = group
        self._attempt_s = attempt_s
        self._local = dict(local or {})
        self._up: set[str] = set()  # members whose node has answered since it was last lost
        self._asking: dict[asyncio.Timeout, str] = {}
        self._subscription = system.events.subscribe(LinkDown, self._down)
        self.targets = targets

    def close(self) -> None:
        """Ask no more."""
        self._subscription.cancel()

    def _down(self, event: LinkDown) -> None:
        endpoint = event.node.partition("@")[2]
        for name in list(self._up):
            url = self.targets.addresses.get(name)
            if url is None or endpoint_text(url) == endpoint:
                self._up.discard(name)

    def moved(self, leader: str | None) -> None:
        """There is a new leader: who waits for another member need not wait on."""
        if leader is None:
            return
        self.targets.learn(leader, {})
        now = self._system.loop.time()
        for scope, name in self._asking.items():
            if name != leader and name not in self._local and not scope.expired():
                scope.reschedule(now)

    async def ask(
        self,
        request: Callable[[], Any],
        attempt_s: float | None = None,
    ) -> tuple[Answers | Miss, bool]:
        """One attempt with one member. With it, whether it is time for a pause before the next.

        `request` is called for what to ask when it may reach the member from then on, so that it is
        as of then; None: nothing, after all. With `attempt_s` the answer is waited for that long,
        whoever leads meanwhile. Raises what is wrong with the request itself, such as `CodecError`.
        """
        name = self.targets.pick()
        result = await self._attempt(name, request, attempt_s)
        if isinstance(result, Miss):
            return result, self.targets.missed(name)
        self.targets.learn(result.leader, result.members)
        if whole_refusal(result) is None:
            self.targets.answered()
        elif result.leader in ("", name):
            self.targets.missed(name)
        return result, False

    def tell(self, request: Any) -> None:
        """Say something that needs no answer and may be lost."""
        self._ref(self.targets.pick()).tell(request)

    async def _attempt(
        self, name: str, request: Callable[[], Any], attempt_s: float | None
    ) -> Answers | Miss:
        sent = False

        def sending() -> Any:
            nonlocal sent
            sent = True
            return request()

        try:
            async with asyncio.timeout(
                self._attempt_s if attempt_s is None else attempt_s
            ) as scope:
                if attempt_s is None:
                    self._asking[scope] = name
                try:
                    return await self._asked(name, sending)
                finally:
                    self._asking.pop(scope, None)
        except TimeoutError:
            return Miss(f"{name} did not answer", maybe=sent)

    def _ref(self, name: str) -> ActorRef[Any]:
        local = self._local.get(name)
        if local is not None:
            return local
        address = member_address(self._group, name, self.targets.addresses[name])
        return self._system.ref(address)

    async def _asked(self, name: str, request: Callable[[], Any]) -> Answers | Miss:
        try:
            if name not in self._local:
                await self._reach(name)
        except NodeUnreachable as error:
            return Miss(str(error), maybe=False)
        asked = request()
        if asked is None:
            return Miss("nobody waits any more", maybe=False)
        try:
            answers = await self._ref(name).ask(asked, timeout=math.inf)
        except (ActorNotFound, MailboxFull) as error:
            return Miss(str(error), maybe=False)
        except (ActorStopped, NodeUnreachable, MemberStopped) as error:
            return Miss(str(error), maybe=True)
        if not isinstance(answers, Answers):
            return Miss(f"{name} answered {answers!r:.80}", maybe=True)
        return answers

    async def _reach(self, name: str) -> None:
        """See that the link to a member is up: what is sent then, and only then, may arrive."""
        if name not in self._up:
            await self._system.connect(self.targets.addresses[name], self._attempt_s)
            self._up.add(name)
