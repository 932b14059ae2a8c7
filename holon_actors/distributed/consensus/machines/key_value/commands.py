"""What changes the store. Each command is one step: all of it happens, or nothing does.

A key is text, not empty. A value is anything that may travel but None, which stands for a key that
is not there. `lease` 0 is none; a key with a lease is deleted when the lease ends.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, TypeAlias

from holon_actors.actors import message

__all__ = [
    "AcquireLock",
    "Command",
    "Compare",
    "CompareAndSet",
    "CompareRevision",
    "Delete",
    "DeletePrefix",
    "GrantLease",
    "KeepLease",
    "Put",
    "ReleaseLock",
    "RevokeLease",
    "Transacted",
    "Transaction",
]


@message(name="holon.kv.Put")
class Put:
    """Answered with the store's revision after it (int). The key's lease is replaced too.

    Raises `LeaseNotFound`.
    """

    key: str
    value: Any
    lease: int = 0


@message(name="holon.kv.Delete")
class Delete:
    """Answered with whether the key was there."""

    key: str


@message(name="holon.kv.DeletePrefix")
class DeletePrefix:
    """Deletes all keys that begin with `prefix`; answered with how many there were."""

    prefix: str


@message(name="holon.kv.CompareAndSet")
class CompareAndSet:
    """Sets the key if its value is `expected`; None: if it is not there. A `value` of None deletes
    it. Answered with whether it was done. Raises `LeaseNotFound`.

    Values are equal when they have the same types and content, the keys of dictionaries in the same
    order: 1, 1.0 and True are three values.
    """

    key: str
    expected: Any
    value: Any
    lease: int = 0


@message(name="holon.kv.Compare")
class Compare:
    """Of a transaction: the key has this value; None: it is not there."""

    key: str
    value: Any


@message(name="holon.kv.CompareRevision")
class CompareRevision:
    """Of a transaction: the key was last changed at this revision; 0: it is not there."""

    key: str
    revision: int


@message(name="holon.kv.Transaction")
class Transaction:
    """Does `then` if all that is compared holds, and `otherwise` if not.

    Answered with `Transacted`. All changes get one revision. No key may occur twice in a list.
    Raises `LeaseNotFound`.
    """

    compare: list[Compare | CompareRevision] = field(default_factory=list)
    then: list[Put | Delete] = field(default_factory=list)
    otherwise: list[Put | Delete] = field(default_factory=list)


@message(name="holon.kv.Transacted")
class Transacted:
    """Whether all that was compared held, and the store's revision after the transaction."""

    done: bool
    revision: int


@message(name="holon.kv.GrantLease")
class GrantLease:
    """Answered with the number of a new lease, that lives for `ttl` seconds at the least."""

    ttl: float


@message(name="holon.kv.KeepLease")
class KeepLease:
    """The lease lives for its `ttl` from now on; answered with that. Raises `LeaseNotFound`."""

    lease: int


@message(name="holon.kv.RevokeLease")
class RevokeLease:
    """Ends the lease: its keys are deleted, its locks go to the next in line. Answered with whether
    there was one.
    """

    lease: int


@message(name="holon.kv.AcquireLock")
class AcquireLock:
    """Takes the lock for the lease, or stands in line for it; asked again it changes nothing.

    Answered with the fencing token, or with 0 when others are first. Each time that a lock is
    taken, its token is larger than all before. Raises `LeaseNotFound`.
    """

    name: str
    lease: int


@message(name="holon.kv.ReleaseLock")
class ReleaseLock:
    """Gives the lock, or the place in line, back; answered with whether the lease had one."""

    name: str
    lease: int


Command: TypeAlias = (
    Put
    | Delete
    | DeletePrefix
    | CompareAndSet
    | Transaction
    | GrantLease
    | KeepLease
    | RevokeLease
    | AcquireLock
    | ReleaseLock
)
