"""A cluster of membership cores in plain Python: virtual time, and a network that may do anything.

No event loop, sockets or threads, so that thousands of runs take seconds. A run is decided by its
seed alone.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from holon_actors.actors.cluster.effects import Change, Effects
from holon_actors.actors.cluster.messages import Message
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.swim import Swim


@dataclass
class Network:
    """What may happen to messages; everything is well unless said otherwise."""

    delay_s: float = 0.005
    jitter_s: float = 0.005  # mean of the exponential part
    loss: float = 0.0
    duplication: float = 0.0
    cut: set[tuple[str, str]] = field(default_factory=set)  # directed
    link_loss: dict[tuple[str, str], float] = field(default_factory=dict)


@dataclass
class Node:
    """A core, its clock and its fate."""

    address: str
    core: Swim
    offset: float
    drift: float
    up: bool = True
    paused: bool = False
    backlog: list[tuple[str, Message]] = field(default_factory=list)
    changes: list[tuple[float, Change]] = field(default_factory=list)
    sent: int = 0
    wake: int = 0  # the number of the one wake-up call that is not obsolete
    welcomed: list[int] = field(default_factory=list)

    def clock(self, now: float) -> float:
        return self.offset + now * self.drift

    def real(self, local: float) -> float:
        return (local - self.offset) / self.drift


class Cluster:
    """Nodes "a", "b", ... and what happens to them."""

    def __init__(self, seed: int, settings: SwimSettings | None = None) -> None:
        self.rng = Random(seed)
        self.settings = settings or SwimSettings()
        self.network = Network()
        self.now = 0.0
        self.nodes: dict[str, Node] = {}
        self.observers: list[Callable[[Node, Change], None]] = []
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._incarnations = 1_000

    # --- nodes ---

    def start(self, address: str, *, seed: str | None = None) -> Node:
        """Start a node, or start it again as a new incarnation."""
        self._incarnations += 1_000
        offset, drift = self.rng.uniform(0, 1e6), self.rng.uniform(0.99, 1.01)
        core = Swim(
            address,
            address.upper(),
            self._incarnations,
            self.settings,
            Random(self.rng.random()),
            offset + self.now * drift,
        )
        node = Node(address, core, offset, drift)
        self.nodes[address] = node
        self._schedule_wake(node)
        if seed is not None:
            self.join(address, seed)
        return node

    def join(self, address: str, seed: str) -> int:
        node = self.nodes[address]
        number, effects = node.core.join(seed, node.clock(self.now))
        self._apply(node, effects)
        return number

    def form(self, count: int) -> list[str]:
        """`count` nodes that all know each other."""
        addresses = [chr(ord("a") + i) if count <= 26 else f"n{i}" for i in range(count)]
        for address in addresses:
            self.start(address, seed=None if address == addresses[0] else addresses[0])
        assert self.run_until(self.agreed, 30), self.picture()
        return addresses

    def crash(self, address: str) -> None:
        self.nodes[address].up = False

    def pause(self, address: str) -> None:
        self.nodes[address].paused = True

    def resume(self, address: str) -> None:
        """What came meanwhile is there at once, and so are the timers, in any order."""
        node = self.nodes[address]
        node.paused = False
        work: list[Callable[[], None]] = [
            lambda s=s, m=m: self._deliver(s, address, m) for s, m in node.backlog
        ]
        node.backlog.clear()
        work.insert(self.rng.randint(0, len(work)), lambda: self._tick(node, node.wake))
        for step in work:
            step()

    def leave(self, address: str) -> None:
        node = self.nodes[address]
        self._apply(node, node.core.leave(node.clock(self.now)))

    def down(self, by: str, address: str) -> None:
        node = self.nodes[by]
        self._apply(node, node.core.down(address, node.clock(self.now)))

    # --- network ---

    def partition(self, *groups: Iterable[str]) -> None:
        """Nothing passes between the groups any more."""
        sides = [list(group) for group in groups]
        for i, side in enumerate(sides):
            for other in sides[i + 1 :]:
                self.network.cut |= {(a, b) for a in side for b in other}
                self.network.cut |= {(b, a) for a in side for b in other}

    def heal(self) -> None:
        self.network = Network()

    # --- time ---

    def run(self, seconds: float) -> None:
        self.run_until(lambda: False, seconds)

    def run_until(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Go on until a condition holds, at most for some time; returns whether it does."""
        end = self.now + seconds
        check = self.now
        while self._heap and self._heap[0][0] <= end:
            if self._heap[0][0] >= check:
                if condition():
                    return True
                check = self._heap[0][0] + 0.05
            at, _, action = heapq.heappop(self._heap)
            self.now = max(self.now, at)
            action()
        self.now = end
        return condition()

    def at(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something so many seconds from now."""
        self._order += 1
        heapq.heappush(self._heap, (self.now + seconds, self._order, action))

    # --- what holds ---

    def live(self) -> list[Node]:
        return [n for n in self.nodes.values() if n.up and not n.paused and n.core.me.present]

    def agreed(self) -> bool:
        """All live nodes hold the same records, and all live nodes are alive in them."""
        live = self.live()
        if len({node.core.digest for node in live}) > 1:
            return False
        states = {r.address: r for r in live[0].core.members} if live else {}
        return all(
            n.address in states
            and states[n.address].state == "alive"
            and states[n.address].incarnation == n.core.me.incarnation
            and states[n.address].voter
            for n in live
        )

    def state(self, by: str, of: str) -> str | None:
        return next((r.state for r in self.nodes[by].core.members if r.address == of), None)

    def kinds(self, by: str, of: str) -> list[str]:
        """What a node announced about another one."""
        changes = self.nodes[by].changes
        return [change.kind for _, change in changes if change.record.address == of]

    def picture(self) -> str:
        lines = [f"t={self.now:.2f} cut={sorted(self.network.cut)}"]
        for node in self.nodes.values():
            view = " ".join(
                f"{r.address}:{r.state}{'' if r.voter else '-'}@{r.incarnation}.{r.refutation}"
                f"{[v.accuser for v in r.votes] or ''}"
                for r in sorted(node.core.members, key=lambda r: r.address)
            )
            mark = "" if node.up else " (crashed)"
            mark += " (paused)" if node.paused else ""
            lines.append(f"{node.address}{mark} health={node.core.health}: {view}")
        return "\n".join(lines)

    # --- machinery ---

    def _apply(self, node: Node, effects: Effects) -> None:
        node.sent += len(effects.send)
        for number in effects.welcomed:
            node.welcomed.append(number)
            self._apply(node, node.core.end_join(number, node.clock(self.now)))
        for change in effects.changes:
            node.changes.append((self.now, change))
            for observer in self.observers:
                observer(node, change)
        for target, message in effects.send:
            self._transmit(node.address, target, message)
        self._schedule_wake(node)

    def _transmit(self, source: str, target: str, message: Message) -> None:
        network = self.network
        link = (source, target)
        if link in network.cut:
            return
        for _ in range(1 + (self.rng.random() < network.duplication)):
            if self.rng.random() >= max(network.loss, network.link_loss.get(link, 0.0)):
                delay = network.delay_s + self.rng.expovariate(1 / network.jitter_s)
                self.at(delay, lambda: self._deliver(source, target, message))

    def _deliver(self, source: str, target: str, message: Message) -> None:
        node = self.nodes.get(target)
        if node is None or not node.up:
            return
        if node.paused:
            node.backlog.append((source, message))
            return
        self._apply(node, node.core.receive(source, message, node.clock(self.now)))

    def _schedule_wake(self, node: Node) -> None:
        node.wake += 1
        number, wake = node.wake, node.core.next_wake
        if wake < float("inf"):
            self.at(max(0.0, node.real(wake) - self.now) + 1e-6, lambda: self._tick(node, number))

    def _tick(self, node: Node, number: int) -> None:
        if node.wake == number and node.up and not node.paused:
            self._apply(node, node.core.tick(node.clock(self.now)))
