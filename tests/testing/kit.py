"""What the tests of the simulation share: small actors, and other Pythons to run programs with."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from holon_actors import Actor, ActorRef, Request, message
from holon_actors.testing import Simulation

ROOT = Path(__file__).parents[2]
# For other versions of Python, behind what they have themselves: they can read its Python code.
PACKAGES = sysconfig.get_paths()["purelib"]


@message
class Get(Request[int]):
    """Answered with the value of a `Register`."""


@message
class Put:
    value: int


class Register(Actor):
    """Keeps a number."""

    def __init__(self, value: int = 0) -> None:
        self.value = value

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Get():
                return self.value
            case Put(value=value):
                self.value = value
        return None


class Echo(Actor):
    """Answers what it is asked, after that many virtual seconds if it is a float."""

    async def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, float):
            await asyncio.sleep(message)
        return message


@message
class Add(Request[int]):
    amount: int
    key: int = 0


class Counter(Register):
    """A register that can add."""

    def receive(self, message: Any, sender: Any) -> Any:
        if isinstance(message, Add):
            self.value += message.amount
            return self.value
        return super().receive(message, sender)


class Clerk(Actor):
    """Adds to a counter what it is told."""

    def __init__(self, counter: ActorRef[Any], bug: bool) -> None:
        self.counter = counter
        self.bug = bug

    async def receive(self, message: Any, sender: Any) -> int:
        if not self.bug:
            return await self.ask(self.counter, Add(message))
        value = await self.ask(self.counter, Get())
        self.tell(self.counter, Put(value + message))
        return value + message


async def lost_update(sim: Simulation, bug: bool) -> None:
    """Two actors read, add and write back. Without the bug it holds under any seed."""
    system = sim.node("a")
    counter = system.spawn(Counter, name="counter")
    clerks = [system.spawn(Clerk, counter, bug, name=f"clerk{i}") for i in range(2)]

    async def later(clerk: ActorRef[Any]) -> None:
        await asyncio.sleep(sim.draw("start", 4))
        await clerk.ask(1)

    await asyncio.gather(*map(later, clerks))
    assert await counter.ask(Get()) == 2


def interpreters(version: str) -> list[str]:
    """Pythons of this version: those of HOLON_PYTHONS, on the path, and from pyenv."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = os.environ.get("HOLON_PYTHONS", "").split(os.pathsep)
    found = [
        *named,
        shutil.which(f"python{version}"),
        *map(str, pyenv.glob(f"{version}.*/bin/python")),
    ]
    return [path for path in found if path]


def interpreter(version: str, needs: str = "holon_actors.testing") -> str:
    """A Python of this version that can import what it `needs`; skips the test without one."""
    numbers = tuple(map(int, version.split(".")))
    if sys.version_info[:2] == numbers:
        return sys.executable
    wanted = f"import {needs}; assert sys.version_info[:2] == {numbers}"
    for candidate in interpreters(version):
        if run(candidate, wanted).returncode == 0:
            return candidate
    pytest.skip(f"no Python {version} that can import {needs} (see HOLON_PYTHONS)")


def run(
    python: str, program: str, *arguments: object, hash_seed: int = 0
) -> subprocess.CompletedProcess[str]:
    """A program in a process of its own."""
    program = f"import sys; sys.path.append({PACKAGES!r})\n{program}"
    command = [python, "-c", program, *map(str, arguments)]
    return subprocess.run(command, env=environment(hash_seed), capture_output=True, text=True)


def environment(hash_seed: int) -> dict[str, str]:
    paths = os.pathsep.join([str(ROOT), str(ROOT / "transports")])
    return {**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONPATH": paths}


def output(python: str, program: str, *arguments: object, hash_seed: int = 0) -> str:
    """What a program prints in a process of its own."""
    done = run(python, program, *arguments, hash_seed=hash_seed)
    assert done.returncode == 0, done.stderr
    return done.stdout
