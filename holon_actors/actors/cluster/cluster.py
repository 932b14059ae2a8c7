"""`system.cluster`: who else is there. The shell around `swim`.

It gives the core the time, messages and a timer, and carries out what the core asks for: messages
go out as tells over the links, changes become events, the link of a member that is down is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from holon_actors.actors.address import Address
from holon_actors.actors.cluster.agent import PATH, Agent, ClusterMessage
from holon_actors.actors.cluster.effects import Effects
from holon_actors.actors.cluster.errors import ClusterUnreachable, InvalidGossip, UnknownMember
from holon_actors.actors.cluster.events import event_of
from holon_actors.actors.cluster.member import Member, member_of
from holon_actors.actors.cluster.messages import Message
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.swim import Swim
from holon_actors.actors.cluster.wire import pack, unpack
from holon_actors.actors.errors import NodeUnreachable
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote.endpoints import endpoint_text, named_peer
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Cluster"]

T = TypeVar("T")

# How long a join waits for a vote once it is a member, in heartbeats.
_SEAT_BEATS = 3


class Cluster:
    """The membership of one system; on its own until it joins, or is joined.

    A member that does not answer becomes `suspect` within about two heartbeats, and `down` some
    heartbeats later if a majority of all members has tried in vain to reach it; where there is no
    majority, it stays suspect. What happens is published on `system.events` (see `MemberEvent`).
    """

    def __init__(self, system: ActorSystem) -> None:
        self._system = system
        self._settings = SwimSettings.of(system.heartbeat)
        self._core: Swim | None = None
        self._agent: ActorRef[Any]
        self._refs: dict[tuple[str, str], ActorRef[Any]] = {}
        self._names: dict[str, str] = {}  # of the systems at the seeds
        self._joins: dict[int, asyncio.Future[None]] = {}
        self._seat: asyncio.Future[None] | None = None
        self._farewell: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = math.inf
        self._closed = False

    def _start(self) -> None:
        """Be there for others. Called once the system listens."""
        system = self._system
        assert system.endpoint is not None
        self._core = Swim(
            system.endpoint,
            system.name,
            system.incarnation,
            self._settings,
            system.rng,
            system.clock(),
            self._heard_at,
        )
        self._agent = system._spawn_own(Agent, self._take, name="cluster")

    # --- users ---

    @property
    def members(self) -> list[Member]:
        """All members by name, this node included, and those who are gone for the time being."""
        self._system._bind()
        return self._system._from_loop(self._members)

    async def join(self, endpoint: str, timeout: float = 5.0) -> None:
        """Become a member of the cluster to which the node at `endpoint` belongs.

        Any member will do, and it need not be up yet. `timeout` is in seconds. Joining twice, or
        oneself, changes nothing; a node that had left comes back as a new incarnation. Raises
        `ClusterUnreachable` if the seed did not answer, `ConfigError` if this system does not
        listen, `InvalidAddress` for what is no endpoint.
        """
        self._system._bind()
        await self._on_loop(self._join(endpoint, timeout))

    async def leave(self, timeout: float = 5.0) -> None:
        """Be a member no more, and tell the others; waits at most `timeout` seconds until some of
        them have heard it. A system that shuts down leaves first.
        """
        self._system._bind()
        await self._on_loop(self._leave(timeout))

    def down(self, member: Member | str) -> None:
        """Declare a member dead, without asking anybody: by its name, its address, or itself.

        For what the cluster does not decide alone: a minority never downs the majority. If the
        member lives it hears of it, publishes `SelfDown` and comes back as a new incarnation.
        Raises `UnknownMember`, or `ConfigError` for this node, which may `leave`.
        """
        self._system._bind()
        self._system._from_loop(self._down, member)

    def __repr__(self) -> str:
        members = 1 if self._core is None else len(self._core.members)
        return f"<Cluster of {self._system.name} with {members} members>"

    # --- members ---

    def _members(self) -> list[Member]:
        system = self._system
        if self._core is None:
            return [Member(system.name, None, "alive", system.incarnation)]
        return sorted(
            (member_of(record) for record in self._core.members),
            key=lambda member: (member.name, member.address or ""),
        )

    def _down(self, member: Member | str) -> None:
        core = self._listening("down")
        address = self._find(member)
        if address == core.me.address:
            raise ConfigError("cluster.down: this node itself; use leave()")
        self._apply(core.down(address, self._system.clock()))

    def _find(self, member: Member | str) -> str:
        """The core's address of a member."""
        wanted = member.address or member.name if isinstance(member, Member) else member
        found = [
            record
            for record in self._listening("down").members
            if wanted in (record.name, record.address, member_of(record).address)
        ]
        present = [record for record in found if record.present] or found
        if len(present) != 1:
            raise UnknownMember(wanted, tuple(str(member_of(r).address) for r in present))
        return present[0].address

    # --- joining and leaving ---

    def _listening(self, verb: str) -> Swim:
        if self._core is None:
            raise ConfigError(
                f"cluster.{verb}: {self._system.name} does not listen, so that others could not "
                'reach it; give it an endpoint, such as ActorSystem(bind="tcp://127.0.0.1:0")'
            )
        return self._core

    async def _join(self, url: str, timeout: float) -> None:
        core = self._listening("join")
        seed = endpoint_text(url)
        if seed == core.me.address:
            return
        peer = named_peer(url)
        reason = "no answer"
        try:
            async with asyncio.timeout(timeout):
                while True:
                    try:
                        address = await self._meet(Address(peer, PATH, None, seed))
                        break
                    except NodeUnreachable as error:
                        reason = error.reason
                    await asyncio.sleep(self._settings.gossip_interval_s)
                if address == core.me.address:
                    return
                await self._ask_to_join(address)
        except TimeoutError:
            raise ClusterUnreachable(url, timeout, reason) from None
        await self._wait_seated()

    async def _wait_seated(self) -> None:
        """Give the others a moment to give this node its vote: until then, the cluster cannot lose
        a voter without losing its majority.
        """
        assert self._core is not None
        if self._core.me.voter:
            return
        if self._seat is None:
            self._seat = self._system.loop.create_future()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_SEAT_BEATS * self._system.heartbeat):
                await asyncio.shield(self._seat)

    async def _meet(self, seed: Address) -> str:
        """Get to know the system at a seed; what it calls its own address."""
        greeting = await self._system._remote.reach(seed).wait_up(seed)
        self._names[greeting.endpoint] = greeting.name
        return greeting.endpoint

    async def _ask_to_join(self, address: str) -> None:
        core, clock = self._listening("join"), self._system.clock
        number, effects = core.join(address, clock())
        welcome = self._joins[number] = self._system.loop.create_future()
        self._apply(effects)
        try:
            await welcome
        finally:
            del self._joins[number]
            self._apply(core.end_join(number, clock()))

    async def _leave(self, timeout: float) -> None:
        core = self._listening("leave")
        self._apply(core.leave(self._system.clock()))
        if core.farewell_heard:
            return
        if self._farewell is None:
            self._farewell = self._system.loop.create_future()
        try:
            async with asyncio.timeout(timeout):
                await asyncio.shield(self._farewell)
        except TimeoutError:
            return  # they will find out

    async def _depart(self, timeout: float) -> None:
        """The system shuts down: leave, and be silent."""
        if self._core is not None and self._core.me.present:
            await self._leave(min(timeout, self._system.heartbeat))
        self._closed = True
        if self._timer is not None:
            self._timer.cancel()

    async def _on_loop(self, work: Coroutine[Any, Any, T]) -> T:
        """Run on the system's loop, whichever one the caller is on."""
        if asyncio.get_running_loop() is self._system.loop:
            return await work
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._system.loop))

    # --- the core's doings ---

    def _take(self, body: object, sender: ActorRef[Any]) -> None:
        source = sender.address.endpoint
        if self._core is None or self._closed or source is None:
            return
        try:
            message = unpack(source, body, self._settings.members_max)
        except InvalidGossip as error:
            self._system._remote.log.refused(source, str(error))
            return
        self._apply(self._core.receive(source, message, self._system.clock()))

    def _tick(self) -> None:
        self._timer, self._timer_at = None, math.inf
        if self._core is not None and not self._closed:
            self._apply(self._core.tick(self._system.clock()))

    def _apply(self, effects: Effects) -> None:
        for address, message in effects.send:
            self._send(address, message)
        for change in effects.changes:
            if change.kind == "down":
                self._hang_up(change.record.address)
            self._system.events.publish(event_of(change))
        for number in effects.welcomed:
            welcome = self._joins.get(number)
            if welcome is not None and not welcome.done():
                welcome.set_result(None)
        self._after()

    def _after(self) -> None:
        core = self._core
        assert core is not None
        if self._farewell is not None and (core.farewell_heard or core.me.present):
            self._farewell.set_result(None)
            self._farewell = None
        if self._seat is not None and core.me.voter:
            self._seat.set_result(None)
            self._seat = None
        wake = core.next_wake
        if wake == self._timer_at or self._closed:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._timer_at = None, wake
        if wake < math.inf:
            self._timer = self._system.loop.call_at(wake, self._tick, context=self._system._context)

    def _send(self, address: str, message: Message) -> None:
        assert self._core is not None
        name = self._core.name_of(address) or self._names.get(address, "")
        ref = self._refs.get((address, name))
        if ref is None:
            if len(self._refs) > 2 * self._settings.members_max:
                self._refs.clear()
            where = Address(name, PATH, None, address)
            ref = self._refs[address, name] = self._system._remote.ref(where)
        ref.tell(ClusterMessage(pack(message)), self._agent)

    def _heard_at(self, address: str) -> float:
        """When the link with an address last brought anything, be it no message."""
        return self._system._remote.heard_at(address)

    def _hang_up(self, address: str) -> None:
        """Whoever watches an actor of a member that is down shall hear of it now."""
        self._system._remote.hang_up(address, "its node is down")
