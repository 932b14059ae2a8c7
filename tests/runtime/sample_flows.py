"""Flows that tests run, here and in worker processes, which import this module."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from holon_actors.flows import current_context, flow
from holon_actors.runtime import time_remaining


class Unloadable(Exception):
    """Can be pickled, but not rebuilt: the arguments pickle keeps do not fit the constructor."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code


class Custom(Exception):
    """An error with a value of its own."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Point:
    """A value of a class of its own."""

    def __init__(self, x: int, y: int) -> None:
        self.x = x
        self.y = y


@flow
def add(x: int, y: int) -> int:
    return x + y


@flow
async def add_async(x: int, y: int) -> int:
    await asyncio.sleep(0)
    return x + y


@flow
def echo(value: Any) -> Any:
    return value


@flow
def fail(text: str) -> None:
    raise ValueError(text)


@flow
def where(_: Any) -> tuple[int, str]:
    return os.getpid(), threading.current_thread().name


@flow
def raise_custom(code: int) -> None:
    raise Custom(code)


@flow
def raise_unloadable(code: int) -> None:
    raise Unloadable(code, "nobody home")


@flow
def swap(point: Any) -> Any:
    return Point(point.y, point.x)


class Unsendable(Exception):
    """Holds what cannot be pickled."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.lock = threading.Lock()


@flow
def raise_unsendable(_: Any) -> None:
    raise Unsendable("locked")


@flow
def map_private(size: int) -> int:
    """Memory whose refusal is reported as an `OSError`."""
    import mmap

    with mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) as mapping:
        return len(mapping)


@flow
def start_child(_: Any) -> int:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"]).pid


@flow
def die_by(number: int) -> None:
    os.kill(os.getpid(), number)
    time.sleep(60)


@flow
def die_by_own_group(_: Any) -> None:
    os.killpg(os.getpgid(0), signal.SIGKILL)


@flow
def exit_at_once(status: int) -> None:
    os._exit(status)


@flow
def leave_politely(status: int) -> None:
    sys.exit(status)


@flow
def allocate(size: int) -> int:
    return len(bytearray(size))


@flow
def hoard_shared(path: str, size: int) -> int:
    """Memory that no rlimit counts: a shared mapping, touched."""
    import mmap

    with Path(path).open("w+b") as file:
        file.truncate(size)
        with mmap.mmap(file.fileno(), size) as mapping:
            for at in range(0, size, 4096):
                mapping[at] = 1
            time.sleep(60)
    return size


@flow
def spin(_: Any) -> None:
    while True:
        pass


@flow
def ignore_term(path: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    report(path, str(os.getpid()))
    while True:
        time.sleep(60)


@flow
def sleep_forever(path: str) -> None:
    report(path, str(os.getpid()))
    time.sleep(3600)


@flow
def start_child_and_sleep(path: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    report(path, str(child.pid))
    time.sleep(3600)


@flow
def fork_and_die(path: str) -> None:
    """Leave a child behind that holds everything this process had open."""
    child = os.fork()
    if child == 0:
        time.sleep(3600)
    report(path, str(child))
    os._exit(7)


@flow
def make_lock(_: Any) -> Any:
    return threading.Lock()


@flow
def user(_: Any) -> Any:
    return current_context().get("user")


@flow
def time_left(_: Any) -> float | None:
    return time_remaining(time.monotonic())


@flow
def say(text: str) -> None:
    sys.stdout.write(text + "\n")


@flow
def close_everything(_: Any) -> None:
    os.closerange(3, 256)
    time.sleep(3600)


@flow
def fail_until(path: str, attempts: int) -> int:
    """Fail on all attempts but the last, counted in a file; returns how many there were."""
    count = note_attempt(path)
    if count < attempts:
        raise ConnectionError(f"attempt {count}")
    return count


@flow
def crash_until(path: str, attempts: int) -> int:
    count = note_attempt(path)
    if count < attempts:
        os.kill(os.getpid(), signal.SIGKILL)
    return count


def note_attempt(path: str) -> int:
    with Path(path).open("a+") as file:
        file.write("x")
        file.seek(0)
        return len(file.read())


def report(path: str, text: str) -> None:
    """Tell the test something. A rename, so that it never reads half of it."""
    draft = Path(path + ".new")
    draft.write_text(text)
    draft.replace(path)
