"""What happened in a run, in lines that can be read. Only replays write one."""

from __future__ import annotations

from dataclasses import fields
from hashlib import sha256
from typing import Any

from tests.distributed.consensus.cluster.plan import TICK

__all__ = ["Trace"]


class Trace:
    """Lines of time, member, what it was told, and what it did about it."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def fingerprint(self) -> str:
        """The same for the same run, and no other."""
        return sha256("\n".join(self.lines).encode()).hexdigest()

    def note(self, now: int, name: str, text: str) -> None:
        """Something that is not a step of a core."""
        self.lines.append(f"{now / TICK:9.3f} {name} {text}")

    def step(self, now: int, name: str, event: Any, effects: Any) -> None:
        """One step of a core; ticks that change nothing are left out."""
        done = [
            f"    {field.name}: {value}"
            for field in fields(effects)
            if (value := getattr(effects, field.name)) not in (None, ())
        ]
        if done or type(event).__name__ != "Tick":
            self.note(now, name, f"<- {event}")
            self.lines.extend(done)
