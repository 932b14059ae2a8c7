"""What the key-value store refuses, named for what the caller does next."""

from __future__ import annotations

from holon_actors.distributed.consensus.machines.errors import InvalidCommand
from holon_actors.errors import HolonError

__all__ = [
    "Compacted",
    "KeyValueError",
    "LeaseNotFound",
    "LockBusy",
    "LockLost",
    "of_failure",
]


class KeyValueError(HolonError):
    """Any error of the key-value store's own."""


class LeaseNotFound(KeyValueError, LookupError):
    """The lease has expired, was revoked, or never was: grant another. Nothing has changed."""

    def __init__(self, lease: int) -> None:
        super().__init__(f"lease {lease} has expired, was revoked, or never was")
        self.lease = lease


class Compacted(KeyValueError, LookupError):
    """Events that were asked for are forgotten: read the keys anew and watch from there.

    `after` is the revision after which they were asked for, `oldest` the one after which all are
    still there.
    """

    def __init__(self, after: int, oldest: int) -> None:
        super().__init__(f"events after revision {after} are forgotten up to revision {oldest}")
        self.after = after
        self.oldest = oldest


class LockBusy(KeyValueError, TimeoutError):
    """Others had the lock for as long as it was waited for: try again later."""

    def __init__(self, name: str, timeout_s: float) -> None:
        super().__init__(f"lock {name!r} did not become free within {timeout_s:g}s")
        self.name = name
        self.timeout_s = timeout_s


class LockLost(KeyValueError):
    """The lock's lease ended, or may have ended, before the block that it guarded: others may have
    had the lock.

    What was written under `token` (None: it was never held) may have been refused by whoever
    checks fencing tokens, and may clash where nobody does.
    """

    def __init__(self, name: str, token: int | None) -> None:
        held = "while it was waited for" if token is None else f"while it was held as {token}"
        super().__init__(f"the lease of lock {name!r} may have ended {held}")
        self.name = name
        self.token = token


def of_failure(type_name: str, text: str) -> HolonError | None:
    """The error that `apply` or `query` raised on the members, out of its name and text; None for
    one of another's.
    """
    if type_name == InvalidCommand.__name__:
        command, _, reason = text.partition(": ")
        return InvalidCommand(command, reason)
    if type_name == LeaseNotFound.__name__:
        return LeaseNotFound(int(text.split()[1]))
    return None
