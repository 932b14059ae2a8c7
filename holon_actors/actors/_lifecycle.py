"""What becomes of an actor: start, failure, restart, stop, kill. The verdicts come from
`supervision`.

A step that runs user code (a hook) or waits (for children) is a coroutine, run as a task that keeps
the cell BUSY. A stop without either is done at once. Steps do not interrupt one another: what comes
up meanwhile is left in `rare.reason` (a stop) or `rare.step`, with CONTROL set, and `advance` takes
it when the cell is free. A stop goes ahead of any other step. Only a kill cancels what is under
way.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from holon_actors.actors._answers import reject
from holon_actors.actors._ending import finish, leave_instance
from holon_actors.actors._gate import BUSY, CONTROL
from holon_actors.actors._state import State
from holon_actors.actors._tasks import cancelled_from_outside
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.events import ActorFailed, ActorRestarted
from holon_actors.actors.mailbox import opened
from holon_actors.actors.signals import ChildFailed
from holon_actors.actors.supervision import Directive, Verdict, judge
from holon_actors.actors.timers import OneShot

if TYPE_CHECKING:
    from holon_actors.actors._cell import Cell

__all__ = [
    "abandon",
    "advance",
    "build",
    "discard",
    "fail",
    "kill",
    "restart_beside",
    "start",
    "stop",
    "until_gone",
]


def build(cell: Cell) -> None:
    """Make the actor's instance. Raises whatever its constructor does."""
    cls = cell._cls
    actor = cls.__new__(cls)
    actor._cell = cell  # before __init__, which may want self.ref or self.spawn
    cell._handler = None
    if cell._kwargs:
        actor.__init__(*cell._args, **cell._kwargs)  # type: ignore[misc]
    else:
        actor.__init__(*cell._args)  # type: ignore[misc]
    cell._actor = actor


def start(cell: Cell) -> None:
    """Let a newly built actor run its `started` hook before its first message."""
    cell._become(State.STARTING)
    _run(cell, _started(cell))


async def _started(cell: Cell) -> None:
    assert cell._actor is not None
    error = await _run_hook(cell, cell._actor.started)
    if error is not None:
        fail(cell, error)
    else:
        cell._become(State.RUNNING)


async def _run_hook(cell: Cell, hook: Callable[..., Any], *args: Any) -> BaseException | None:
    """Run a hook; return the error that it raised. Only a kill of the actor goes through."""
    try:
        await cell._call_hook(hook, *args)
    except asyncio.CancelledError as error:
        if cancelled_from_outside():
            raise
        return error
    except BaseException as error:  # noqa: BLE001  # the user's; it is judged, or told
        return error
    return None


def advance(cell: Cell) -> None:
    """Take the step that is due: a stop if there is one, else the one that was left."""
    if cell._reason is not None:
        if cell.is_alive:
            _begin_stop(cell)
        return
    rare = cell._rare
    if rare is not None and rare.step is not None:
        step, rare.step = rare.step, None
        step()


def discard(cell: Cell) -> None:
    """Forget an actor whose constructor has failed: it was never there."""
    cell._reason = "stopped"
    if cell._children and cell._name is not None and cell._parent is not None:
        # What the constructor has spawned ends first and is waited for; the name is free at once.
        siblings = cell._parent._children
        assert siblings is not None
        siblings[cell._uid] = siblings.pop(cell._name)
        cell._name = None
    _begin_stop(cell)


def _run(cell: Cell, step: Coroutine[Any, Any, None]) -> None:
    cell._gate |= BUSY
    cell._task = cell.system._start_task(_steps(cell, step))


async def _steps(cell: Cell, step: Coroutine[Any, Any, None]) -> None:
    try:
        await step
    finally:
        cell._task = None
        cell._gate &= ~BUSY
        cell._reschedule()


def _due(cell: Cell, step: partial[None] | None = None) -> None:
    if step is not None:
        cell._uncommon().step = step
    cell._gate |= CONTROL
    if not cell._gate & BUSY:
        cell._schedule()


# --- failure ---


