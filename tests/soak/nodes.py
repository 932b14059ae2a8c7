"""The nodes that the soak test kills: what they say to each other, and their actors."""

from __future__ import annotations

from typing import Any

from holon_actors import Actor, HolonError, Request, message


@message(name="soak.Numbered")
class Numbered:
    """One of a row of messages; `stamp` says of which row."""

    stamp: int
    number: int


@message(name="soak.Disorders")
class Disorders(Request[int]):
    """How many numbered messages came twice, or behind a later one."""


@message(name="soak.Via")
class Via(Request[bool]):
    """Ask a desk: whether it has answered."""

    other: Any


class Desk(Actor):
    """Checks the order of what comes."""

    def __init__(self) -> None:
        self.latest: dict[int, int] = {}
        self.disorders = 0

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Numbered(stamp=stamp, number=number):
                self.disorders += number <= self.latest.get(stamp, -1)
                self.latest[stamp] = number
            case Disorders():
                return self.disorders
        return None


class Caller(Actor):
    """Asks the desk of another node. Not a desk itself: two could wait for each other."""

    async def receive(self, message: Via, sender: Any) -> bool:
        try:
            await self.ask(message.other, Disorders(), timeout=1.0)
        except HolonError:
            return False
        return True
