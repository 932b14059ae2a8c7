"""What a nemesis does, as values, and the plan of when to do what. Plain code: no clock, no loop.

Each fault that recurs has its own course: it happens, may last, and happens again after a drawn
time. A partition is followed by the next only once it is over. What began is remembered, so that
all of it can be undone at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Protocol, TypeAlias

from holon_actors.testing._choices.chance import S, pick, uniform_ns
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._nemesis.partitions import draw_partition
from holon_actors.testing.delays import Exponential
from holon_actors.testing.faults import FaultPlan


@dataclass(frozen=True)
class Storm:
    """From now on exactly these pairs, sender and receiver, are cut off; `text` says it better."""

    pairs: tuple[tuple[str, str], ...]
    text: str


@dataclass(frozen=True)
class _OnLink:
    a: str
    b: str


class Reset(_OnLink):
    """The connection breaks, once."""


class Clog(_OnLink):
    """Nothing gets through, though nothing is lost."""


class Unclog(_OnLink):
    """What is held up gets through."""


@dataclass(frozen=True)
class Slow(_OnLink):
    factor: float  # 1.0: not any more


@dataclass(frozen=True)
class _OnNode:
    node: str


class Crash(_OnNode):
    """All that it does ends here and now."""


class Restart(_OnNode):
    """It begins anew, with what was durable."""


class Pause(_OnNode):
    """It does nothing, and does not know."""


class Resume(_OnNode):
    """It goes on."""


@dataclass(frozen=True)
class Skew(_OnNode):
    offset_s: float
    drift: float


Act: TypeAlias = Storm | Reset | Slow | Clog | Unclog | Crash | Restart | Pause | Resume | Skew

_CALM = Storm((), "")


@dataclass(frozen=True)
class View:
    """The cluster as it is."""

    states: dict[str, str]  # node -> "up", "paused" or "crashed", in the order of their making
    restartable: Sequence[str]

    @property
    def nodes(self) -> list[str]:
        return list(self.states)

    @property
    def candidates(self) -> list[str]:
        """Who may be crashed or paused."""
        return [node for node in self.restartable if self.states[node] == "up"]

    @property
    def down(self) -> int:
        return sum(self.states[node] != "up" for node in self.restartable)


class Streams(Protocol):
    def stream(self, name: str) -> Stream: ...


class Planner:
    """Decides what happens when, by a fault plan."""

    def __init__(self, plan: FaultPlan, choices: Streams) -> None:
        self._plan = plan
        self._net = choices.stream("net")
        self._clock = choices.stream("clock")  # of a node: its clock, its life
        self._agenda: list[tuple[int, int, Callable[[int, View], list[Act]]]] = []
        self._number = 0
        self._undo: dict[Act, Act] = {}  # what lasts -> what ends it, in order

    def begin(self, now_ns: int) -> None:
        """Set the times at which each fault happens first."""
        plan = self._plan
        self._next("partition", plan.partition_every_s, now_ns, self._partition)
        self._next("reset", plan.reset_every_s, now_ns, self._reset)
        self._next("slow", plan.slow_every_s, now_ns, self._slow)
        self._next("clog", plan.clog_every_s, now_ns, self._clog)
        self._next("crash", plan.crash_every_s, now_ns, self._crash)
        self._next("pause", plan.pause_every_s, now_ns, self._pause)
        self._next("skew", plan.skew_every_s, now_ns, self._skew)

    @property
    def next_ns(self) -> int | None:
        """When something happens next; None: never again."""
        return self._agenda[0][0] if self._agenda else None

    def due(self, now_ns: int, view: View) -> list[Act]:
        """What happens now: the first thing that is due, if any is."""
        if not self._agenda or self._agenda[0][0] > now_ns:
            return []
        return heappop(self._agenda)[2](now_ns, view)

    def end(self) -> list[Act]:
        """Nothing happens any more; what to do so that nothing lasts, either."""
        self._agenda.clear()
        undo, self._undo = list(self._undo.values()), {}
        return undo

    # The courses of the faults

    def _partition(self, now_ns: int, view: View) -> list[Act]:
        plan = self._plan
        cut = draw_partition(self._net, plan.partition_kinds, view.nodes)
        again = self._course("partition", plan.partition_every_s, self._partition)
        if cut is None:
            again(now_ns)
            return []
        return self._lasting(
            now_ns, "partition", plan.partition_lasts_s, Storm(cut.pairs, cut.text), _CALM, again
        )

    def _reset(self, now_ns: int, view: View) -> list[Act]:
        self._next("reset", self._plan.reset_every_s, now_ns, self._reset)
        pair = self._pair(view, "reset")
        return [Reset(*pair)] if pair else []

    def _slow(self, now_ns: int, view: View) -> list[Act]:
        plan = self._plan
        self._next("slow", plan.slow_every_s, now_ns, self._slow)
        pair = self._pair(view, "slow")
        if pair is None:
            return []
        slow, fast = Slow(*pair, plan.slow_factor), Slow(*pair, 1.0)
        return self._lasting(now_ns, "slow", plan.slow_lasts_s, slow, fast)

    def _clog(self, now_ns: int, view: View) -> list[Act]:
        plan = self._plan
        self._next("clog", plan.clog_every_s, now_ns, self._clog)
        pair = self._pair(view, "clog")
        if pair is None:
            return []
        return self._lasting(now_ns, "clog", plan.clog_lasts_s, Clog(*pair), Unclog(*pair))

    def _crash(self, now_ns: int, view: View) -> list[Act]:
        plan = self._plan
        self._next("crash", plan.crash_every_s, now_ns, self._crash)
        node = self._victim(view, "crash")
        if node is None:
            return []
        return self._lasting(now_ns, "crash", plan.crash_lasts_s, Crash(node), Restart(node))

    def _pause(self, now_ns: int, view: View) -> list[Act]:
        plan = self._plan
        self._next("pause", plan.pause_every_s, now_ns, self._pause)
        node = self._victim(view, "pause")
        if node is None:
            return []
        return self._lasting(now_ns, "pause", plan.pause_lasts_s, Pause(node), Resume(node))

    def _skew(self, now_ns: int, view: View) -> list[Act]:
        plan = self._plan
        self._next("skew", plan.skew_every_s, now_ns, self._skew)
        if not view.nodes:
            return []
        node = pick(self._clock, "skew node", view.nodes)
        act = Skew(
            node,
            self._either_way("skew step", plan.skew_step_s),
            self._either_way("skew drift", plan.skew_drift),
        )
        for old in [a for a in self._undo if isinstance(a, Skew) and a.node == node]:
            del self._undo[old]
        self._undo[act] = Skew(node, 0.0, 0.0)
        return [act]

    # What they are made of

    def _next(
        self,
        fault: str,
        every_s: float | None,
        now_ns: int,
        course: Callable[[int, View], list[Act]],
    ) -> None:
        if every_s is not None:
            wait_ns = Exponential(every_s).draw_ns(self._stream(fault), f"{fault} after")
            self._at(now_ns + wait_ns, course)

    def _course(
        self, fault: str, every_s: float | None, course: Callable[[int, View], list[Act]]
    ) -> Callable[[int], None]:
        return lambda now_ns: self._next(fault, every_s, now_ns, course)

    def _lasting(
        self,
        now_ns: int,
        fault: str,
        lasts_s: float,
        act: Act,
        undo: Act,
        after: Callable[[int], None] | None = None,
    ) -> list[Act]:
        if act in self._undo:
            return []  # it goes on already
        self._undo[act] = undo

        def over(now_ns: int, view: View) -> list[Act]:
            del self._undo[act]
            if after is not None:
                after(now_ns)
            return [undo]

        lasts_ns = Exponential(lasts_s).draw_ns(self._stream(fault), f"{fault} lasts")
        self._at(now_ns + lasts_ns, over)
        return [act]

    def _at(self, time_ns: int, course: Callable[[int, View], list[Act]]) -> None:
        self._number += 1
        heappush(self._agenda, (time_ns, self._number, course))

    def _stream(self, fault: str) -> Stream:
        return self._clock if fault in {"crash", "pause", "skew"} else self._net

    def _pair(self, view: View, fault: str) -> tuple[str, str] | None:
        nodes = view.nodes
        if len(nodes) < 2:
            return None
        a = pick(self._net, f"{fault} from", nodes)
        return a, pick(self._net, f"{fault} to", [node for node in nodes if node != a])

    def _victim(self, view: View, fault: str) -> str | None:
        limit = self._plan.down_max
        if limit is None:
            limit = max(1, (len(view.restartable) - 1) // 2)
        candidates = view.candidates
        if not candidates or view.down >= limit:
            return None
        return pick(self._clock, f"{fault} node", candidates)

    def _either_way(self, label: str, most: float) -> float:
        if not most:
            return 0.0
        size_ns = uniform_ns(self._clock, label, 0, most)
        return (-1 if self._clock.draw(f"{label} back", 2) else 1) * size_ns / S
