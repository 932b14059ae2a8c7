"""After every test here: no descriptor, thread or file of a transport is left."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

PATIENCE_S = 10


def descriptors() -> dict[str, str]:
    """What this process has open."""
    found = {}
    for entry in Path("/proc/self/fd").iterdir():
        try:
            found[entry.name] = str(entry.readlink())
        except OSError:
            pass  # the one that the listing itself used
    return found


@pytest.fixture(autouse=True)
def _nothing_is_left():
    threads, open_before = set(threading.enumerate()), descriptors()
    yield
    for thread in set(threading.enumerate()) - threads:
        thread.join(timeout=PATIENCE_S)
        assert not thread.is_alive(), thread
    deadline = time.monotonic() + PATIENCE_S
    while len(descriptors()) > len(open_before):  # libzmq's thread closes what it had
        assert time.monotonic() < deadline, descriptors().items() - open_before.items()
        time.sleep(0.005)
