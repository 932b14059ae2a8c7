"""Where the systems of this machine and user are found without an address.

`$XDG_RUNTIME_DIR/holon`, or `holon-<uid>` in the folder for temporary files: owned by the user,
mode 0700. Each system that lets itself be found has two files there: a socket, and an entry that
says whose it is. An entry whose process has ended, or whose socket nobody answers, is removed by
whoever looks, and by the next system that starts.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import socket
import stat
import tempfile
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path

from holon_actors.actors.admin.errors import RuntimeFolderRefused

__all__ = ["LocalSystem", "Place", "local_systems", "runtime_folder"]

_FORMAT = 1
_ENTRY_MAX = 16_384
# What the address of a Unix socket may be long on the systems that allow least, less its end.
_SOCKET_PATH_MAX = 100
# Entries of others that a system looks at when it starts.
_SWEPT_MAX = 200


@dataclass(frozen=True)
class LocalSystem:
    """One system of this user on this machine, and the socket that it answers at."""

    name: str
    pid: int
    endpoint: str | None
    socket: str


def runtime_folder(*, create: bool = False) -> Path:
    """The folder, made if need be. Raises `RuntimeFolderRefused` when others could write to it."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and _is_our_own(runtime):
        folder = Path(runtime) / "holon"
    else:
        folder = Path(tempfile.gettempdir()) / f"holon-{os.getuid()}"
    if create:
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise RuntimeFolderRefused(str(folder), error.strerror or str(error)) from error
    if folder.exists() or folder.is_symlink():
        _check(folder)
    return folder


def _is_our_own(runtime: str) -> bool:
    """Not that of the user whose environment root has been given by `sudo`: that user could not
    attach to anything any more if root made the folder.
    """
    try:
        status = Path(runtime).stat()
    except OSError:
        return False
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid()


def _check(folder: Path) -> None:
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode):
        raise RuntimeFolderRefused(str(folder), "is not a folder")
    if status.st_uid != os.getuid():
        raise RuntimeFolderRefused(str(folder), f"belongs to user {status.st_uid}, not to us")
    if stat.S_IMODE(status.st_mode) & 0o077:
        raise RuntimeFolderRefused(str(folder), "is open to others: chmod 700 it")


class Place:
    """The files of one system."""

    def __init__(self, pid: int) -> None:
        """Raises `RuntimeFolderRefused`."""
        folder = runtime_folder(create=True)
        _sweep(folder)
        # Of one process many systems may start, also several in the same millisecond.
        stem = f"{pid}-{secrets.token_hex(4)}"
        self.socket = folder / f"{stem}.sock"
        self._entry = folder / f"{stem}.json"
        if len(os.fsencode(self.socket)) > _SOCKET_PATH_MAX:
            raise RuntimeFolderRefused(str(folder), "its path is too long for a socket")

    def announce(self, name: str, pid: int, endpoint: str | None) -> None:
        """Write the entry, whole or not at all. The socket listens already."""
        entry = asdict(LocalSystem(name, pid, endpoint, str(self.socket)))
        draft = self._entry.with_suffix(".tmp")
        draft.write_text(json.dumps({"format": _FORMAT, **entry}), encoding="utf-8")
        draft.replace(self._entry)

    def remove(self) -> None:
        """Leave nothing behind."""
        _remove(self._entry)


def local_systems() -> list[LocalSystem]:
    """The systems that can be attached to, by name and process. Removes what is left of others.

    Raises `RuntimeFolderRefused` when the folder is not safe to use.
    """
    folder = runtime_folder()
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.glob("*.json")):
        entry = _read(path)
        if entry is None:
            continue
        if _answers(entry):
            found.append(entry)
        else:
            _remove(path)
    return sorted(found, key=lambda entry: (entry.name, entry.pid, entry.socket))


def _sweep(folder: Path) -> None:
    """Remove what processes that were killed have left, so that it does not pile up where nobody
    ever looks.
    """
    for path in islice(folder.glob("*.json"), _SWEPT_MAX):
        entry = _read(path)
        # Its number alone says little: another container may share the folder, not the numbers.
        if entry is not None and not _runs(entry.pid) and not _answers(entry):
            _remove(path)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    return True


def _remove(entry: Path) -> None:
    entry.unlink(missing_ok=True)
    entry.with_suffix(".sock").unlink(missing_ok=True)


def _read(path: Path) -> LocalSystem | None:
    """An entry, or None for what is none: the next version may write others."""
    try:
        with path.open(encoding="utf-8") as file:
            value = json.loads(file.read(_ENTRY_MAX))
        if value["format"] != _FORMAT:
            return None
        name, pid, endpoint = str(value["name"]), int(value["pid"]), value["endpoint"]
        at = str(path.with_suffix(".sock"))  # not what the entry says: it may have been copied
        return LocalSystem(name, pid, None if endpoint is None else str(endpoint), at)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _answers(entry: LocalSystem) -> bool:
    """Whether somebody listens at the socket: the kernel hangs up for a process that has ended,
    and a process number may be another process's by now.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        code = probe.connect_ex(entry.socket)
    return code in (0, errno.EAGAIN, errno.EINPROGRESS)
