"""`RaftGroup`: a member of a group in this process, and the way to all of the group."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from holon_actors.actors import ActorRef, ActorSystem
from holon_actors.actors.errors import ActorStopped
from holon_actors.distributed.consensus.client.calls import Calls
from holon_actors.distributed.consensus.client.client import RaftClient
from holon_actors.distributed.consensus.client.courier import Courier, member_name
from holon_actors.distributed.consensus.client.deadlines import checked_timeout
from holon_actors.distributed.consensus.client.targets import Targets
from holon_actors.distributed.consensus.commands.outcomes import Refusal
from holon_actors.distributed.consensus.errors import ChangeRefused, MemberStopped, RaftError
from holon_actors.distributed.consensus.events import Watch
from holon_actors.distributed.consensus.host import RaftHost
from holon_actors.distributed.consensus.machine import StateMachine
from holon_actors.distributed.consensus.member.founding import (
    check_folder,
    check_members,
    first_configuration,
    take_seat,
)
from holon_actors.distributed.consensus.member.member import Member
from holon_actors.distributed.consensus.member.seat import Seat
from holon_actors.distributed.consensus.settings import RaftSettings
from holon_actors.distributed.consensus.status import RaftStatus
from holon_actors.distributed.consensus.wire.requests import ChangeMembers, HandOver, TakeSnapshot
from holon_actors.errors import ConfigError
from holon_actors.storage import Disk

if TYPE_CHECKING:
    from holon_transports.security import Curve

__all__ = ["RaftGroup"]

_CHANGE_S = 30.0


class RaftGroup:
    """One member of a Raft group.

        members = {"a": "tcp://127.0.0.1:7501", "b": "tcp://127.0.0.1:7502", ...}
        async with RaftGroup("a", members, Tally(), data_dir=path) as group:
            await group.propose({"add": 1}, timeout=2.0)

    `members` are those that the group begins with, by name; once it has begun, its log says who
    takes part, and only this member's own address is used. A member that is added later starts with
    `join=True`. `machine` must be as new: its state comes from the folder. `group` tells groups
    apart that share systems. What several members of this process share is a `host`; without one,
    the member has `data_dir` (or `disk`) to itself, and makes an actor system that listens at its
    address, unless it is given a `system`. `security` and `insecure` are the system's.

    Raises `ConfigError` and `InvalidAddress`; entering raises `GroupMismatch`, `FolderMismatch`,
    `LogCorrupted`, `SnapshotCorrupted` and `StorageError` (`DiskLocked`: another process has the
    folder), and leaves the folder as it was.
    """

    def __init__(
        self,
        node_id: str,
        members: Mapping[str, str],
        machine: StateMachine,
        data_dir: str | Path | None = None,
        *,
        group: str = "raft",
        join: bool = False,
        settings: RaftSettings | None = None,
        host: RaftHost | None = None,
        system: ActorSystem | None = None,
        disk: Disk | None = None,
        security: Curve | None = None,
        insecure: bool = False,
    ) -> None:
        check_members(node_id, members)
        self._name = member_name(group)
        self._own_host: RaftHost | None = None
        if host is None:
            host = self._own_host = RaftHost(
                node_id,
                members[node_id],
                data_dir,
                system=system,
                disk=disk,
                security=security,
                insecure=insecure,
            )
        elif data_dir is not None or system is not None or disk is not None:
            raise ConfigError("data_dir=, disk= and system= are the host's, so not with host=")
        elif host.node_id != node_id:
            raise ConfigError(f"the host is {host.node_id}, so it cannot have the member {node_id}")
        self.node_id = node_id
        self.group = group
        self._members = dict(members)
        self._machine = machine
        self._join = join
        self._settings = settings or RaftSettings()
        self._host = host
        self._seat: Seat | None = None
        self._ref: ActorRef[Any] | None = None
        self._open_calls: Calls | None = None

    @staticmethod
    def client(
        members: Mapping[str, str],
        *,
        group: str = "raft",
        name: str = "raft-client",
        settings: RaftSettings | None = None,
        system: ActorSystem | None = None,
        security: Curve | None = None,
        insecure: bool = False,
    ) -> RaftClient:
        """The same calls without being a member; see `RaftClient`."""
        return RaftClient(
            members,
            group=group,
            name=name,
            settings=settings,
            system=system,
            security=security,
            insecure=insecure,
        )

    # --- calls ---

    async def propose(self, command: Any, timeout: float | None = None) -> Any:
        """Have all members apply a command; what `apply` returns for it, once it is committed.

        It is applied once, however often it has to be sent. `timeout` is in seconds. Raises
        `NoLeader` (nothing has happened), `OutcomeUnknown` (it may have), `CommandFailed` (`apply`
        raised), `ProposalTooLarge`, `CodecError` for what cannot travel, and `MemberStopped`.
        """
        return await self._calls.propose(command, timeout)

    async def read(
        self, request: Any = None, timeout: float | None = None, *, lease: bool = False
    ) -> Any:
        """What `query` answers, from a state that has all that was committed before the call.

        With `lease` the leader may answer without asking the others, if the settings allow it and
        as long as clocks do not run apart by more than they say. Raises `NoLeader`, `QueryFailed`,
        `ProposalTooLarge`, `CodecError` and `MemberStopped`.
        """
        return await self._calls.read(request, timeout, lease)

    # --- what is known here ---

    @property
    def system(self) -> ActorSystem:
        """The actor system that the member lives in."""
        return self._host.system

    @property
    def leader(self) -> str | None:
        """Who leads, as far as this member knows; None: nobody, or it is out of service."""
        seat = self._seated
        return None if seat.stopped else seat.leader or None

    @property
    def members(self) -> dict[str, str]:
        """The addresses of all members, as this member knows them."""
        return dict(self._seated.configuration.addresses)

    def status(self) -> RaftStatus:
        """How this member is."""
        return self._seated.status(self.system.clock())

    def watch(self) -> Watch:
        """An async iterator over what happens from now on, as this member sees it: who leads, who
        takes part, how far it has applied.
        """
        return self._seated.feed.watch(self._settings.events_max)

    # --- changes ---

    async def add(
        self, name: str, address: str, *, learner: bool = False, timeout: float = _CHANGE_S
    ) -> None:
        """Let a new member take part. It learns first, and votes once it has caught up; a `learner`
        never does. Start it with `join=True`. Raises `ChangeRefused`, `NoLeader`, `OutcomeUnknown`.
        """
        check_members(name, {name: address})
        one = {name: address}
        await self._change(timeout, learn=one) if learner else await self._change(timeout, add=one)

    async def remove(self, name: str, *, timeout: float = _CHANGE_S) -> None:
        """End a member's part, also the leader's own. Raises as `add`."""
        await self._change(timeout, remove=[name])

    async def promote(self, name: str, *, timeout: float = _CHANGE_S) -> None:
        """Give a learner a vote, once it has caught up. Raises as `add`."""
        await self._change(timeout, promote=[name])

    async def demote(self, name: str, *, timeout: float = _CHANGE_S) -> None:
        """Make a voter a learner. Raises as `add`."""
        await self._change(timeout, demote=[name])

    async def transfer_leadership(
        self, target: str | None = None, *, timeout: float = _CHANGE_S
    ) -> None:
        """Have another member lead: `target`, or whichever is furthest. Raises as `add`."""
        await self._calls.change(HandOver(target or ""), timeout)

    async def snapshot(self, timeout: float | None = None) -> int:
        """Have this member take a snapshot of its state now; the index it goes up to. Raises
        `ChangeRefused` when the state cannot be packed or there is no room for it, `MemberStopped`,
        and `AskTimeout` when it takes longer: it is then taken all the same.
        """
        self._seated  # noqa: B018  # it says what is wrong
        assert self._ref is not None
        limit_s = math.inf if timeout is None else checked_timeout(timeout)
        try:
            answers = await self._ref.ask(TakeSnapshot(), limit_s)
        except ActorStopped:
            raise self._stopped() from None
        outcome = answers.outcomes[0]
        if type(outcome) is Refusal:
            raise ChangeRefused(self.group, outcome.reason, outcome.detail)
        index: int = outcome
        return index

    async def _change(
        self,
        timeout: float,
        *,
        add: dict[str, str] | None = None,
        learn: dict[str, str] | None = None,
        promote: list[str] | None = None,
        demote: list[str] | None = None,
        remove: list[str] | None = None,
    ) -> None:
        request = ChangeMembers(add or {}, learn or {}, promote or [], demote or [], remove or [])
        await self._calls.change(request, timeout)

    # --- life ---

    async def start(self) -> None:
        """Begin to take part; `async with` does it, once for each `RaftGroup`."""
        if self._seat is not None:
            raise ConfigError("it has been started before: make another RaftGroup")
        host, system = self._host, self._host.system
        if self._own_host is not None:
            await self._own_host.start()
            check_folder(host.store, self.group, self.node_id)
        seat = self._seat = await take_seat(
            host.store,
            self.group,
            self.node_id,
            first_configuration(self._members, self._join),
            self._machine,
            self._settings,
            system.rng,
            system.clock(),
        )
        self._ref = system.spawn(Member, seat, name=self._name)
        targets = Targets(dict(seat.configuration.addresses) or self._members, self.node_id)
        courier = Courier(
            system, self.group, targets, self._settings.attempt_s, {self.node_id: self._ref}
        )
        seat.feed.on_leader = courier.moved
        self._open_calls = Calls(system, courier, self.group, self._settings)

    async def close(self) -> None:
        """Stop taking part; what this process has of the group stays in its folder. A leader hands
        over first, if another member is there to take over.
        """
        calls, self._open_calls = self._open_calls, None
        try:
            if calls is not None:
                await self._hand_over(calls)
        finally:
            if calls is not None:
                calls.close()
            if self._ref is not None and self._seat is not None:
                self._ref.stop()
                await self._seat.ended.wait()
            if self._own_host is not None:
                await self._own_host.close()

    async def _hand_over(self, calls: Calls) -> None:
        seat = self._seated
        voters = seat.configuration.voters
        others = any(m.active and m.name in voters for m in seat.core.status().members)
        if seat.leads and others:
            try:
                await calls.change(HandOver(""), self._settings.election_s)
            except RaftError:
                pass  # they find another leader by themselves

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    @property
    def _seated(self) -> Seat:
        if self._seat is None:
            raise ConfigError("enter the group first: async with RaftGroup(...) as group")
        return self._seat

    @property
    def _calls(self) -> Calls:
        if self._seated.stopped or self._open_calls is None:
            raise self._stopped()
        return self._open_calls

    def _stopped(self) -> MemberStopped:
        return MemberStopped(self.group, self.node_id, self._seated.stopped or "it was closed")
