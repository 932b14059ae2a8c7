"""A running system to attach to: on a thread of this process, or as a process of its own."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from holon_actors import Actor, ActorSystem
from tests.support.account import Account


class Stuck(Actor):
    """Waits for ever."""

    async def receive(self, message, sender):
        await self.wait_for_ever()

    async def wait_for_ever(self):
        await asyncio.Event().wait()


class Hog(Actor):
    """Blocks whoever runs it."""

    let_go: threading.Event

    def receive(self, message, sender):
        assert self.let_go.wait(40)


class Running:
    """A system on a thread of its own."""

    def __init__(self, name: str, options: dict[str, object]) -> None:
        self.name = name
        self.options = options
        self.let_go = threading.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))
        self._thread.start()
        assert self._ready.wait(10)

    async def _main(self) -> None:
        self._end = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        options = {"attach": True, "slow_handler": 60, **self.options}
        hog = type("Hog", (Hog,), {"let_go": self.let_go})
        async with ActorSystem(self.name, **options) as system:
            self.system = system
            self.ada = system.spawn(Account, name="ada")
            self.stuck = system.spawn(Stuck, name="stuck")
            self.hog = system.spawn(hog, name="hog")
            self.thread = system.spawn(hog, name="thread", dispatcher="thread")
            self._ready.set()
            await self._end.wait()
            self.stuck.kill()

    @property
    def url(self) -> str:
        return f"tcp://{self.system.endpoint}"

    def on_loop(self, function: Callable[[], object]) -> None:
        """Call a function on the system's loop, and wait until it has run."""

        async def call() -> None:
            function()
            await asyncio.sleep(0)
            await asyncio.sleep(0)

        asyncio.run_coroutine_threadsafe(call(), self.loop).result(10)

    def close(self) -> None:
        self.let_go.set()
        if self._thread.is_alive():
            self.loop.call_soon_threadsafe(self._end.set)
            self._thread.join()


@pytest.fixture(autouse=True)
def runtime_dir(monkeypatch):
    folder = Path(tempfile.mkdtemp(prefix="holon-", dir="/tmp"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def run_system(runtime_dir, monkeypatch):
    """Run a system until the test ends."""
    monkeypatch.setattr("holon_actors.actors.admin._local_server.BLOCKED_S", 0.2)
    running = []

    def run(name="bank", **options):
        running.append(Running(name, options))
        return running[-1]

    yield run
    for each in running:
        each.close()


@pytest.fixture
def bank(run_system):
    return run_system()


@pytest.fixture
def app(write, start_holon, environment, runtime_dir):
    """Run a program with a bank in it as a process of its own; returns its process, ready."""
    import sys

    environment["XDG_RUNTIME_DIR"] = str(runtime_dir)
    name = write(
        "bank_app.py",
        dedent(
            """
            import asyncio, sys, time
            from holon_actors import Actor, ActorSystem, Request, message

            @message
            class Deposit:
                amount: int

            @message
            class Balance(Request[int]):
                pass

            class Account(Actor):
                balance = 0
                def receive(self, message, sender):
                    match message:
                        case Deposit(amount=amount): self.balance += amount
                        case Balance(): return self.balance
                        case "block": time.sleep(3600)

            async def main():
                async with ActorSystem("bank", bind=sys.argv[1]) as system:
                    system.spawn(Account, name="ada")
                    print(system.endpoint, flush=True)
                    await asyncio.Event().wait()

            asyncio.run(main())
            """
        ),
    )

    def start(bind="tcp://127.0.0.1:0"):
        process = start_holon(executable_and_args=[sys.executable, name, bind])
        process.endpoint = process.stdout.readline().strip()
        assert process.endpoint, process.stderr.read()
        return process

    return start
