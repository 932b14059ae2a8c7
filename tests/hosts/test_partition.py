"""Three hosts with keys: one is cut off for ten seconds, and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from holon_transports.keys import write_key_pair

from tests.hosts.network import NAMES, Network

ROOT = Path(__file__).parents[2]
CUT_OFF_S = 10.0
CONVERGED_S = 5.0


class Hosted:
    """A node on a host, by its standard input and output."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        self.name = name
        self._process = process

    async def order(self, line: str) -> dict[str, Any]:
        """Give an order; what the node reports once it is done."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode() + b"\n")
        async with asyncio.timeout(20):
            report: dict[str, Any] = json.loads(await self._process.stdout.readline())
        return report

    async def close(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        transport: Any = self._process._transport
        transport.close()


@pytest.fixture
async def hosts(network: Network, tmp_path: Path) -> AsyncIterator[dict[str, Hosted]]:
    for name in NAMES:
        files = write_key_pair(tmp_path, name)
        (tmp_path / "known").mkdir(mode=0o700, exist_ok=True)
        shutil.copy(files.public_path, tmp_path / "known")
    hosted: dict[str, Hosted] = {}
    try:
        for name in NAMES:
            process = await asyncio.create_subprocess_exec(
                *(*network.command(name), sys.executable),
                *(str(Path(__file__).with_name("host.py")), name),
                *(f"tcp://{network.endpoint(name)}", str(tmp_path)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'transports'}"},
            )
            hosted[name] = Hosted(name, process)
        yield hosted
    finally:
        for host in hosted.values():
            await host.close()


Reports = dict[str, dict[str, Any]]


async def all_report(hosts: dict[str, Hosted], order: str = "report") -> Reports:
    reports = await asyncio.gather(*(host.order(order) for host in hosts.values()))
    return dict(zip(hosts, reports, strict=True))


async def until_all(
    hosts: dict[str, Hosted], condition: Callable[[Reports], bool], limit_s: float
) -> Reports:
    """Until the reports are as they should be; fails with the last ones."""
    reports: Reports = {}
    try:
        async with asyncio.timeout(limit_s):
            while not (reports and condition(reports)):
                reports = await all_report(hosts)
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"not within {limit_s} s: {reports}")
    return reports


def all_alive(reports: Reports) -> bool:
    everybody = dict.fromkeys(NAMES, "alive")
    return all(report["members"] == everybody for report in reports.values())


@pytest.mark.timeout(90)
async def test_a_host_that_is_cut_off_for_ten_seconds_and_comes_back_leaves_nothing_open(
    network: Network, hosts: dict[str, Hosted]
) -> None:
    for name in ("b", "c"):
        await hosts[name].order(f"join tcp://{network.endpoint('a')}?peer=a")
    await until_all(hosts, all_alive, 20)
    for name in NAMES:
        desks = [f"holon://{n}@{network.endpoint(n)}/user/desk" for n in NAMES if n != name]
        await hosts[name].order(f"meet {' '.join(desks)}")
    await until_all(hosts, lambda rs: all(r["asks"]["answered"] > 20 for r in rs.values()), 20)

    network.cut("c")
    await asyncio.sleep(CUT_OFF_S)
    parted = await all_report(hosts)
    network.heal("c")
    healed = await until_all(hosts, all_alive, CONVERGED_S)

    told = {name: sorted(report["told"]) for name, report in parted.items()}
    assert told == {
        "a": [["c", "node-lost"]],
        "b": [["c", "node-lost"]],
        "c": [["a", "node-lost"], ["b", "node-lost"]],
    }
    answered = {name: report["asks"]["answered"] for name, report in healed.items()}
    await until_all(
        hosts, lambda rs: all(r["asks"]["answered"] > answered[n] + 20 for n, r in rs.items()), 10
    )
    for report in (await all_report(hosts, "rest")).values():
        assert report["asks"]["hung"] == 0
        assert report["asks"]["failed"] > 0
        assert report["disorders"] == 0
