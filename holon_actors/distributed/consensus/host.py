"""What the members in one process share: an actor system, and the log of one folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from holon_actors.actors import ActorSystem
from holon_actors.distributed.consensus.storage import LogStore
from holon_actors.errors import ConfigError
from holon_actors.storage import Disk, OsDisk

if TYPE_CHECKING:
    from holon_transports.security import Curve

__all__ = ["RaftHost"]

# A peer that is lost is noticed within two: soon, next to the time that an election takes.
_HEARTBEAT_S = 0.5


class RaftHost:
    """Shared by the members of many groups, so that they share links and syncs.

        async with RaftHost("a", "tcp://127.0.0.1:7501", data_dir=path) as host:
            orders = RaftGroup("a", members, Orders(), group="orders", host=host)
            stock = RaftGroup("a", members, Stock(), group="stock", host=host)

    With a `system` it uses that one and leaves it running; otherwise it makes one that listens at
    `address` and is called `node_id`. With a `disk` it uses that instead of a folder. The folder is
    read when the host is entered: a member that has stopped begins again with another host.
    """

    def __init__(
        self,
        node_id: str,
        address: str | None = None,
        data_dir: str | Path | None = None,
        *,
        system: ActorSystem | None = None,
        disk: Disk | None = None,
        security: Curve | None = None,
        insecure: bool = False,
    ) -> None:
        if (data_dir is None) == (disk is None):
            raise ConfigError("a member needs data_dir=, the folder that its log is in")
        if system is None:
            if address is None:
                raise ConfigError("a member needs the address that it listens at, or a system=")
            system = ActorSystem(
                node_id,
                bind=address.partition("?")[0],
                security=security,
                insecure=insecure,
                heartbeat=_HEARTBEAT_S,
            )
            self._own_system: ActorSystem | None = system
        else:
            self._own_system = None
        self.node_id = node_id
        self.system = system
        self._data_dir = data_dir
        self._disk = disk
        self._own_disk: OsDisk | None = None
        self._store: LogStore | None = None

    @property
    def store(self) -> LogStore:
        """The log. Raises `ConfigError` before the host is entered."""
        if self._store is None:
            raise ConfigError("enter the host first: async with RaftHost(...) as host")
        return self._store

    async def start(self) -> None:
        """Open the log. Raises `LogCorrupted`, `FolderMismatch`, `SnapshotCorrupted`, `DiskLocked`
        when another member uses the folder, and other kinds of `StorageError`; and what listening
        does.
        """
        self.system.clock()  # it listens from here on
        disk = self._disk
        if disk is None:
            assert self._data_dir is not None
            disk = self._own_disk = OsDisk(self._data_dir, lock=True)
        self._store = await LogStore.open(disk, self.node_id)

    async def close(self) -> None:
        """Let go of the log and of what the host has made."""
        try:
            if self._own_system is not None:
                await self._own_system.shutdown()
            if self._store is not None:
                await self._store.close()
        finally:
            if self._own_disk is not None:
                self._own_disk.close()

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()
