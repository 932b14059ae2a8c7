"""What the tests of remote actors share: nodes over every transport, actors, and waiting."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from holon_actors import Actor, ActorSystem, Request, message

TRANSPORTS = ("inproc", "ipc", "tcp")


@message
class Add:
    amount: int


@message
class Total(Request[int]):
    """Answered with the sum."""


@message
class Fail:
    how: str


@message
class Slow(Request[str]):
    """Never answered, unless the actor ends."""


@message
class Introduce:
    ref: Any


class Account(Actor):
    """Adds up; answers with the sum; fails when told to."""

    def __init__(self, total: int = 0) -> None:
        self.total = total
        self.seen: list[Any] = []
        self.waiting: list[Any] = []

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Add(amount=amount):
                self.total += amount
            case Total():
                return self.total
            case Fail(how=how):
                raise ERRORS[how]
            case Slow():
                self.waiting.append(self.defer_reply())
            case Introduce(ref=ref):
                self.tell(ref, Add(self.total))
                return ref
            case _:
                self.seen.append(message)
                return message
        return None


class Listener(Actor):
    """Keeps what it receives, with who sent it, in a list that the test holds."""

    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen

    def receive(self, message: Any, sender: Any) -> None:
        self.seen.append((message, sender))


class Watcher(Actor):
    """Watches, and keeps the signals."""

    def __init__(self, seen: list[Any], *refs: Any) -> None:
        self.seen = seen
        for ref in refs:
            self.watch(ref)

    def receive(self, message: Any, sender: Any) -> None:
        if isinstance(message, tuple):
            verb, ref = message
            getattr(self, verb)(ref)
        else:
            self.seen.append(message)


class Private(Exception):
    """Not registered: does not travel."""


ERRORS: dict[str, Exception] = {
    "value": ValueError("bad", 3),
    "private": Private("secret"),
}


def endpoint(transport: str, tmp_path: Any, name: str) -> str:
    return {
        "inproc": f"inproc://{name}",
        "ipc": f"ipc://{tmp_path}/{name}.sock",
        "tcp": "tcp://127.0.0.1:0",
    }[transport]


@contextlib.asynccontextmanager
async def two(transport: str, tmp_path: Any, **options: Any) -> AsyncIterator[Any]:
    """Two systems that listen, "one" and "two"."""
    options = {"heartbeat": 0.5, "attach": False, **options}
    async with (
        ActorSystem("one", bind=endpoint(transport, tmp_path, "one"), **options) as one,
        ActorSystem("two", bind=endpoint(transport, tmp_path, "two"), **options) as other,
    ):
        yield one, other


def sizes(system: ActorSystem) -> dict[str, int]:
    """How much is in the tables of a node; all zero when nothing is going on."""
    node = system._remote
    talks = node.conversations()
    return {
        "links": len(node._links),
        "conversations": len(talks),
        "asks": sum(len(c.asks) for c in talks),
        "answers": sum(len(c.answers) for c in talks),
        "watches": sum(len(c.watches.ours) for c in talks),
        "watched": sum(len(c.watches.theirs) for c in talks),
        "unacknowledged": sum(c.session.held[0] for c in talks),
    }
