"""A lock that is held while a block runs: `HeldLock`."""

from __future__ import annotations

import asyncio
from types import TracebackType

from holon_actors.distributed.consensus.errors import NoLeader, NotYet
from holon_actors.distributed.consensus.machines.key_value.commands import AcquireLock
from holon_actors.distributed.consensus.machines.key_value.errors import (
    LeaseNotFound,
    LockBusy,
    LockLost,
)
from holon_actors.distributed.consensus.machines.key_value.held_lease import HeldLease, Store
from holon_actors.distributed.consensus.machines.key_value.queries import GetTicket

__all__ = ["HeldLock"]


class HeldLock:
    """Gets a lease of its own and stands in line with it; the lease's end gives the lock back."""

    def __init__(self, store: Store, name: str, ttl: float, timeout_s: float | None) -> None:
        self._store = store
        self._name = name
        self._timeout_s = timeout_s
        self._lease = HeldLease(store, ttl)
        self._token: int | None = None

    async def __aenter__(self) -> int:
        await self._lease.__aenter__()
        try:
            self._token = await self._taken_in_time()
        except BaseException as error:
            await self._lease.__aexit__(type(error), error, error.__traceback__)
            raise
        return self._token

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._lease.__aexit__(kind, error, traceback)
        if error is None and not self._lease.kept:
            raise LockLost(self._name, self._token)

    async def _taken_in_time(self) -> int:
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                return await self._taken()
        except TimeoutError:
            if limit.expired():
                assert self._timeout_s is not None
                raise LockBusy(self._name, self._timeout_s) from None
            raise

    async def _taken(self) -> int:
        try:
            token: int | None = await self._store.propose(AcquireLock(self._name, int(self._lease)))
        except LeaseNotFound:
            raise LockLost(self._name, None) from None
        while token == 0:
            token = await self._asked()
        if token is None:
            raise LockLost(self._name, None)
        return token

    async def _asked(self) -> int | None:
        try:
            ticket = GetTicket(self._name, int(self._lease), wait=True)
            token: int | None = await self._store.read(ticket)
        except (NoLeader, NotYet):
            return 0  # the place in line is not lost, also while nobody leads
        return token
