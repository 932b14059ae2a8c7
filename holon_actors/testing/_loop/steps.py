"""What a run did, step by step, and its fingerprint.

Two runs with the same fingerprint executed the same callbacks in the same order at the same
virtual times.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple


class Step(NamedTuple):
    """One executed callback: virtual nanoseconds, `"run"` or `"timer"`, and its label."""

    time_ns: int
    kind: str
    label: str


class Trace:
    """Collects steps; without `keep` only their fingerprint, in constant memory."""

    def __init__(self, *, keep: bool = True) -> None:
        self.steps: list[Step] = []
        self._keep = keep
        self._hash = hashlib.sha256()

    def record(self, time_ns: int, kind: str, label: str) -> None:
        # Lengths keep two labels from running into one another.
        self._hash.update(f"{time_ns} {kind} {len(label)} {label}\n".encode())
        if self._keep:
            self.steps.append(Step(time_ns, kind, label))

    def fingerprint(self) -> str:
        """64 hexadecimal digits."""
        return self._hash.hexdigest()
