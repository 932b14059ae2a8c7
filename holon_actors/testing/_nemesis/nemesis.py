"""Does what a fault plan says, at its times, to a simulated cluster. The decisions are elsewhere.

It runs on timers that belong to no node, so that nothing it does to nodes holds it up.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from holon_actors.testing._loop.timing import Timing
from holon_actors.testing._nemesis.acts import (
    Act,
    Clog,
    Crash,
    Pause,
    Planner,
    Reset,
    Restart,
    Resume,
    Skew,
    Slow,
    Storm,
    Streams,
    Unclog,
    View,
)
from holon_actors.testing.faults import FaultPlan
from holon_actors.testing.network import SimNetwork

__all__ = ["Nemesis", "Target"]


class Target(Protocol):
    """The nodes that it acts upon; verbs that make no sense in a node's state do nothing."""

    def states(self) -> dict[str, str]:
        """Name -> "up", "paused" or "crashed"."""
        ...

    def restartable(self) -> list[str]:
        """Who may be crashed and paused."""
        ...

    def crash(self, name: str) -> None: ...
    def restart(self, name: str) -> object: ...
    def pause(self, name: str) -> None: ...
    def resume(self, name: str) -> None: ...
    def skew(self, name: str, offset: float, drift: float | None) -> None: ...


class Nemesis:
    """One run's. The link profile of the plan is in force from `start` to `stop`, too."""

    def __init__(
        self,
        plan: FaultPlan,
        choices: Streams,
        loop: asyncio.AbstractEventLoop,
        network: SimNetwork,
        target: Target,
    ) -> None:
        self._plan = plan
        self._planner = Planner(plan, choices)
        self._timing = Timing(loop)
        self._network = network
        self._target = target
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """From now on things go wrong."""
        profile = self._plan.link_profile()
        if profile != self._network.profile:
            self._network.set_links(profile)
        self._planner.begin(self._timing.now_ns)
        self._arm()

    def stop(self) -> None:
        """No more faults; end those that last, bring back who is down, and make links perfect."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for act in self._planner.end():
            self._perform(act)
        self._network.calm()

    def _arm(self) -> None:
        due_ns = self._planner.next_ns
        if due_ns is not None:
            neutral = self._timing.neutral
            self._timer = self._timing.call_at_ns(due_ns, self._fire, context=neutral)

    def _fire(self) -> None:
        view = View(self._target.states(), self._target.restartable())
        for act in self._planner.due(self._timing.now_ns, view):
            self._perform(act)
        self._arm()

    def _perform(self, act: Act) -> None:
        match act:
            case Storm(pairs, text):
                self._network.storm(pairs, text)
            case Reset(a, b):
                self._network.reset(a, b)
            case Slow(a, b, factor):
                self._network.slow(a, b, factor, one_way=True)
            case Clog(a, b):
                self._network.hold(a, b, one_way=True)
            case Unclog(a, b):
                self._network.release(a, b, one_way=True)
            case _:
                self._perform_on_node(act)

    def _perform_on_node(self, act: Crash | Restart | Pause | Resume | Skew) -> None:
        match act:
            case Crash(node):
                self._target.crash(node)
            case Restart(node):
                self._target.restart(node)
            case Pause(node):
                self._target.pause(node)
            case Resume(node):
                self._target.resume(node)
            case Skew(node, offset_s, drift):
                self._target.skew(node, offset_s, drift)
