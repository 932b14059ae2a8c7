"""What the tests of process actors share: actors that a process can import."""

from __future__ import annotations

import ctypes
import faulthandler
import os
import resource
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np

from holon_actors import (
    Actor,
    ActorRef,
    DeferredReply,
    ReceiveTimeout,
    Request,
    Terminated,
    message,
)


@message
class Pid(Request[int]):
    """Answered with the number of the process that handles it."""


@message
class Add(Request[int]):
    """Answered with the sum so far."""

    n: int


@message
class Tell:
    """Tell `ref` `what`."""

    ref: Any
    what: Any


@message
class Die:
    """End the process: "exit", "kill", "segv" or "memory"."""

    how: str


class Unknown:
    """Nothing that may travel."""


class Odd(Exception):
    """Has a constructor that pickle cannot call."""

    def __init__(self, first: str, second: int) -> None:
        super().__init__(f"{first}/{second}")
        self.second = second


def die(how: str) -> None:
    """End this process."""
    match how:
        case "exit":
            os._exit(3)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "segv":
            faulthandler.disable()
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            ctypes.string_at(0)


def use_up_memory() -> None:
    """Ask for more than this process may have."""
    used = Path("/proc/self/statm").read_text().split()[0]
    limit = int(used) * resource.getpagesize() + 64 * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    bytearray(512 * 1024 * 1024)


class Counter(Actor):
    """Adds up."""

    def __init__(self, total: int = 0) -> None:
        self.total = total

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        match message:
            case Add(n=n):
                self.total += n
                return self.total
            case Pid():
                return os.getpid()
            case Die(how="memory"):
                use_up_memory()
            case Die(how=how):
                die(how)
            case Tell(ref=ref, what=what):
                self.tell(ref, what)
            case "fail":
                raise ValueError("as told")
            case "odd":
                raise Odd("one", 2)
            case "exit":
                raise SystemExit(5)
            case "stop":
                self.stop()
            case _:
                return message
        return None


class Hooked(Actor):
    """Writes a line per hook to a file; fails in the one that it is told."""

    def __init__(self, path: str, failing: str = "") -> None:
        self._path = Path(path)
        self._failing = failing
        self._note("init")

    def _note(self, what: str) -> None:
        with self._path.open("a") as file:
            file.write(f"{what}\n")
        if what == self._failing:
            raise ValueError(what)

    def started(self) -> None:
        self._note("started")

    def stopped(self) -> None:
        self._note("stopped")

    def restarting(self, error: BaseException, message: Any) -> None:
        self._note(f"restarting {type(error).__name__} {message}")

    def restarted(self, error: BaseException) -> None:
        self._note(f"restarted {type(error).__name__}")

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        if message == "fail":
            raise ValueError("as told")
        if message == "die":
            os._exit(1)
        return message


class Blocking(Actor):
    """Blocks its process: for ever, or until a file is there."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        if message == "hello":
            return "hello"
        path, deaf = message
        if deaf:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        Path(path).with_suffix(".reached").touch()
        while not Path(path).exists():
            time.sleep(0.005)  # a file tells nobody
        return "done"


class Parent(Actor):
    """Has a child in its own process."""

    def started(self) -> None:
        self.kid = self.spawn(Counter, 100, name="kid")
        self.watch(self.kid)
        self.ended: list[str] = []

    async def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        match message:
            case "kid":
                return self.kid
            case "total":
                return await self.ask(self.kid, Add(1))
            case "fail kid":
                self.kid.tell("fail")
            case "stop kid":
                self.stop_child(self.kid)
            case Terminated(ref=ref, reason=reason):
                self.ended.append(f"{ref.path} {reason}")
            case "ended":
                return self.ended
        return None


class Busybody(Actor):
    """Does everything that an actor can do to itself and to others."""

    def __init__(self, other: ActorRef[Any] | None = None) -> None:
        self.other = other
        self.later: DeferredReply | None = None
        self.notes: list[Any] = []

    async def receive(  # noqa: C901  # a list of things to do
        self, message: Any, sender: ActorRef[Any] | None
    ) -> Any:
        match message:
            case "who":
                parent = self.parent.address if self.parent else None
                return [str(self.ref.address), str(parent), self.ref, sender]
            case "notes":
                return self.notes
            case "ask other":
                assert self.other is not None
                return await self.ask(self.other, "question")
            case "ask itself":
                return await self.ask(self.ref, "notes")
            case "other":
                return self.other
            case "reply":
                self.reply("replied")
            case "defer":
                self.later = self.defer_reply()
            case "answer soon":
                self.system.loop.call_later(0.01, self.defer_reply().send, "soon")
            case "answer":
                assert self.later is not None
                self.later.send("deferred")
            case "become":
                self.become(self.closed)
            case "schedule":
                self.schedule(0.0, "tick")
            case "pipe":
                self.pipe_to_self(self.work())
            case "quiet":
                self.set_receive_timeout(0.01)
            case "stash and unstash" if not self.notes:
                self.notes.append("once")
                self.stash()
                self.unstash_all()
            case "watch":
                assert self.other is not None
                self.watch(self.other)
            case "unwatch":
                assert self.other is not None
                self.unwatch(self.other)
            case "unhandled":
                self.unhandled(message)
            case Terminated(ref=ref, reason=reason):
                self.notes.append([ref, reason])
            case ReceiveTimeout():
                self.set_receive_timeout(None)
                self.notes.append("quiet")
                if self.other is not None:
                    self.other.tell("quiet")
            case _:
                self.notes.append(message)
        return None

    async def work(self) -> str:
        return "piped"

    def closed(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        match message:
            case "open":
                self.unbecome()
                self.unstash_all()
            case Terminated():
                self.notes.append("terminated")
            case _:
                self.stash()


class Numbers(Actor):
    """Works with arrays."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        return message * 2 if isinstance(message, np.ndarray) else os.getpid()


class Spinner(Actor):
    """Keeps a core busy, and says in which process."""

    def receive(self, message: int, sender: ActorRef[Any] | None) -> Any:
        return [os.getpid(), sum(range(message))]


class Sleeper(Actor):
    """Waits for ever; says so in a file, also when it is cancelled."""

    async def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        import asyncio

        path = Path(message)
        path.touch()  # noqa: ASYNC240  # an empty file
        try:
            await asyncio.Event().wait()
        finally:
            path.with_suffix(".cancelled").touch()


class Starting(Actor):
    """Starts a program that would outlive it."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> int:
        import subprocess

        return subprocess.Popen(["sleep", "600"]).pid


class Looking(Actor):
    """Looks at what its process has around it."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> list[Any]:
        if message == "inherited":
            return [number for number in range(64) if _is_inherited(number)]
        return [os.environ.get("HOLON_TEST_WORD"), str(Path.cwd())]


def _is_inherited(number: int) -> bool:
    try:
        return os.get_inheritable(number)
    except OSError:  # it is not open
        return False


class Garbling(Actor):
    """Writes bytes to each socket that its process has; gives back what is none."""

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        if not isinstance(message, bytes):
            return message
        for number in range(64):
            entry = Path(f"/proc/self/fd/{number}")
            if entry.is_symlink() and str(entry.readlink()).startswith("socket:"):
                os.write(number, message)
        return None


class Nesting(Actor):
    """Has an actor in a further process."""

    async def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        inner = self.spawn(Counter, dispatcher="process")
        return [os.getpid(), await inner.ask(Pid(), timeout=20), await inner.ask(Add(1))]
