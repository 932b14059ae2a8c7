"""The end of a system: stop all, kill what is late, give up what cannot even be killed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from holon_actors.actors import _lifecycle
from holon_actors.actors.snapshot import take_snapshot

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell
    from holon_actors.actors.system import ActorSystem

__all__ = ["ShutdownReport", "begin_shutdown"]

# What a shutdown gives actors that were killed at the time limit to run their last `finally`.
_LAST_GRACE_S = 0.2
_LAST_KILLS = 3
# How long other nodes have to acknowledge what was told.
_LAST_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class ShutdownReport:
    """How a shutdown went: the paths of the actors that stopped in time, and of those that did not.

    An abandoned actor was killed at the time limit; one on a thread may still be running there.
    """

    stopped: tuple[str, ...]
    abandoned: tuple[str, ...]


def begin_shutdown(system: ActorSystem, timeout_s: float) -> asyncio.Future[ShutdownReport]:
    """Shut a system down, in a task of its own; see `ActorSystem.shutdown`.

    Whoever waits does so for a future, not for the task: when a simulated node crashes, its tasks
    never end, and those who wait elsewhere are to be told all the same.
    """
    report: asyncio.Future[ShutdownReport] = system.loop.create_future()
    system._start_task(_shut_down(system, timeout_s)).add_done_callback(partial(_tell, report))
    return report


def _tell(report: asyncio.Future[ShutdownReport], ended: asyncio.Task[ShutdownReport]) -> None:
    if report.done():
        return  # the node has crashed since
    if ended.cancelled():
        report.cancel()
    elif (error := ended.exception()) is not None:
        report.set_exception(error)
    else:
        report.set_result(ended.result())


async def _shut_down(system: ActorSystem, timeout_s: float) -> ShutdownReport:
    try:
        return await _stop_all(system, timeout_s)
    finally:
        if system._process_table is not None:
            await system._process_table.close()


async def _stop_all(system: ActorSystem, timeout_s: float) -> ShutdownReport:
    await system.cluster._depart(timeout_s)
    before = [snapshot.path for snapshot in take_snapshot(system._user, 0.0)]
    user = system._user
    _lifecycle.stop(user, "stopped")
    late: set[str] = set()
    try:
        async with asyncio.timeout(timeout_s):
            await _lifecycle.until_gone(user)
            await system._threads.wait_ended(system.loop)
    except TimeoutError:
        late.update(snapshot.path for snapshot in take_snapshot(user, 0.0))
        late.update(system._threads.alive())
        await _kill_all(system)
    if system._own is not None:
        await _stop_own(system, system._own)
    if system._node is not None:
        await system._node.close(_LAST_WORDS_S)
    await _tasks_ended(system)
    await system._handlers.close()
    system._asks.cancel()
    system._dispatcher.close()
    system.events._close()
    system._log.close()
    return ShutdownReport(
        stopped=tuple(path for path in before if path not in late),
        abandoned=tuple(sorted(late)),
    )


async def _stop_own(system: ActorSystem, own: Cell) -> None:
    _lifecycle.stop(own, "stopped")
    try:
        async with asyncio.timeout(_LAST_WORDS_S):
            await _lifecycle.until_gone(own)
    except TimeoutError:
        _lifecycle.kill(own)
        _lifecycle.abandon(own)


async def _kill_all(system: ActorSystem) -> None:
    for _ in range(_LAST_KILLS):  # a handler may swallow a cancellation, but not for ever
        _lifecycle.kill(system._user)
        try:
            async with asyncio.timeout(_LAST_GRACE_S):
                await _lifecycle.until_gone(system._user)
        except TimeoutError:
            continue
        return
    _lifecycle.abandon(system._user)
    try:
        async with asyncio.timeout(_LAST_GRACE_S):
            await _lifecycle.until_gone(system._user)
    except TimeoutError:
        return  # a hook that gives nothing back: reported as abandoned


async def _tasks_ended(system: ActorSystem) -> None:
    """Wait a moment for what has been cancelled (pipes) to run its last `finally`."""
    mine = asyncio.current_task()
    others = [task for task in system._tasks if task is not mine]
    if others:
        await asyncio.wait(others, timeout=_LAST_GRACE_S)
