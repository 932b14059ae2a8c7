"""Socket files: who may use them, and whose they are.

libzmq replaces whatever file is at the path without asking, and leaves its own behind. So here is
where it is asked, and cleared away.
"""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

from holon_transports.endpoints import IpcEndpoint
from holon_transports.errors import EndpointInUse, InvalidEndpoint

__all__ = ["SocketFile", "private_umask", "take_over"]


def take_over(endpoint: IpcEndpoint) -> None:
    """See that the path is free, or the socket file of somebody who is gone.

    Raises `EndpointInUse` if somebody listens, `InvalidEndpoint` if the path cannot be one.
    """
    path = Path(endpoint.path)
    if not path.parent.is_dir():
        raise InvalidEndpoint(str(endpoint), "its folder does not exist")
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise InvalidEndpoint(str(endpoint), "there is a file that is no socket")
    if _somebody_listens(path):
        raise EndpointInUse(str(endpoint))


def _somebody_listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)
        try:
            probe.connect(os.fspath(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # its queue of callers is full, or it is not ours to ask: a living one
    return True


class SocketFile:
    """A file that was just bound to."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)
        self._identity = self._look()

    def remove(self) -> None:
        """Remove it, unless somebody else has taken over the path since."""
        if self._look() == self._identity:
            self._path.unlink(missing_ok=True)

    def _look(self) -> tuple[int, int] | None:
        try:
            facts = self._path.lstat()
        except OSError:
            return None
        return facts.st_dev, facts.st_ino


@contextlib.contextmanager
def private_umask() -> Iterator[None]:
    """Files made meanwhile are for this user alone, from the first moment on."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
