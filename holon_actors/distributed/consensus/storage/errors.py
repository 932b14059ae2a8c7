"""What goes wrong with a member's log and snapshots, named for what the caller does next."""

from __future__ import annotations

import errno

from holon_actors.distributed.consensus.errors import RaftError

__all__ = ["FolderMismatch", "LogCorrupted", "SnapshotCorrupted", "StoreBroken"]


class LogCorrupted(RaftError, ValueError):
    """What was durable has changed or is gone. Nothing was touched: restore the folder's file, or
    give this member up and let a new one, with an empty folder and another name, take its place.
    """

    def __init__(self, file: str, offset: int, reason: str) -> None:
        super().__init__(f"the log is damaged in {file!r} at byte {offset}: {reason}")
        self.file = file
        self.offset = offset
        self.reason = reason


class FolderMismatch(RaftError, ValueError):
    """The folder is not for this member or this version: correct which folder is used."""

    def __init__(self, file: str, what: str, found: object, wanted: object) -> None:
        super().__init__(f"{file!r} is for {what} {found!r}, not {wanted!r}")
        self.file = file
        self.what = what
        self.found = found
        self.wanted = wanted


class SnapshotCorrupted(RaftError, ValueError):
    """A snapshot is not what its record or its sender says: have it sent anew, or as above."""

    def __init__(self, file: str, reason: str) -> None:
        super().__init__(f"the snapshot {file!r} is damaged: {reason}")
        self.file = file
        self.reason = reason


class StoreBroken(RaftError, OSError):
    """A write or a sync has failed, so that it is not known what is durable: stop the member.

    Opening the folder again finds out, once there is room or the disk works.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(errno.EIO, reason)
        self.reason = reason

    def __str__(self) -> str:
        return f"the log can not be written any more: {self.reason}"
