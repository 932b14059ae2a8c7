"""A lease that is kept while a block runs: `HeldLease`."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Any, Protocol, Self

from holon_actors.distributed.consensus.machines.key_value.commands import (
    GrantLease,
    KeepLease,
    RevokeLease,
)
from holon_actors.distributed.consensus.machines.key_value.errors import LeaseNotFound
from holon_actors.errors import ConfigError, HolonError

__all__ = ["HeldLease", "Store"]

# A lease is kept so many times in its ttl: two may fail before it ends.
_KEPT_PER_TTL = 3


class Store(Protocol):
    """What it needs of the store."""

    async def propose(self, command: Any) -> Any:
        """Send a command; returns its answer."""
        ...

    async def read(self, request: Any) -> Any:
        """Send a query; returns its answer."""
        ...


class HeldLease:
    """Granted when the block is entered, kept by a task of its own, revoked when the block is left.

    `int(lease)` is its number; before the block that raises `ConfigError`.
    """

    def __init__(self, store: Store, ttl: float) -> None:
        self._store = store
        self._ttl = ttl
        self._number = 0
        self._keeper: asyncio.Task[None] | None = None
        self._lost = asyncio.Event()
        self._revoked = False

    def __int__(self) -> int:
        if not self._number:
            raise ConfigError("enter the lease first: async with kv.lease(...) as lease")
        return self._number

    @property
    def lost(self) -> bool:
        """Whether the lease has ended while it was held, as far as is known here."""
        return self._lost.is_set()

    @property
    def kept(self) -> bool:
        """After the block: whether the lease has lived until its end for certain."""
        return self._revoked

    async def wait_lost(self) -> None:
        """Wait until it is known that the lease has ended."""
        await self._lost.wait()

    async def __aenter__(self) -> Self:
        self._number = await self._store.propose(GrantLease(self._ttl))
        self._keeper = asyncio.get_running_loop().create_task(self._keep())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._keeper is not None
        self._keeper.cancel()
        await asyncio.wait([self._keeper])
        if not self.lost:
            await self._revoke()
        if not self._keeper.cancelled():
            self._keeper.result()  # an error that no part of Holon's raised must not be lost

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._ttl / _KEPT_PER_TTL)
            try:
                await self._store.propose(KeepLease(self._number))
            except LeaseNotFound:
                self._lost.set()
                return
            except HolonError:
                continue  # nobody leads just now: the lease may still be there next time

    async def _revoke(self) -> None:
        try:
            self._revoked = await self._store.propose(RevokeLease(self._number))
        except HolonError:
            pass  # the group does not answer: the lease ends by itself after its ttl
