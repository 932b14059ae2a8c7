"""Durable files: the seam between what must not be lost and the disk it is kept on."""

from holon_actors.storage.disk import Disk, File
from holon_actors.storage.errors import (
    DiskFull,
    DiskLocked,
    FileMissing,
    InvalidFileName,
    StorageClosed,
    StorageError,
    SyncFailed,
)
from holon_actors.storage.os_disk import OsDisk

__all__ = [
    "Disk",
    "DiskFull",
    "DiskLocked",
    "File",
    "FileMissing",
    "InvalidFileName",
    "OsDisk",
    "StorageClosed",
    "StorageError",
    "SyncFailed",
]
