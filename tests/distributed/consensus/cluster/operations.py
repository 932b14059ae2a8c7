"""A client's call, from its start to its answer."""

from __future__ import annotations

from typing import Any

__all__ = ["Call"]


class Call:
    """One call of a client; all its attempts carry the same session and sequence."""

    __slots__ = (
        "attempt",
        "client",
        "end",
        "expected",
        "floor",
        "key",
        "kind",
        "member",
        "outcome",
        "point",
        "serial",
        "session",
        "start",
        "value",
    )

    def __init__(self, client: int, kind: str, key: str, start: int, floor: int) -> None:
        self.client = client
        self.kind = kind  # "put", "cas" or "get"
        self.key = key
        self.value: Any = None
        self.expected: Any = None
        self.start = start
        self.end: int | None = None
        self.floor = floor  # the point of the latest call that had ended when this one started
        self.point = 0  # the index at which it happened
        self.outcome: Any = None
        self.session = True  # whether it may be tried again
        self.attempt = 0
        self.member = ""
        self.serial = 0  # its place among all calls, from 1 on

    def __repr__(self) -> str:
        what = f"{self.kind} {self.key}"
        if self.kind != "get":
            what += f"={self.value}"
        if self.kind == "cas":
            what += f" if {self.expected}"
        return f"client {self.client}: {what}"
