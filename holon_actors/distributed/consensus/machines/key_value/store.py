"""The verbs of the key-value store, for a member of its group or a client: `KeyValueStore`.

A thin shell: every verb is one command or one linearizable read. What lasts longer (a lease that is
kept, a lock, a watch) is beside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

from holon_actors.distributed.consensus.errors import CommandFailed, QueryFailed
from holon_actors.distributed.consensus.machines.key_value.commands import (
    Compare,
    CompareAndSet,
    CompareRevision,
    Delete,
    DeletePrefix,
    Put,
    Transacted,
    Transaction,
)
from holon_actors.distributed.consensus.machines.key_value.errors import of_failure
from holon_actors.distributed.consensus.machines.key_value.held_lease import HeldLease
from holon_actors.distributed.consensus.machines.key_value.held_lock import HeldLock
from holon_actors.distributed.consensus.machines.key_value.queries import (
    Event,
    Get,
    GetRevision,
    Item,
    Page,
    Range,
)
from holon_actors.distributed.consensus.machines.key_value.watching import watch

__all__ = ["Group", "KeyValueStore"]


class Group(Protocol):
    """What the store needs of a `RaftGroup` or its client."""

    async def propose(self, command: Any, *, timeout: float) -> Any:
        """The result of `apply`."""
        ...

    async def read(self, request: Any, *, timeout: float) -> Any:
        """The result of `query`."""
        ...


class KeyValueStore:
    """Keys and values of a group whose state machine is `KeyValue`.

    Every verb raises what `RaftGroup.propose` and `.read` raise, and `InvalidCommand`; those that
    take a lease also `LeaseNotFound`. Each waits for `timeout` seconds at most.
    """

    def __init__(self, group: Group, *, timeout: float = 5.0) -> None:
        self._group = group
        self._timeout = timeout

    async def propose(self, command: Any) -> Any:
        """Send one of `commands.py`; returns its answer."""
        try:
            return await self._group.propose(command, timeout=self._timeout)
        except CommandFailed as failed:
            raise _own(failed) from None

    async def read(self, request: Any) -> Any:
        """Send one of `queries.py`; returns its answer."""
        try:
            return await self._group.read(request, timeout=self._timeout)
        except QueryFailed as failed:
            raise _own(failed) from None

    # --- keys ---

    async def put(self, key: str, value: Any, *, lease: HeldLease | int = 0) -> int:
        """Set a key; returns the store's revision after it. With a lease the key lives as long."""
        revision: int = await self.propose(Put(key, value, int(lease)))
        return revision

    async def get(self, key: str) -> Any:
        """The value of a key, or None."""
        item = await self.item(key)
        return None if item is None else item.value

    async def item(self, key: str) -> Item | None:
        """The value of a key with its revisions and its lease, or None."""
        item: Item | None = await self.read(Get(key))
        return item

    async def delete(self, key: str) -> bool:
        """Delete a key; returns whether it was there."""
        found: bool = await self.propose(Delete(key))
        return found

    async def delete_prefix(self, prefix: str) -> int:
        """Delete all keys that begin with `prefix`; returns how many there were."""
        found: int = await self.propose(DeletePrefix(prefix))
        return found

    async def compare_and_set(
        self, key: str, expected: Any, value: Any, *, lease: HeldLease | int = 0
    ) -> bool:
        """Set a key if its value is `expected` (None: not there); a `value` of None deletes it.
        Returns whether it was done. Equal is what has the same types and content: see
        `CompareAndSet`.
        """
        done: bool = await self.propose(CompareAndSet(key, expected, value, int(lease)))
        return done

    async def set_if_revision(
        self, key: str, revision: int, value: Any, *, lease: HeldLease | int = 0
    ) -> bool:
        """Set a key if it was last changed at `revision` (0: it is not there)."""
        outcome = await self.transaction(
            [CompareRevision(key, revision)], [Put(key, value, int(lease))]
        )
        return outcome.done

    async def transaction(
        self,
        compare: Iterable[Compare | CompareRevision],
        then: Iterable[Put | Delete],
        otherwise: Iterable[Put | Delete] = (),
    ) -> Transacted:
        """Do `then` as one change if all of `compare` holds, and `otherwise` if not."""
        command = Transaction(list(compare), list(then), list(otherwise))
        outcome: Transacted = await self.propose(command)
        return outcome

    async def page(self, prefix: str = "", *, after: str = "", limit: int = 1_000) -> Page:
        """Up to `limit` keys that begin with `prefix` and come after `after`, in order."""
        page: Page = await self.read(Range(prefix, after, limit))
        return page

    async def items(self, prefix: str = "") -> AsyncIterator[Item]:
        """All keys that begin with `prefix`, in order, read in pages: of different pages, each is
        as it was when that page was read.
        """
        after, more = "", True
        while more:
            page = await self.page(prefix, after=after)
            for item in page.items:
                yield item
            more = page.more
            after = page.items[-1].key if page.items else after

    async def revision(self) -> int:
        """How many times keys have been changed."""
        revision: int = await self.read(GetRevision())
        return revision

    # --- what lasts ---

    def lease(self, ttl: float) -> HeldLease:
        """`async with kv.lease(ttl=5.0) as lease:` a lease that is kept for as long as the block
        lasts, and ends with it; or `ttl` seconds after this process has ended.
        """
        return HeldLease(self, ttl)

    def lock(self, name: str, *, ttl: float = 5.0, timeout: float | None = None) -> HeldLock:
        """`async with kv.lock("name", ttl=5.0) as token:` the lock, once those before in line have
        let go, and its fencing token (int, larger than all before).

        A process that ends without letting go loses the lock after `ttl` seconds. Raises `LockBusy`
        if the lock is not free within `timeout` seconds (None: wait for ever), and `LockLost` at
        the end of the block if the lease ended before.
        """
        return HeldLock(self, name, ttl, timeout)

    def watch(self, prefix: str = "", *, after: int | None = None) -> AsyncIterator[Event]:
        """`async for event in kv.watch("prefix"):` the changes of keys that begin with `prefix`, in
        order and none left out; after the revision `after`, or from the first turn of the loop on.

        Raises `Compacted` when changes were forgotten before they were read. Otherwise, after an
        error, go on with the revision of the last event.
        """
        return watch(self, prefix, after)


def _own(failed: CommandFailed | QueryFailed) -> Exception:
    return of_failure(failed.type_name, failed.message) or failed
