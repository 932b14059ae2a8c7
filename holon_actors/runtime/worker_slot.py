"""An executor's place for a worker process: runs executions there, one at a time.

Translates between executions and the worker's requests and replies, and holds the process to its
limits from outside: the operating system enforces them inside the worker, but does not count memory
that is shared or mapped.
"""

from __future__ import annotations

import asyncio
import pickle
from functools import partial
from typing import TYPE_CHECKING, Any

import cloudpickle
import psutil

from holon_actors.error_parts import rebuilt_error
from holon_actors.flows import current_context
from holon_actors.runtime._shipping import Reply, Request, pack, unpack
from holon_actors.runtime.attempt import Outcome
from holon_actors.runtime.errors import (
    CpuTimeExceeded,
    EngineError,
    MemoryLimitExceeded,
    RemoteFlowError,
    UnpicklableFlow,
    UnpicklableInput,
    UnpicklableResult,
    WorkerCrashed,
    annotate,
)
from holon_actors.runtime.execution import Execution
from holon_actors.runtime.flow_codes import FlowCodes
from holon_actors.runtime.worker_process import WorkerDied, WorkerProcess

if TYPE_CHECKING:
    from holon_actors.runtime.shop import Shop

__all__ = ["WorkerSlot"]

_SAMPLE_S = 0.1  # between looks at a worker that has limits
# Past its limit of processor time a worker raises by itself, unless it is inside C code that never
# looks.
_CPU_GRACE_S = 2.0


