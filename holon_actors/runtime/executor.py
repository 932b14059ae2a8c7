"""Executor actors: each occupies one slot at a time and runs what is under its lease.

The isolation decides how: `inline` runs a slice right in the handler; `loop` runs a task; `thread`
hands the slice to this executor's worker thread; `process` gives it to its worker process, one
execution after another. Thread and
process are made when first needed and kept. An executor that fails is replaced; what it was running
goes through error recovery like any failure.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from holon_actors.actors import Actor, ActorRef
from holon_actors.runtime.attempt import begin, context_of, drive, perform
from holon_actors.runtime.messages import AnyLease, Run
from holon_actors.runtime.planner import SLICE_S
from holon_actors.runtime.threads import WorkerThread

if TYPE_CHECKING:
    from holon_actors.runtime.shop import Shop
    from holon_actors.runtime.worker_slot import WorkerSlot

__all__ = ["Executor"]


class Executor(Actor):
    """Runs executions, one lease at a time."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._lease: AnyLease | None = None
        self._thread: WorkerThread | None = None
        self._slot: WorkerSlot | None = None
        self._ways = {
            "inline": self._run_inline,
            "loop": self._run_on_loop,
            "thread": self._run_in_thread,
            "process": self._run_in_process,
        }

    def started(self) -> None:
        """Report for work."""
        self._shop.executor_ready(self.ref)

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Awaitable[None] | None:
        """Work through the lease of a `Run`."""
        if type(message) is not Run:
            raise TypeError(f"an executor takes Run messages, not {message!r}")
        self._lease = lease = message.lease
        if not lease.jobs:  # they were taken back while the message was under way
            self._finished(lease, 0)
            return None
        return self._ways[lease.isolation](lease)

    def restarting(self, error: BaseException, message: Any) -> Awaitable[None]:
        """It failed: clean up, naming the reason to whoever's flow it was running."""
        return self._clean_up(f"{type(error).__name__}: {error}")

    def stopped(self) -> Awaitable[None]:
        """It was stopped or killed: clean up."""
        return self._clean_up("it was stopped")

    async def _clean_up(self, reason: str) -> None:
        """Give up thread and process, and account for the lease in hand."""
        thread, slot, shop = self._thread, self._slot, self._shop
        # Its next lease may be under way to it: nothing of that one has started.
        lease = self._lease or shop.roster.assigned.get(self.ref)
        self._thread = self._slot = self._lease = None
        shop.roster.leave(self.ref)
        over = None
        if thread is not None:
            over = thread.over
            shop.dismiss_thread(thread)
        if slot is not None:
            await slot.close()
        if lease is None:
            return
        if over is None:
            shop.salvage(lease, self.ref.path, reason)
        else:
            # The slot stays charged for as long as the thread goes on.
            over.add_done_callback(lambda _: shop.workload.finish(lease, 0))
            shop.salvage_jobs(lease, self.ref.path, reason)
            if lease.state == "running":
                lease.state = "abandoned"

    def _finished(self, lease: AnyLease, ended: int) -> None:
        self._lease = None
        self._shop.lease_over(self.ref, lease, ended)

    # --- ways to run ---

    def _run_inline(self, lease: AnyLease) -> None:
        shop, jobs = self._shop, lease.jobs
        clock = shop.workload.loop.time
        now = clock()
        end = now + SLICE_S
        ended = 0
        while jobs and now < end:
            execution = jobs.popleft()
            if execution.withdrawn:
                continue
            begin(execution, lease, now)
            try:
                result = perform(execution, clock)
            except BaseException as error:  # noqa: BLE001  # handed to the caller of the execution
                shop.settle(execution, False, error)
            else:
                shop.settle(execution, True, result)
            ended += 1
            now = clock()
        self._finished(lease, ended)

    async def _run_on_loop(self, lease: AnyLease) -> None:
        shop = self._shop
        loop = shop.workload.loop
        execution = lease.jobs.popleft()
        if begin(execution, lease, loop.time()):
            running = drive(execution, loop.time)
            task = loop.create_task(running, context=context_of(execution))
            execution.stop = task.cancel
            try:
                await asyncio.wait((task,))
            finally:
                task.cancel()  # does nothing to a task that is done
            shop.settle(execution, *task.result())
        self._finished(lease, 1)

    async def _run_in_thread(self, lease: AnyLease) -> None:
        if self._thread is None:
            self._thread = self._shop.hire_thread()
        ended = await asyncio.shield(self._thread.work(lease, self._shop.workload.loop))
        self._finished(lease, ended)

    async def _run_in_process(self, lease: AnyLease) -> None:
        if self._slot is None:
            from holon_actors.runtime.worker_slot import WorkerSlot  # noqa: PLC0415  # slow to import

            self._slot = WorkerSlot(self._shop)
        shop, slot, jobs = self._shop, self._slot, lease.jobs
        clock = shop.workload.loop.time
        now = clock()
        end = now + SLICE_S
        ended = 0
        while jobs and now < end:
            execution = jobs.popleft()
            if execution.withdrawn:
                continue
            begin(execution, lease, now)
            shop.settle(execution, *await slot.run(execution))
            ended += 1
            now = clock()
        self._finished(lease, ended)
