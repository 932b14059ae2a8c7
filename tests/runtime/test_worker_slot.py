"""The process row of the isolation table: what a worker process may do to an engine, and what comes
of it.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from holon_actors.flows import flow, load_flow
from holon_actors.runtime import (
    CpuTimeExceeded,
    Engine,
    ErrorRecovery,
    ExecutionTimeout,
    MemoryLimitExceeded,
    RemoteFlowError,
    ResourceLimits,
    UnpicklableFlow,
    UnpicklableInput,
    UnpicklableResult,
    WorkerCrashed,
)
from tests.runtime import sample_flows
from tests.runtime.sample_flows import Custom, Point, add, echo, where

Until = Callable[[Callable[[], object]], Awaitable[None]]
ReadNote = Callable[[], Awaitable[str]]


def engine(**settings: Any) -> Engine:
    return Engine(isolation="process", **{"max_concurrency": 1, "kill_grace": 0.05, **settings})


async def test_a_worker_process_is_used_again() -> None:
    async with engine() as one:
        pids = {(await one.execute(where))[0] for _ in range(5)}
        assert pids == set(one.stats().worker_pids)
        assert len(pids) == 1


async def test_values_and_errors_of_own_classes_come_back_as_themselves() -> None:
    async with engine() as one:
        point = await one.execute(sample_flows.swap, Point(1, 2))
        assert type(point) is Point
        assert (point.x, point.y) == (2, 1)
        with pytest.raises(Custom) as caught:
            await one.execute(sample_flows.raise_custom, 42)
    assert caught.value.code == 42
    notes = "".join(caught.value.__notes__)
    assert "in worker process" in notes
    assert "raise Custom(code)" in notes


async def test_a_lambda_and_what_it_closes_over_travel() -> None:
    factor = 3
    async with engine() as one:
        assert await one.execute(flow(lambda x: x * factor), 5) == 15


async def test_an_error_that_pickle_alone_cannot_rebuild_keeps_its_type_and_attributes() -> None:
    async with engine() as one:
        with pytest.raises(sample_flows.Unloadable, match="7 nobody home") as caught:
            await one.execute(sample_flows.raise_unloadable, 7)
        assert caught.value.code == 7


async def test_an_error_that_cannot_be_rebuilt_is_told_in_words() -> None:
    async with engine() as one:
        with pytest.raises(RemoteFlowError, match="Unsendable: locked") as caught:
            await one.execute(sample_flows.raise_unsendable)
        assert caught.value.type_name.endswith("Unsendable")
        assert "raise Unsendable" in caught.value.traceback
        pid = one.stats().worker_pids
        assert await one.execute(add, (1, 2)) == 3
        assert one.stats().worker_pids == pid


async def test_an_unpicklable_result_is_an_error_that_names_its_type_and_spares_the_worker() -> (
    None
):
    async with engine() as one:
        with pytest.raises(UnpicklableResult, match=r"result of flow 'make_lock' \(_thread.lock\)"):
            await one.execute(sample_flows.make_lock)
        pid = one.stats().worker_pids
        assert await one.execute(add, (1, 2)) == 3
        assert one.stats().worker_pids == pid


async def test_an_unpicklable_input_or_flow_is_an_error_before_anything_is_sent() -> None:
    lock = threading.Lock()
    async with engine() as one:
        with pytest.raises(UnpicklableInput, match="lock"):
            await one.execute(echo, lock)
        with pytest.raises(UnpicklableFlow, match="lock"):
            await one.execute(flow(lambda x: lock, name="guarded"))
        assert await one.execute(add, (1, 2)) == 3


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
async def test_a_worker_killed_by_a_signal_is_a_crash_that_names_it(number: signal.Signals) -> None:
    async with engine() as one:
        with pytest.raises(WorkerCrashed, match=number.name) as caught:
            await one.execute(sample_flows.die_by, int(number))
        assert caught.value.signal == number.name
        assert caught.value.flow == "die_by"
        assert await one.execute(add, (1, 2)) == 3
        assert one.stats().worker_crashes == 1


async def test_a_worker_that_exits_is_a_crash_with_its_status() -> None:
    async with engine() as one:
        with pytest.raises(WorkerCrashed, match="exit status 5") as caught:
            await one.execute(sample_flows.exit_at_once, 5)
        assert (caught.value.exit_code, caught.value.signal) == (5, None)
        assert await one.execute(add, (1, 2)) == 3


async def test_sys_exit_is_an_error_of_the_flow_and_no_crash() -> None:
    async with engine() as one:
        with pytest.raises(SystemExit) as caught:
            await one.execute(sample_flows.leave_politely, 3)
        assert caught.value.code == 3
        assert one.stats().worker_crashes == 0


async def test_a_crash_is_retried_by_policy(note: str) -> None:
    async with engine(error_recovery=ErrorRecovery(delay=0.0)) as one:
        execution = one.submit(sample_flows.crash_until, (note, 2))
        assert await execution == 2
        assert execution.attempts == 2


async def test_a_flow_that_kills_every_worker_is_given_up_early() -> None:
    recovery = ErrorRecovery(max_retries=10, delay=0.0, max_crashes=2)
    async with engine(error_recovery=recovery) as one:
        with pytest.raises(WorkerCrashed):
            await one.execute(sample_flows.die_by, int(signal.SIGKILL))
        assert one.stats().worker_crashes == 2


async def test_memory_over_the_limit_fails_the_flow() -> None:
    async with engine(resource_limits=ResourceLimits(memory="512MB")) as one:
        with pytest.raises(MemoryLimitExceeded, match="'allocate'") as caught:
            await one.execute(sample_flows.allocate, 2 * 10**9)
        assert caught.value.limit_bytes == 512_000_000
        assert isinstance(caught.value, MemoryError)
        assert await one.execute(sample_flows.allocate, 10**6) == 10**6


async def test_memory_that_no_rlimit_counts_is_found_by_looking(note: str) -> None:
    async with engine(resource_limits=ResourceLimits(memory="64MB")) as one:
        # The engine's own process is over 64 MB, so one flow at a time is admitted, which will do.
        with pytest.raises(MemoryLimitExceeded) as caught:
            await one.execute(sample_flows.hoard_shared, (note, 10**8))
        assert caught.value.used_bytes is not None
        assert await one.execute(add, (1, 2)) == 3


async def test_without_a_limit_a_memory_error_is_the_flows_own() -> None:
    @flow
    def out_of_memory(_: Any) -> None:
        raise MemoryError("mine")

    async with engine() as one:
        with pytest.raises(MemoryError, match="mine") as caught:
            await one.execute(out_of_memory)
    assert not isinstance(caught.value, MemoryLimitExceeded)


async def test_processor_time_over_the_limit_fails_the_flow() -> None:
    async with engine(resource_limits=ResourceLimits(cpu_time=0.2)) as one:
        with pytest.raises(CpuTimeExceeded, match="'spin'"):
            await one.execute(sample_flows.spin)
        assert await one.execute(add, (1, 2)) == 3


async def test_cancelling_kills_the_worker(note: str, read_note: ReadNote) -> None:
    async with engine() as one:
        execution = one.submit(sample_flows.sleep_forever, note)
        pid = int(await read_note())
        execution.cancel()
        assert execution.status == "cancelled"
        assert await one.execute(add, (1, 2)) == 3  # max_concurrency is 1: the slot came free
        assert not psutil.pid_exists(pid)


async def test_a_worker_that_ignores_term_is_killed(note: str, read_note: ReadNote) -> None:
    async with engine() as one:
        execution = one.submit(sample_flows.ignore_term, note)
        pid = int(await read_note())
        execution.cancel()
        assert await one.execute(add, (1, 2)) == 3
        assert not psutil.pid_exists(pid)


async def test_the_slot_stays_charged_until_the_process_is_gone(
    note: str, read_note: ReadNote
) -> None:
    async with engine(kill_grace=3600) as one:
        execution = one.submit(sample_flows.ignore_term, note)
        pid = int(await read_note())
        execution.cancel()
        await asyncio.sleep(0)
        assert one.stats().abandoned == 1
        psutil.Process(pid).kill()
        assert await one.execute(add, (1, 2)) == 3
        assert one.stats().abandoned == 0


async def test_what_a_flow_has_started_is_killed_with_it(
    note: str, read_note: ReadNote, until: Until
) -> None:
    async with engine() as one:
        execution = one.submit(sample_flows.start_child_and_sleep, note)
        child = psutil.Process(int(await read_note()))
        execution.cancel()
        await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


async def test_a_death_is_noticed_though_a_fork_holds_the_link_open(
    note: str, read_note: ReadNote, until: Until
) -> None:
    async with engine() as one:
        with pytest.raises(WorkerCrashed, match="exit status 7"):
            await one.execute(sample_flows.fork_and_die, note)
        left = int(await read_note())
        await until(lambda: not psutil.pid_exists(left) or _is_zombie(left))


async def test_a_worker_that_closes_its_link_is_a_crash() -> None:
    async with engine() as one:
        with pytest.raises(WorkerCrashed, match="SIGKILL"):
            await one.execute(sample_flows.close_everything)
        assert await one.execute(add, (1, 2)) == 3


async def test_a_timeout_kills_the_worker(note: str, read_note: ReadNote) -> None:
    async with engine() as one:
        execution = one.submit(sample_flows.sleep_forever, note, timeout=1.0)
        pid = int(await read_note())
        with pytest.raises(ExecutionTimeout):
            await execution
        assert await one.execute(add, (1, 2)) == 3
        assert not psutil.pid_exists(pid)


async def test_the_remaining_time_travels() -> None:
    async with engine() as one:
        left = await one.execute(sample_flows.time_left, timeout=20.0)
        assert left is not None
        assert 0 < left <= 20
        assert await one.execute(sample_flows.time_left) is None


async def test_the_output_of_a_worker_is_the_engines(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)  # it must not depend on that
    async with engine() as one:
        await one.execute(sample_flows.say, "hello from afar")
        assert capfd.readouterr().out == "hello from afar\n"


async def test_large_values_travel_both_ways() -> None:
    data = bytes(range(256)) * 50_000
    async with engine() as one:
        assert await one.execute(echo, data) == data


async def test_many_flows_share_a_worker() -> None:
    async with engine() as one:
        flows = [flow(lambda x, n=n: x + n, name=f"plus{n}") for n in range(300)]
        results = [await one.execute(each, {"x": 1}) for each in flows]
        again = [await one.execute(each, {"x": 1}) for each in flows[:3]]
    assert results == list(range(1, 301))
    assert again == [1, 2, 3]


async def test_a_flow_whose_module_is_missing_there_is_an_error_that_says_so() -> None:
    import sys
    import types

    module = types.ModuleType("only_here")
    exec("def double(x):\n    return 2 * x\n", module.__dict__)
    sys.modules["only_here"] = module
    try:
        async with engine() as one:
            with pytest.raises(UnpicklableFlow, match="only_here"):
                await one.execute(flow(module.double), 1)
            assert await one.execute(add, (1, 2)) == 3
    finally:
        del sys.modules["only_here"]


def _is_zombie(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


async def test_a_worker_that_died_while_idle_is_replaced_without_a_crash() -> None:
    async with engine() as one:
        await one.execute(add, (1, 2))
        (pid,) = one.stats().worker_pids
        process = psutil.Process(pid)
        process.kill()
        while process.status() != psutil.STATUS_ZOMBIE:  # the loop has had no chance to notice
            pass
        assert await one.execute(add, (3, 4)) == 7
        assert one.stats().worker_crashes == 0


async def test_a_flow_from_a_file_runs_in_a_worker(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("def double(x):\n    return 2 * x\n")
    file = tmp_path / "mine.py"
    file.write_text(
        "from holon_actors import flow\nfrom helper import double\n"
        "class Box:\n    def __init__(self, x):\n        self.x = x\n"
        "@flow\ndef twice(x: int) -> int:\n    return double(x)\n"
        "@flow\ndef boxed(x: int) -> Box:\n    return Box(x)\n"
    )
    async with engine() as one:
        assert await one.execute(load_flow(f"{file}:twice"), 4) == 8
        assert (await one.execute(load_flow(f"{file}:boxed"), 4)).x == 4


async def test_a_timeout_just_as_the_answer_comes_spares_the_next_flow() -> None:
    async with engine() as one:
        for _ in range(30):
            first = one.submit(add, (1, 2))
            # The answer has been read, and the executor has not been told yet.
            while not first.done() and not _answered(first):  # noqa: ASYNC110  # turn by turn
                await asyncio.sleep(0)
            first.cancel()
            assert await one.execute(add, (3, 4)) == 7
        assert one.stats().worker_crashes == 0


def _answered(execution: Any) -> bool:
    worker = getattr(execution.stop, "func", None)
    return worker is not None and worker.__self__._answer is None


async def test_memory_that_a_system_call_refuses_is_the_memory_limit_too() -> None:
    limits = ResourceLimits(memory="256MB")
    async with engine(resource_limits=limits) as one:
        with pytest.raises(MemoryLimitExceeded):
            await one.execute(sample_flows.map_private, 2_000_000_000)


async def test_a_worker_that_ends_by_itself_takes_along_what_its_flow_left_running(
    until: Any,
) -> None:
    async with engine(kill_grace=30) as one:
        child = psutil.Process(await one.execute(sample_flows.start_child))
    await until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