class WorkerSlot:
    """Runs executions in a worker process that is started when needed and replaced when it died."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._loop = shop.workload.loop
        self._worker: WorkerProcess | None = None
        self._rss_at_start = 0
        if shop.flow_codes is None:
            shop.flow_codes = FlowCodes()
        self._codes = shop.flow_codes

    async def run(self, execution: Execution[Any]) -> Outcome:
        """Run one execution in the worker."""
        try:
            code = self._codes.code_of(execution.flow)
            value = _pack_input(execution)
            context = _pack_context(execution)
            worker = await self._ready_worker()
        except EngineError as error:
            return False, error
        if execution.withdrawn:  # while the worker started
            return False, None
        known, forget = worker.flows.note(code.key)
        now = self._loop.time()
        limits = self._shop.limits
        request = Request(
            flow_key=code.key,
            flow=None if known else code.data,
            forget=forget,
            value=value,
            context=context,
            remaining_s=None if execution.deadline is None else execution.deadline - now,
            attempt=execution.attempts,
            traced=execution.trace is not None,
            memory_bytes=None if limits is None else limits.memory_bytes,
            cpu_time_s=None if limits is None else limits.cpu_time_s,
        )
        execution.stop = partial(worker.terminate, self._shop.kill_grace_s)
        try:
            reply = await self._call(worker, request, execution)
            execution.stop = None  # from here on it would hit whatever the worker does next
        except WorkerDied as died:
            self._worker = None
            if not died.delivered:  # it had died while idle: this flow has nothing to do with it
                return await self.run(execution)
            return False, WorkerCrashed(execution.flow.meta.name, worker.pid, died.exit_code)
        except EngineError as error:  # a limit that was enforced from here
            return False, error
        if reply.spans is not None and execution.trace is not None:
            spans = pickle.loads(reply.spans)  # noqa: S301  # see _frames
            execution.trace.add_from(spans, now - execution.submitted, execution.attempts)
        return await self._outcome(execution, worker, request, reply)

    async def close(self) -> None:
        """End the worker process, if there is one."""
        worker, self._worker = self._worker, None
        if worker is not None:
            await worker.close(self._shop.kill_grace_s)

    async def _ready_worker(self) -> WorkerProcess:
        worker = self._worker
        if worker is not None:
            if worker.is_ready:
                return worker
            await self.close()
        worker = await WorkerProcess.start(self._loop, self._forget_pid)
        self._worker = worker
        self._shop.worker_pids[worker.pid] = None
        self._rss_at_start = _rss(worker.pid)
        return worker

    def _forget_pid(self, pid: int) -> None:
        self._shop.worker_pids.pop(pid, None)

    # --- limits ---

    async def _call(
        self, worker: WorkerProcess, request: Request, execution: Execution[Any]
    ) -> Reply:
        if request.memory_bytes is None and request.cpu_time_s is None:
            return await worker.call(request)
        call = self._loop.create_task(worker.call(request))
        try:
            cpu_at_start = _cpu_s(worker.pid)
            while not (await asyncio.wait((call,), timeout=_SAMPLE_S))[0]:
                self._check_limits(worker, request, execution, cpu_at_start)
        except EngineError:
            worker.kill()
            self._worker = None
            await asyncio.wait((call,))  # the slot stays charged until the process is gone
            call.exception()
            raise
        finally:
            call.cancel()
        return call.result()

    def _check_limits(
        self,
        worker: WorkerProcess,
        request: Request,
        execution: Execution[Any],
        cpu_at_start: float,
    ) -> None:
        flow = execution.flow.meta.name
        if request.memory_bytes is not None:
            used = _rss(worker.pid) - self._rss_at_start
            if used > request.memory_bytes:
                raise MemoryLimitExceeded(flow, request.memory_bytes, used)
        if request.cpu_time_s is not None:
            spent = _cpu_s(worker.pid) - cpu_at_start
            if spent > request.cpu_time_s + _CPU_GRACE_S:
                raise CpuTimeExceeded(flow, request.cpu_time_s)

    # --- answers ---

    async def _outcome(
        self,
        execution: Execution[Any],
        worker: WorkerProcess,
        request: Request,
        reply: Reply,
    ) -> Outcome:
        flow = execution.flow.meta.name
        if request.memory_bytes is not None:
            await self._retire_bloated(worker, request.memory_bytes)
        match reply.kind:
            case "ok":
                return _result(flow, reply)
            case "error":
                return False, _rebuilt(flow, worker.pid, reply)
            case "memory":
                assert request.memory_bytes is not None
                return False, MemoryLimitExceeded(flow, request.memory_bytes)
            case "cpu":
                assert request.cpu_time_s is not None
                return False, CpuTimeExceeded(flow, request.cpu_time_s)
            case "unpicklable":
                return False, UnpicklableResult(flow, reply.type_name, reply.message)
            case _:
                worker.flows.unknown(request.flow_key)
                reason = f"the worker cannot load it: {reply.type_name}: {reply.message}"
                return False, UnpicklableFlow(flow, type(execution.flow).__name__, reason)

    async def _retire_bloated(self, worker: WorkerProcess, limit_bytes: int) -> None:
        """What earlier flows left behind must not count against the next one."""
        if _rss(worker.pid) - self._rss_at_start > limit_bytes / 2:
            await self.close()


def _pack_input(execution: Execution[Any]) -> Any:
    value = execution.value
    try:
        return pack(value)
    except Exception as error:  # user code may run, and raise anything, while pickling
        flow, reason = execution.flow.meta.name, f"{type(error).__name__}: {error}"
        raise UnpicklableInput(flow, type(value).__name__, reason) from error


def _pack_context(execution: Execution[Any]) -> bytes | None:
    context = execution.context.run(current_context)
    if not context:
        return None
    try:
        data: bytes = cloudpickle.dumps(context)
    except Exception as error:  # as above
        flow, reason = execution.flow.meta.name, f"{type(error).__name__}: {error}"
        raise UnpicklableInput(flow, "its context", reason) from error
    return data


def _result(flow: str, reply: Reply) -> Outcome:
    try:
        return True, unpack(reply.value)
    except Exception as error:  # noqa: BLE001  # user code may run, and raise anything, while unpickling
        reason = f"it cannot be rebuilt here: {type(error).__name__}: {error}"
        return False, UnpicklableResult(flow, "pickled", reason)


def _rebuilt(flow: str, pid: int, reply: Reply) -> BaseException:
    """The flow's own error, or one that tells about it."""
    error: BaseException = RemoteFlowError(flow, reply.type_name, reply.message, reply.traceback)
    if reply.value is not None:
        try:
            error = rebuilt_error(unpack(reply.value))
        except Exception as broken:  # noqa: BLE001  # as above; then the description has to do
            annotate(error, f"the error cannot be rebuilt here: {type(broken).__name__}: {broken}")
    annotate(error, f"in worker process {pid}:\n{reply.traceback.rstrip()}")
    return error


def _rss(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _cpu_s(pid: int) -> float:
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