def fail(cell: Cell, error: BaseException, message: Any = None) -> None:
    """`cell` has failed with `error`, while handling `message` if there was one: do as its
    supervisor decides.
    """
    if not cell.is_alive or cell._state is State.FAILED:
        return  # the verdict over it has been spoken
    parent = cell._parent
    rare = cell._uncommon()
    if parent is None or cell._reason is not None:
        # Already on its way out: nothing is left to decide, but the error is told.
        _report(cell, error, message, Directive.STOP)
        rare.error = rare.error or error
        return
    cell._become(State.FAILED)
    policy = parent._policy
    counter = rare if policy.counts_per_child else parent._uncommon()
    past = rare.past if policy.counts_per_child else counter.group_past
    system = cell.system
    if rare.temporary:
        verdict = Verdict(Directive.STOP, past=past)
    else:
        verdict = judge(policy, error, past, system.clock(), system.rng)
    if policy.counts_per_child:
        rare.past = verdict.past
    else:
        counter.group_past = verdict.past
    directive = verdict.directive
    if directive is Directive.RESUME and cell._actor is None:
        directive = Directive.STOP  # the constructor of the new instance raised: nothing to resume
    _report(cell, error, message, directive)
    match directive:
        case Directive.RESUME:
            _resume(cell)
        case Directive.RESTART:
            siblings = tuple((parent._children or {}).values())
            for other in policy.affected(siblings, cell):
                if other is cell:
                    _restart_after(cell, verdict.delay_s, error, message)
                else:
                    restart_beside(other, error, verdict.delay_s)
        case Directive.STOP:
            parent._signal(ChildFailed(cell, error))
            rare.error = error
            stop(cell, "failed")
        case Directive.ESCALATE:
            _escalate(cell, parent, error)


def _resume(cell: Cell) -> None:
    """Go on with the instance as it is; children that escalated to it go on with theirs."""
    cell._become(State.RUNNING)
    for child in _children(cell):
        if child._state is State.FAILED and child._uncommon().escalated:
            child._uncommon().escalated = False
            if child._actor is None:  # as in `fail`
                stop(child, "failed")
            else:
                _resume(child)
    cell._reschedule()


def _report(cell: Cell, error: BaseException, message: Any, directive: Directive) -> None:
    cell.system._publish_failure(ActorFailed(cell, error, message, directive))


def _escalate(cell: Cell, parent: Cell, error: BaseException) -> None:
    rare = cell._uncommon()
    rare.escalated = True
    if parent._parent is None:
        rare.error = error
        stop(cell, "failed")  # above the top-level actors there is nobody to decide otherwise
    elif parent._state is not State.RUNNING and parent._state is not State.STARTING:
        return  # its children end with what is under way there, or go on if it is resumed
    elif parent._gate & BUSY:
        _due(parent, partial(_fail_for, parent, cell, error))
    else:
        fail(parent, error)


def _fail_for(parent: Cell, child: Cell, error: BaseException) -> None:
    """The parent is free to fail for its child, if that still waits for it."""
    if child._state is State.FAILED:
        fail(parent, error)


# --- restart ---


def _restart_after(cell: Cell, delay_s: float, error: BaseException, message: Any) -> None:
    if not cell.is_alive or cell._state is State.RESTARTING:
        return
    begin = partial(_due, cell, partial(_begin_restart, cell, error, message))
    if delay_s <= 0:
        begin()
        return
    if cell._state is State.RUNNING and not cell._gate & BUSY:
        cell._become(State.FAILED)  # a sibling waits out the backoff like the one that failed
    timer = OneShot(cell.system.loop, delay_s, begin, cell._uncommon().timers)
    timer.start()


def restart_beside(cell: Cell, error: BaseException, delay_s: float = 0.0) -> None:
    """A sibling has failed with `error`, and the strategy lets nobody go on beside it."""
    if cell._uncommon().temporary:
        stop(cell, "stopped")
    else:
        _restart_after(cell, delay_s, error, None)


