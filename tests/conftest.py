"""Fixtures that tests of several parts use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import zmq
from hypothesis import settings

from tests.hosts.network import Network, missing, refused

# Timings never decide a test, and machines that run tests are busy.
settings.register_profile("house", deadline=None)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def _zero_copy_helper() -> None:
    """pyzmq starts a thread with sockets of its own at the first send without a copy. They live as
    long as the process, so no single test is to be blamed for them.
    """
    zmq.Frame(bytes(1_000_000), copy=False)


@pytest.fixture
def network() -> Iterator[Network]:
    """Hosts out of network namespaces. Skips where this machine cannot have any."""
    objection = missing()
    needed = os.geteuid() == 0 and os.environ.get("HOLON_REQUIRE_SERVICES") == "1"
    if objection is not None and needed:
        pytest.fail(objection)
    objection = objection or refused()
    if objection is not None:
        pytest.skip(objection)
    network = Network()
    try:
        network.build()
        yield network
    finally:
        network.close()
