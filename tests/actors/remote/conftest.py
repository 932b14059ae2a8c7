"""What the process has running before the first test here."""

from __future__ import annotations

import pytest
from zmq.utils.garbage import gc


@pytest.fixture(scope="session", autouse=True)
def collector_of_zmq() -> None:
    """pyzmq starts one thread per process at the first send without a copy, and keeps it."""
    gc.start()
