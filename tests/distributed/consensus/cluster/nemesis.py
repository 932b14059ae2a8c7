"""Makes trouble: faults at random times, of the kinds that the plan allows."""

from __future__ import annotations

import random
from typing import Any

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.inputs import Change, Transfer, Unreachable
from tests.distributed.consensus.cluster.node import Node
from tests.distributed.consensus.cluster.plan import TICK
from tests.distributed.consensus.cluster.simulator import Simulator

__all__ = ["Nemesis"]


class Nemesis:
    """One for a run; `stop` ends it."""

    def __init__(self, simulator: Simulator, rng: random.Random, faults_max: int | None) -> None:
        self._sim = simulator
        self._rng = rng
        self._faults_max = faults_max
        self._stopped = False
        self._cuts = 0
        self.count = 0

    def begin(self) -> None:
        """The first fault comes a little later."""
        if self._sim.plan.faults:
            self._later()

    def stop(self) -> None:
        """No more faults; what they did stays."""
        self._stopped = True

    def _later(self) -> None:
        delay = 1 + int(self._sim.plan.fault_every * 2 * self._rng.random())
        self._sim.at(delay, self._turn, None)

    def _turn(self, _: Any, __: Any) -> None:
        if self._stopped or self.count == self._faults_max:
            return
        self.count += 1
        kind = self._rng.choice(self._sim.plan.faults)
        if self._sim.trace is not None:
            self._sim.trace.note(self._sim.now, "!", kind)
        getattr(self, "_" + kind.replace("-", "_"))()
        self._later()

    # Links

    def _links(self, left: list[str], right: list[str], both: bool = True) -> None:
        cut = self._sim.network.cut
        for a in left:
            for b in right:
                if a != b:
                    cut.add((a, b))
                    if both:
                        cut.add((b, a))
        delay = 1 + int(self._sim.plan.heal_mean * 2 * self._rng.random())
        self._cuts += 1
        self._sim.at(delay, self._mend, None, self._cuts)

    def _mend(self, _: Any, number: int) -> None:
        if number == self._cuts and not self._stopped:
            self._sim.network.cut.clear()

    def _split(self) -> tuple[list[str], list[str]]:
        names = list(self._sim.nodes)
        self._rng.shuffle(names)
        place = 1 + int(self._rng.random() * len(names))
        return names[:place], names[place:]

    def _partition(self) -> None:
        self._sim.network.cut.clear()
        self._links(*self._split())

    def _isolate(self) -> None:
        self._links([self._pick_name()], list(self._sim.nodes))

    def _isolate_leader(self) -> None:
        leader = self._leader()
        if leader is not None:
            self._links([leader.name], list(self._sim.nodes), both=self._rng.random() < 0.7)

    def _asymmetric(self) -> None:
        if self._rng.random() < 0.5:
            self._links(*self._split(), both=False)
        elif self._rng.random() < 0.5:
            self._links([self._pick_name()], list(self._sim.nodes), both=False)
        else:
            self._links(list(self._sim.nodes), [self._pick_name()], both=False)

    def _cut_link(self) -> None:
        self._links([self._pick_name()], [self._pick_name()], both=self._rng.random() < 0.5)

    def _heal(self) -> None:
        self._sim.network.cut.clear()

    def _unreachable(self) -> None:
        node = self._pick()
        if node is not None:
            self._sim.tell(node, Unreachable(self._pick_name()))

    # Members

    def _pick_name(self) -> str:
        return self._rng.choice(list(self._sim.nodes))

    def _pick(self) -> Node | None:
        alive = [node for node in self._sim.nodes.values() if node.alive]
        return self._rng.choice(alive) if alive else None

    def _leader(self) -> Node | None:
        leaders = [n for n in self._sim.nodes.values() if n.alive and n.leader == n.name]
        return self._rng.choice(leaders) if leaders else None

    def _bring_down(self, node: Node | None) -> None:
        if node is not None:
            self._sim.crash(node)
            delay = 1 + int(self._sim.plan.restart_mean * 2 * self._rng.random())
            self._sim.at(delay, self._sim.restart, node)

    def _crash(self) -> None:
        self._bring_down(self._pick())

    def _crash_leader(self) -> None:
        self._bring_down(self._leader())

    def _crash_all(self) -> None:
        for node in list(self._sim.nodes.values()):
            if node.alive:
                self._bring_down(node)

    def _pause(self) -> None:
        self._stop_for_a_while(self._pick())

    def _pause_leader(self) -> None:
        self._stop_for_a_while(self._leader())

    def _stop_for_a_while(self, node: Node | None) -> None:
        if node is not None and not node.paused:
            self._sim.pause(node)
            delay = 1 + int(self._rng.random() * 4 * self._sim.plan.settings.election_ticks * TICK)
            self._sim.at(delay, self._resume, node, node.life)

    def _resume(self, node: Node, life: int) -> None:
        if node.life == life:
            catch_up = self._sim.plan.settings.lease_reads or self._rng.random() < 0.5
            self._sim.resume(node, catch_up)

    def _slow_disk(self) -> None:
        node = self._pick()
        if node is not None:
            node.slow_until = self._sim.now + int(self._rng.random() * 20 * TICK)

    # Members and leaders by request

    def _transfer(self) -> None:
        leader = self._leader() if self._rng.random() < 0.9 else self._pick()
        if leader is not None:
            target = None if self._rng.random() < 0.3 else self._pick_name()
            request = self._sim.clients.request(leader, "transfer")
            self._sim.tell(leader, Transfer(request, target))

    def _transfer_deaf(self) -> None:
        """A leader that hands over and does not hear how that goes."""
        leader = self._leader()
        if leader is not None:
            request = self._sim.clients.request(leader, "transfer")
            self._sim.tell(leader, Transfer(request))
            self._links(list(self._sim.nodes), [leader.name], both=False)

    def _change(self) -> None:
        leader = self._leader() if self._rng.random() < 0.95 else self._pick()
        if leader is None:
            return
        for _ in range(1 if self._rng.random() < 0.8 else 2):  # two at once: one is refused
            wish = self._wish(leader.configuration)
            for name, _address in wish.get("add", ()) + wish.get("learn", ()):
                node = self._sim.nodes[name]
                if not node.alive and self._rng.random() < 0.9:
                    self._sim.start(node)
            request = self._sim.clients.request(leader, "change")
            self._sim.tell(leader, Change(request, **wish))

    def _wish(self, now: Configuration) -> dict[str, Any]:
        """One to three things to change, sensible or not."""
        wish: dict[str, Any] = {}
        names = list(self._sim.nodes)
        self._rng.shuffle(names)
        for name in names[: self._rng.choice((1, 1, 1, 2, 3))]:
            if self._rng.random() < 0.1:
                kind = self._rng.choice(("add", "learn", "promote", "demote", "remove"))
            elif name in now.voters:
                kind = self._rng.choice(("remove", "remove", "demote"))
            elif name in now.learners:
                kind = self._rng.choice(("promote", "promote", "remove"))
            else:
                kind = self._rng.choice(("add", "add", "learn"))
            what = (name, f"x:{name}") if kind in {"add", "learn"} else name
            wish[kind] = (*wish.get(kind, ()), what)
        return wish
