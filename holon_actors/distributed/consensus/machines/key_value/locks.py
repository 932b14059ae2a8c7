"""Locks: who has which, who is next, and the fencing tokens. Pure.

A fencing token (Kleppmann, "How to do distributed locking", 2016) is larger than all before it. A
holder that has lost its lock without knowing can so be told apart by whatever the lock guards.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Lock", "Locks"]


@dataclass(slots=True)
class Lock:
    """A lock that somebody has. Whoever is in line is so once, and not the holder."""

    lease: int
    token: int
    waiting: dict[int, None] = field(default_factory=dict)


class Locks:
    """All locks that somebody has, by name; `_names` are those of each lease, held or in line."""

    def __init__(self) -> None:
        self._locks: dict[str, Lock] = {}
        self._names: dict[int, dict[str, None]] = {}
        self._token = 0

    def get(self, name: str) -> Lock | None:
        """The lock, or None when nobody has it."""
        return self._locks.get(name)

    def of_lease(self, lease: int) -> list[str]:
        """The names of the locks that a lease has or is in line for, in order."""
        return sorted(self._names.get(lease, ()))

    def acquire(self, name: str, lease: int) -> int:
        """Take the lock or stand in line; returns the token, 0 in line."""
        self._names.setdefault(lease, {})[name] = None
        lock = self._locks.get(name)
        if lock is None:
            lock = self._locks[name] = Lock(lease, self._next_token())
        if lock.lease == lease:
            return lock.token
        lock.waiting[lease] = None
        return 0

    def ticket(self, name: str, lease: int) -> int | None:
        """The token of a lease that has the lock, 0 for one in line, None for others."""
        lock = self._locks.get(name)
        if lock is None:
            return None
        if lock.lease == lease:
            return lock.token
        return 0 if lease in lock.waiting else None

    def release(self, name: str, lease: int) -> bool:
        """Give the lock to the next in line, or leave the line; returns whether there was one."""
        lock = self._locks.get(name)
        if lock is None or self.ticket(name, lease) is None:
            return False
        self._forget_name(name, lease)
        if lock.lease == lease:
            self._pass_on(name, lock)
        else:
            del lock.waiting[lease]
        return True

    def release_all(self, lease: int) -> None:
        """Let go of everything that a lease has. By name: a token must not depend on history."""
        for name in self.of_lease(lease):
            self.release(name, lease)

    def _pass_on(self, name: str, lock: Lock) -> None:
        following = next(iter(lock.waiting), None)
        if following is None:
            del self._locks[name]
            return
        del lock.waiting[following]
        lock.lease, lock.token = following, self._next_token()

    def _next_token(self) -> int:
        self._token += 1
        return self._token

    def _forget_name(self, name: str, lease: int) -> None:
        names = self._names[lease]
        del names[name]
        if not names:
            del self._names[lease]

    def state(self) -> dict[str, Any]:
        """For a snapshot."""
        locks = [
            [name, lock.lease, lock.token, list(lock.waiting)] for name, lock in self._locks.items()
        ]
        return {"locks": locks, "token": self._token}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> Locks:
        """Out of a snapshot."""
        locks = cls()
        locks._token = state["token"]
        for name, lease, token, waiting in state["locks"]:
            locks._locks[name] = Lock(lease, token, dict.fromkeys(waiting))
            for each in (lease, *waiting):
                locks._names.setdefault(each, {})[name] = None
        return locks
