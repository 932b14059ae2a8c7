"""What the kernel's tests share: messages, actors that run a given function, and ways to wait."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import Callable, Coroutine
from typing import Any

from holon_actors import Actor, ActorRef, ActorSystem, ActorTerminated, Request, message
from tests.support.virtual_time import run_virtual


@message
class Ping(Request[str]):
    """Answered with "pong" by `Echo`."""


@message
class HowMany(Request[int]):
    """Answered by `Collector` with the count of what it has seen."""


@message
class Note:
    text: str


class Boom(Exception):
    """What actors in these tests fail with."""


class Scripted(Actor):
    """Handles messages with `handler(self, message, sender)`, sync or async."""

    def __init__(self, handler: Callable[..., Any]) -> None:
        self._handler = handler

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        return self._handler(self, message, sender)


class Collector(Actor):
    """Keeps what it receives in a list that the test holds; answers asks with how many."""

    def __init__(self, seen: list[Any]) -> None:
        self.seen = seen

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        if isinstance(message, HowMany):
            return len(self.seen)
        self.seen.append(message)
        return None


class Echo(Actor):
    """Answers with the message; raises a message that is an exception."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        if isinstance(message, BaseException):
            raise message
        return "pong" if isinstance(message, Ping) else message


class Counter(Actor):
    """Counts messages; fails with one that is an exception."""

    def __init__(self, start: int = 0, *, step: int = 1) -> None:
        self.count, self.step = start, step

    def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, BaseException):
            raise message
        self.count += self.step
        return self.count


class Recorder(Actor):
    """Writes every hook and message to a list that the test holds."""

    def __init__(self, log: list[Any], tag: str = "") -> None:
        self.log_ = log
        self.tag = tag
        self._note("init")

    def _note(self, *what: Any) -> None:
        self.log_.append((self.tag, *what) if self.tag else what)

    def started(self) -> Any:
        self._note("started")

    def stopped(self) -> Any:
        self._note("stopped")

    def restarting(self, error: BaseException, message: Any) -> Any:
        self._note("restarting", error, message)

    def restarted(self, error: BaseException) -> Any:
        self._note("restarted", error)

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        if isinstance(message, BaseException):
            raise message
        self._note(message)
        return message


class Heard(list[Any]):
    """The events of some classes, as they come."""

    def __init__(self, system: ActorSystem, *types: type) -> None:
        super().__init__()
        self._more = asyncio.Event()
        self.subscription = system.events.subscribe(types, self._hear)

    def _hear(self, event: Any) -> None:
        self.append(event)
        self._more.set()

    async def wait(self, count: int = 1) -> Heard:
        """Until `count` events have come."""
        while len(self) < count:
            self._more.clear()
            await self._more.wait()
        return self


async def ended(system: ActorSystem, *refs: ActorRef[Any]) -> None:
    """Until these actors are gone."""
    heard = Heard(system, ActorTerminated)
    waiting = {ref for ref in refs if system.lookup(ref.path) == ref}
    while waiting:
        await heard.wait()
        waiting -= {event.ref for event in heard}
        heard.clear()
    heard.subscription.cancel()


async def until(condition: Callable[[], object]) -> None:
    """Until a condition that has no event is true; the test's time limit ends it."""
    while not condition():  # noqa: ASYNC110  # there is no event to wait for
        await asyncio.sleep(0)


async def turns(count: int = 20) -> None:
    """Let everything that is ready run: for asserting that something did not happen."""
    for _ in range(count):
        await asyncio.sleep(0)


def virtual(test: Callable[..., Coroutine[Any, Any, None]]) -> Callable[..., None]:
    """Run an async test on a loop whose time jumps to the next timer."""

    @functools.wraps(test)
    def run(*args: Any, **kwargs: Any) -> None:
        run_virtual(test(*args, **kwargs))

    return run


LOOP = threading.main_thread()


def on_thread(system: ActorSystem, handler: Callable[..., Any], **options: Any) -> Any:
    return system.spawn(Scripted, handler, dispatcher="thread", **options)


def on_process(system: ActorSystem, cls: type[Actor], *args: Any, **options: Any) -> Any:
    return system.spawn(cls, *args, dispatcher="process", **options)


async def ends_seen(system: ActorSystem, ref: ActorRef[Any]) -> list[Any]:
    """What a watcher of `ref` is told, from now on."""
    seen: list[Any] = []

    def handle(me: Any, message: Any, sender: Any) -> None:
        if message == "watch":
            me.watch(ref)
        else:
            seen.append(message)

    await system.spawn(Scripted, handle).ask("watch")
    return seen


class Latch:
    """A handler that blocks its thread until it is let go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.let_go = threading.Event()

    def __call__(self, me: Any, message: Any, sender: Any) -> Any:
        self.reached.set()
        assert self.let_go.wait(30)
        return message

    async def wait_reached(self) -> None:
        assert await asyncio.to_thread(self.reached.wait, 30)
