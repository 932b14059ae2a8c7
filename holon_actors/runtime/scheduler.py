"""The scheduler actor: hands what the planner grants to executors, and nothing else.

It keeps no state of its own that matters: queue and leases are the planner's, the executors are on
the roster, and both outlive it. A replaced scheduler goes on where the last one stopped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.actors import Actor, ActorRef
from holon_actors.runtime.messages import AddExecutors, RemoveExecutor, Run, Wake
from holon_actors.runtime.planner import SLICE_S

if TYPE_CHECKING:
    from holon_actors.actors.timers import Timer
    from holon_actors.runtime.shop import Shop

__all__ = ["Scheduler"]

_LOOK_AGAIN = Wake()


class Scheduler(Actor):
    """Decides by the planner which execution starts next, and on which executor."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._timer: Timer | None = None
        self._looking = False  # a _LOOK_AGAIN is on its way

    def started(self) -> None:
        """Look for work left by a predecessor."""
        self._shop.waking = False
        self._shop.wake()

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        """Plan at every `Wake`."""
        if type(message) is not Wake:
            self.unhandled(message)
            return
        if message is _LOOK_AGAIN:
            self._looking = False
        self._shop.waking = False
        self._plan()
        self._place()
        self._dismiss_surplus()

    def _plan(self) -> None:
        shop = self._shop
        workload = shop.workload
        planner = workload.planner
        now = workload.loop.time()
        planner.reclaim_overdue(now)
        over_limit = shop.gate.is_over(now) if len(planner.queue) else False
        plan = planner.plan(now, over_limit)
        for execution in plan.expired:
            workload.expired(execution)
        shop.unplaced.extend(plan.grants)
        shop.held_by = plan.held_by
        if plan.held_by is not None:
            self._plan_again(plan.wait_s if plan.wait_s is not None else shop.gate.interval_s)
        if planner.has_slices and not self._looking:
            # A thread takes up its jobs unseen: whether one of them is slow shows later.
            self._looking = True
            self.schedule(SLICE_S, _LOOK_AGAIN)

    def _plan_again(self, delay_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.schedule(delay_s, Wake())

    def _place(self) -> None:
        """Give leases to idle executors, and ask for more executors when there are too few."""
        shop = self._shop
        unplaced, roster = shop.unplaced, shop.roster
        while unplaced:
            lease = unplaced[0]
            executor = roster.assign(lease.isolation, lease)
            if executor is None:
                self._ask_for_more(len(unplaced))
                return
            unplaced.popleft()
            lease.executor = executor
            executor.tell(Run(lease))

    def _ask_for_more(self, needed: int) -> None:
        missing = needed - self._shop.spawning
        if missing > 0:
            self._shop.spawning += missing
            self.parent.tell(AddExecutors(missing))

    def _dismiss_surplus(self) -> None:
        """Nested executions needed more executors than there are slots; nobody needs them now."""
        surplus = self._shop.roster.surplus(self._shop.executors_max)
        if surplus is not None:
            self.parent.tell(RemoveExecutor(surplus))
            self._shop.wake()
