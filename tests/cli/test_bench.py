"""`holon bench`. What it measures is real; how fast it is, is not asserted."""

import asyncio
import json
from dataclasses import replace

import pytest

from holon_actors.cli import measurements
from holon_actors.cli.commands import bench


@pytest.fixture(autouse=True)
def _little_work(monkeypatch):
    little = tuple(replace(work, count=100) for work in measurements.WORKS)
    monkeypatch.setattr(bench, "WORKS", little)


def test_every_work_is_measured_against_its_limit(holon):
    ended = holon("bench", "--json")
    assert ended.code == 0
    rows = json.loads(ended.out)
    assert [row["name"] for row in rows] == [
        "tell",
        "ask",
        "spawn",
        "engine, inline",
        "engine, thread",
    ]
    assert all(row["ratio"] == row["per_second"] / row["limit_per_second"] > 0 for row in rows)


def test_a_table_for_people_and_where_the_peers_are_measured(holon):
    ended = holon("bench", "--quick")
    assert ended.code == 0
    assert ended.out.splitlines()[0].split("  ")[0].strip() == "work"
    assert "make bench" in ended.err


async def test_the_future_limit_leaves_nothing_to_answer_when_it_is_cancelled():
    loop = asyncio.get_running_loop()
    complaints = []
    loop.set_exception_handler(lambda _loop, context: complaints.append(context))
    running = asyncio.create_task(measurements.future_and_callback(1_000))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    await asyncio.sleep(0)
    assert complaints == []


def test_a_benchmark_that_takes_too_long_is_exit_124(holon):
    ended = holon("bench", "--timeout", "1us")
    assert ended.code == 124
    assert "the benchmark did not finish" in ended.err