def _begin_restart(cell: Cell, error: BaseException, message: Any) -> None:
    if cell.is_alive:
        cell._become(State.RESTARTING)
        _run(cell, _restart(cell, error, message))


async def _restart(cell: Cell, error: BaseException, message: Any) -> None:
    old, cell._actor = cell._actor, None
    if old is not None:  # None after a constructor that raised
        again = await _run_hook(cell, old.restarting, error, message)
        if again is not None:  # the old instance is going anyway; its error is told
            _report(cell, again, message, Directive.RESTART)
    leave_instance(cell)
    await _stop_children(cell)
    if cell._reason is not None:
        return
    again = await _run_hook(cell, _rebuild, cell, error)
    if again is not None:
        fail(cell, again, message)
        return
    rare = cell._uncommon()
    rare.restarts += 1
    cell._become(State.RUNNING)
    cell.system.events.publish(ActorRestarted(cell, error, rare.restarts))


def _rebuild(cell: Cell, error: BaseException) -> Any:
    build(cell)
    assert cell._actor is not None
    return cell._actor.restarted(error)


# --- stop ---


def stop(cell: Cell, reason: str) -> None:
    """End the actor once its current message is done."""
    if cell._state is State.STOPPED:
        return
    if cell._reason is None:
        cell._reason = reason
        _due(cell)


def kill(cell: Cell) -> None:
    """End the actor now: cancel what it is at, its children first."""
    if cell._state is State.STOPPED:
        return
    if cell.is_alive:
        cell._reason = "killed"
    for child in _children(cell):
        kill(child)
    # While it waits for its children there is nothing of its own to cancel.
    if cell._task is not None and not (cell._state is State.STOPPING and cell._children):
        cell._cancel_task()
    if cell.is_alive:
        _due(cell)


def abandon(root: Cell) -> None:
    """End whoever below `root` does not end by itself, not even when killed. Who waits for it is
    answered, and what it is still at comes to nothing.
    """
    for child in _children(root):
        abandon(child)
    if root._task is None or (root._state is State.STOPPING and root._children):
        return  # goes on by itself, now that its children are gone
    if root._current is not None:
        reject(opened(root._current)[2], ActorStopped(root.address, "killed"))
    if root.is_alive:
        root._become(State.STOPPING)
    finish(root)


def _children(cell: Cell) -> tuple[Cell, ...]:
    """The children, youngest first."""
    return tuple(reversed(cell._children.values())) if cell._children else ()


def _begin_stop(cell: Cell) -> None:
    cell._become(State.STOPPING)
    if cell._children or (cell._actor is not None and cell._cls._has_stopped_hook):
        _run(cell, _stop(cell))
    else:
        finish(cell)


async def _stop(cell: Cell) -> None:
    try:
        await _stop_children(cell)
        actor = cell._actor
        error = None if actor is None else await _run_hook(cell, actor.stopped)
        if error is not None:  # it ends all the same; the error is told
            rare = cell._uncommon()
            rare.error = rare.error or error
            _report(cell, error, None, Directive.STOP)
    except asyncio.CancelledError:
        if cell._reason != "killed":
            cell._reason = "killed"
            raise
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
    finally:
        finish(cell)


async def _stop_children(cell: Cell) -> None:
    """Stop the children, youngest first: one after the other for a supervisor, else all at once."""
    if cell._cls._stops_children_in_order:
        for child in _children(cell):
            _stop_within(child)
            await until_gone(child)
        return
    for child in _children(cell):
        _stop_within(child)
    if cell._children:
        rare = cell._uncommon()
        rare.childless = cell.system.loop.create_future()
        await rare.childless


def _stop_within(child: Cell) -> None:
    stop(child, "stopped")
    rare = child._rare
    if rare is not None and rare.shutdown_s is not None and child._state is not State.STOPPED:
        rare.shutdown_timer = child.system.loop.call_later(rare.shutdown_s, kill, child)


async def until_gone(cell: Cell) -> None:
    if cell._state is not State.STOPPED:
        gone = cell.system.loop.create_future()
        cell._uncommon().ended.append(gone)
        await gone
