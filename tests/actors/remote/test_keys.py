"""Systems with keys: who knows whom talks, who does not is told why, on both ends."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
from holon_transports.keys import write_key_pair
from holon_transports.security import Curve

from holon_actors import ActorSystem, NodeUnreachable
from tests.actors.remote.kit import Account, Add, Total
from tests.support.waiting import until


class Site:
    """A system's keys, and the folder with those that it knows."""

    def __init__(self, folder: Path, name: str, *known: Site) -> None:
        self.name = name
        self.files = write_key_pair(folder / name, name)
        self.known = folder / name / "known"
        self.known.mkdir(mode=0o700)
        for other in known:
            self.learn(other)

    def learn(self, other: Site) -> None:
        shutil.copy(other.files.public_path, self.known / f"{other.name}.key")

    def system(self, bind: str | None = None) -> ActorSystem:
        return ActorSystem(
            self.name,
            bind=bind,
            security=Curve(key=self.files.secret_path, authorized=self.known),
            heartbeat=0.5,
            attach=False,
        )


@pytest.fixture(params=["ipc", "tcp"])
def bind(request: Any, tmp_path: Path) -> str:
    return {"ipc": f"ipc://{tmp_path}/bank.sock", "tcp": "tcp://127.0.0.1:0"}[request.param]


async def test_systems_that_know_each_other_talk(tmp_path: Path, bind: str) -> None:
    bank = Site(tmp_path, "bank")
    shop = Site(tmp_path, "shop", bank)
    bank.learn(shop)
    async with bank.system(bind) as there, shop.system() as here:
        ref = here.ref(there.spawn(Account, 5).address)
        ref.tell(Add(1))
        assert await ref.ask(Total()) == 6


async def test_a_stranger_is_refused_and_both_ends_say_why(
    tmp_path: Path, bind: str, caplog: pytest.LogCaptureFixture
) -> None:
    bank = Site(tmp_path, "bank")
    shop = Site(tmp_path, "shop", bank)
    caplog.set_level(logging.WARNING)
    async with bank.system(bind) as there, shop.system() as here:
        ref = here.ref(there.spawn(Account, 5).address)
        with pytest.raises(NodeUnreachable) as refused:
            await ref.ask(Total())
        assert "our key is not authorised there" in refused.value.reason
        await until(lambda: any("has its key" in record.getMessage() for record in caplog.records))


async def test_a_server_with_another_key_than_the_known_one_is_not_believed(
    tmp_path: Path, bind: str
) -> None:
    bank, stranger = Site(tmp_path, "bank"), Site(tmp_path / "elsewhere", "bank")
    shop = Site(tmp_path, "shop", stranger)
    bank.learn(shop)
    async with bank.system(bind) as there, shop.system() as here:
        ref = here.ref(there.spawn(Account, 5).address)
        with pytest.raises(NodeUnreachable) as unreachable:
            await ref.ask(Total(), timeout=10)
        assert unreachable.value.reason
