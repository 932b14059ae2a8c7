"""A system that can be attached to, in a runtime folder of the test's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from holon_actors import ActorRef, ActorSystem


@pytest.fixture(autouse=True)
def runtime_dir(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Short, as the path of a socket has to be; nothing of a test's is left in it."""
    folder = Path(tempfile.mkdtemp(prefix="holon-"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(folder))
    monkeypatch.delenv("HOLON_ATTACH", raising=False)
    yield folder
    left = [path.name for path in folder.rglob("*") if path.is_file() or path.is_socket()]
    shutil.rmtree(folder)
    assert left == []


@pytest.fixture
async def bank() -> AsyncIterator[ActorSystem]:
    async with ActorSystem("bank", attach=True) as system:
        yield system
        for actor in system.snapshot():
            ref = system.lookup(actor.path)
            if ref is not None and actor.path.startswith("/user/"):
                ref.kill()


@pytest.fixture
def admin(bank: ActorSystem) -> ActorRef[Any]:
    ref = bank.lookup("/system/admin")
    assert ref is not None
    return ref
