"""Key files: one secret of our own, and a folder with the public keys of those we talk to.

`NAME.key` has a node's public key, `NAME.key_secret` both of its keys, in the format of ZeroMQ's
certificates (ZPL). A file in the folder belongs to the system that it is named for. What a folder
says is read again whenever its files have changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path

from holon_transports.endpoints import SYSTEM_NAME
from holon_transports.errors import KeyFileError

__all__ = ["KeyFolder", "KeyPair", "KeyPairFiles", "read_key_pair", "write_key_pair"]

# A key is 32 bytes in Z85 (ZeroMQ RFC 32): five characters of these for four bytes.
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_VALUES = {digit: value for value, digit in enumerate(_DIGITS.encode())}
_KEY_DIGITS = 40
_FILE_BYTES_MAX = 16 * 1024
_LINE = re.compile(r'\s*(public|secret)-key\s*=\s*"([^"]*)"\s*')
_OTHERS = 0o077
_WRITABLE_BY_ALL = 0o002


@dataclass(frozen=True)
class KeyPair:
    """The two keys of a node, in Z85."""

    public: bytes
    secret: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyPairFiles:
    """A node's new keys, as they were written."""

    name: str
    public_key: str
    public_path: Path
    secret_path: Path


def write_key_pair(folder: str | os.PathLike[str], name: str) -> KeyPairFiles:
    """Make new keys and write `NAME.key` and `NAME.key_secret`.

    The folder is made, for its owner alone, if it is not there. Existing files are never replaced.
    Raises `KeyFileError`.
    """
    public_path, secret_path = Path(folder, f"{name}.key"), Path(folder, f"{name}.key_secret")
    if not SYSTEM_NAME.fullmatch(name):
        raise KeyFileError(str(public_path), f"{name!r} cannot be the name of a system")
    for path in (public_path, secret_path):
        if path.exists():
            raise KeyFileError(str(path), "is there already, and keys are never overwritten")
    import zmq  # noqa: PLC0415 - only who uses keys pays for it

    public, secret = zmq.curve_keypair()
    try:
        Path(folder).mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(secret_path, 0o600, _text(public, secret))
        _write(public_path, 0o644, _text(public, None))
    except OSError as error:
        raise KeyFileError(str(error.filename or folder), f"cannot be written: {error}") from error
    return KeyPairFiles(name, public.decode(), public_path, secret_path)


def read_key_pair(path: str | os.PathLike[str]) -> KeyPair:
    """A node's own keys. Raises `KeyFileError`, also when others could have read the file."""
    keys, mode = _read(Path(path))
    if "secret" not in keys:  # before its mode is judged: a public key is for others to read
        raise KeyFileError(str(path), "has no secret key: name the .key_secret file")
    _refuse_access(path, mode, forbidden=_OTHERS, remedy="chmod 600")
    import zmq  # noqa: PLC0415 - as above

    if zmq.curve_public(keys["secret"]) != keys["public"]:
        raise KeyFileError(str(path), "its public key is not that of its secret key")
    return KeyPair(keys["public"], keys["secret"])


class KeyFolder:
    """Who is known, by system name and by key. Raises `KeyFileError` when the folder is no good."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        self.problems: tuple[KeyFileError, ...] = ()
        self._seen: dict[str, tuple[int, int, int]] = {}
        self._by_name: dict[str, bytes] = {}
        self._by_key: dict[bytes, str] = {}
        if not self.path.is_dir():
            raise KeyFileError(str(path), "is no folder: it should have the .key files of peers")
        if self.path.stat().st_mode & _WRITABLE_BY_ALL:
            raise KeyFileError(str(path), f"everybody may change it: chmod o-w {path}")
        self.refresh()
        if self.problems:
            raise self.problems[0]

    @property
    def names(self) -> Mapping[str, bytes]:
        """Public keys by system name."""
        return self._by_name

    def key_of(self, name: str) -> bytes:
        """A peer's public key. Raises `KeyFileError` if there is none."""
        key = self._by_name.get(name)
        if key is None:
            path = self.path / f"{name}.key"
            raise KeyFileError(str(path), f"is missing: copy the public key of {name!r} there")
        return key

    def name_of(self, key: bytes) -> str | None:
        """Whose public key it is; None for a stranger's."""
        return self._by_key.get(key)

    def refresh(self) -> bool:
        """Read the folder again if its files have changed, and whether they had.

        A file that cannot be used counts as not there, and is one of `problems`.
        """
        seen = self._look()
        if seen == self._seen:
            return False
        self._seen = seen
        problems = []
        self._by_name, self._by_key = {}, {}
        for file in sorted(seen):
            try:
                self._take_in(self.path / file)
            except KeyFileError as error:
                problems.append(error)
        self.problems = tuple(problems)
        return True

    def _look(self) -> dict[str, tuple[int, int, int]]:
        seen = {}
        try:
            with os.scandir(self.path) as entries:
                for entry in entries:
                    if entry.name.endswith(".key"):
                        facts = entry.stat()
                        seen[entry.name] = (facts.st_mtime_ns, facts.st_size, facts.st_ino)
        except OSError:
            return {}  # the folder is gone, and with it everybody's authority
        return seen

    def _take_in(self, path: Path) -> None:
        keys, mode = _read(path)
        _refuse_access(path, mode, forbidden=_WRITABLE_BY_ALL, remedy="chmod o-w")
        key = keys["public"]
        other = self._by_key.get(key)
        if other is not None:
            raise KeyFileError(str(path), f"has the same key as {other}.key: whose is it?")
        self._by_name[path.stem] = key
        self._by_key[key] = path.stem


def _write(path: Path, mode: int, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)


def _text(public: bytes, secret: bytes | None) -> str:
    lines = ["#   A ZeroMQ CURVE certificate, made by `holon keygen`."]
    if secret is not None:
        lines.append("#   It has the SECRET key: show it to nobody, and keep its permissions.")
    lines += ["", "metadata", "curve", f'    public-key = "{public.decode()}"']
    if secret is not None:
        lines.append(f'    secret-key = "{secret.decode()}"')
    return "\n".join(lines) + "\n"


def _refuse_access(path: str | os.PathLike[str], mode: int, *, forbidden: int, remedy: str) -> None:
    if mode & forbidden:
        raise KeyFileError(
            str(path), f"other users have too much access (mode {mode:04o}): {remedy} {path}"
        )


def _read(path: Path) -> tuple[dict[str, bytes], int]:
    """The keys in a file, by "public" and "secret", and its mode."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode & 0o777
            lines = file.read(_FILE_BYTES_MAX).decode("utf-8", "replace").splitlines()
    except OSError as error:
        raise KeyFileError(str(path), f"cannot be read: {error.strerror}") from error
    found = {match[1]: match[2].encode() for line in lines if (match := _LINE.fullmatch(line))}
    if "public" not in found:
        raise KeyFileError(str(path), "has no public key: is it one of `holon keygen`?")
    if not all(map(_is_key, found.values())):
        raise KeyFileError(str(path), "has something in it that is no key")
    return found, mode


def _is_key(key: bytes) -> bool:
    if len(key) != _KEY_DIGITS or not set(key) <= _VALUES.keys():
        return False
    groups = [key[start : start + 5] for start in range(0, _KEY_DIGITS, 5)]
    return all(reduce(lambda n, digit: n * 85 + _VALUES[digit], g, 0) < 2**32 for g in groups)
