"""After the faults: a part of the group that could go on is put right, and then has to go on.

As in TigerBeetle's simulator, that part (the core) is a random set of members that is a quorum in
every configuration that may still count; what is wrong with the others stays wrong. Within a
bounded time the core elects a leader, commits fresh writes, answers reads and agrees.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.inputs import Change, Transfer
from tests.distributed.consensus.cluster.nemesis import Nemesis
from tests.distributed.consensus.cluster.node import Node
from tests.distributed.consensus.cluster.operations import Call
from tests.distributed.consensus.cluster.plan import TICK
from tests.distributed.consensus.cluster.quorums import has_quorum
from tests.distributed.consensus.cluster.simulator import Simulator
from tests.distributed.consensus.cluster.violations import LivenessViolation

__all__ = ["check_liveness"]

_TIMEOUTS_MAX = 100  # election timeouts that everything may take
_EVENTS_MAX = 60_000  # of the whole phase: a group that talks itself to death is no better


def check_liveness(sim: Simulator, nemesis: Nemesis, rng: random.Random) -> None:
    """Raises `LivenessViolation`."""
    _Recovery(sim, nemesis, rng).run()


class _Recovery:
    def __init__(self, sim: Simulator, nemesis: Nemesis, rng: random.Random) -> None:
        self._sim = sim
        self._rng = rng
        nemesis.stop()
        sim.clients.open = False
        self._timeout = sim.plan.settings.election_ticks * TICK
        self._deadline = sim.now + _TIMEOUTS_MAX * max(self._timeout, 4 * TICK)
        self._events_left = _EVENTS_MAX
        self._hub = False
        self._core = self._choose_core()
        self._asked: dict[Call, int] = {}  # not to be tried again before
        self._reading: dict[str, Call] = {}
        self._cut_off: dict[str, int] = {}
        self._heir: str | None = None
        self._demoted = False
        self._next_request = 0

    def run(self) -> None:
        self._put_right()
        self._wait("elects a leader", self._has_leader)
        for _ in range(3):
            self._asked[self._call("put")] = 0
        self._wait("commits", self._writes)
        if not self._hub:
            self._wait("reads", self._reads)
            self._wait("agrees", self._agrees)
        self._wait("answers everything", self._answers)
        if self._hub:
            return
        self._check_stable()
        if self._rng.random() < 0.5:
            self._wait("hands leadership over", self._hands_over)
        else:
            self._wait("changes its members", self._changes)

    # Which part, and what is done about it

    def _choose_core(self) -> list[str]:
        """Take members out at random, as long as the others are a quorum wherever it may matter."""
        counting = self._counting()
        core = sorted({name for configuration in counting for name in configuration.members})
        changing = any(
            kind == "change"
            for node in self._sim.nodes.values()
            for kind, _ in node.requests.values()
        )
        if self._rng.random() < 0.5:
            settled = len({*counting}) == 1 and not counting[0].joint and not changing
            if self._is_guarded and settled:
                self._hub = self._rng.random() < 0.3
            return core
        if changing:
            return core  # it may go on, and then others count
        others = core[:]
        self._rng.shuffle(others)
        for name in others:
            rest = [other for other in core if other != name]
            if all(has_quorum(rest, configuration) for configuration in counting):
                core = rest
        return core

    @property
    def _is_guarded(self) -> bool:
        settings = self._sim.plan.settings
        return settings.pre_vote and settings.check_quorum

    def _counting(self) -> list[Configuration]:
        """The committed configuration, and those behind it in any log."""
        sim = self._sim
        found: dict[int, list[Configuration]] = {0: [sim.genesis]}
        for node in sim.nodes.values():
            for image in (node.durable, node.logical):
                for index, configuration in image.configurations():
                    if configuration.voters:
                        found.setdefault(index, []).append(configuration)
        committed = max(index for index in found if index <= sim.history.last_index)
        return [c for index in sorted(found) if index >= committed for c in found[index]]

    def _put_right(self) -> None:
        sim = self._sim
        sim.network.calm(TICK // 20, TICK // 20)
        sim.sync_mean = min(sim.sync_mean, TICK // 20)
        sim.apply_mean = min(sim.apply_mean, TICK // 20)
        for node in sim.nodes.values():
            node.period = TICK
        rest = [name for name in sim.nodes if name not in self._core]
        sim.lose_in_flight(rest, sim.now + TICK)
        for name in self._core:
            node = sim.nodes[name]
            node.rng.seed(f"{name} {self._rng.random()}")
            node.slow_until = 0
            sim.resume(node, True)
            sim.restart(node)
        self._shut_out(rest)
        if self._hub:
            self._make_hub()

    def _shut_out(self, rest: list[str]) -> None:
        """What is wrong with the others: they are down, or cut off, or hear nothing."""
        sim = self._sim
        sim.network.cut = {(a, b) for a in sim.nodes for b in rest}
        kind = self._rng.choice(("down", "cut off", "deaf"))
        if kind == "deaf" and self._is_guarded:
            return
        if kind == "down" or not self._is_guarded:
            for name in rest:
                sim.crash(sim.nodes[name])
        sim.network.cut |= {(b, a) for a, b in sim.network.cut}
        self._cut_off = {name: sim.nodes[name].logical.term for name in rest}

    def _make_hub(self) -> None:
        """Only one member reaches all others: one that may be elected, as its log is the longest
        (what was on the way could change that). Without that Raft cannot go on: Ng and others,
        "Omni-Paxos", 2023.
        """
        sim = self._sim
        sim.lose_in_flight(sim.nodes, sim.now)
        voters = [node for node in self._alive() if node.configuration.votes(node.name)]
        hub = max(voters, key=lambda node: (node.logical.last_term, node.logical.last_index))
        sim.network.cut = {(a, b) for a in self._core for b in self._core if hub.name not in {a, b}}

    # What must happen

    def _wait(self, what: str, happened: Callable[[], bool]) -> None:
        sim = self._sim
        while not happened():
            self._events_left -= sim.run(self._events_left, sim.now + TICK)
            sim.now += 0 if self._events_left else TICK
            if sim.now > self._deadline or self._events_left <= 0:
                raise LivenessViolation(f"a healthy quorum {what}", self._state())

    def _state(self) -> str:
        members = "; ".join(
            f"{node.name}: term {node.logical.term} {node.role.value} of {node.leader},"
            f" log {node.logical.last_index}, applied {node.applied}"
            for node in self._alive()
        )
        return f"core {self._core} of {self._sim.history.last_index} entries: {members}"

    def _alive(self) -> list[Node]:
        return [self._sim.nodes[name] for name in self._core]

    def _leader(self) -> Node | None:
        leaders = [node for node in self._alive() if node.leader == node.name]
        return max(leaders, key=lambda node: node.logical.term) if leaders else None

    def _has_leader(self) -> bool:
        return self._leader() is not None

    def _members(self) -> list[Node]:
        """Those of the core that take part, as the leader knows it."""
        leader = self._leader()
        names = leader.configuration.members if leader is not None else ()
        return [node for node in self._alive() if node.name in names]

    def _call(self, kind: str) -> Call:
        return self._sim.clients.new_call(kind, "x")

    def _again(self, call: Call) -> bool:
        """Whether it is time for another attempt of a call."""
        if call.end is not None or self._sim.now < self._asked.get(call, 0):
            return False
        self._asked[call] = self._sim.now + 3 * self._timeout
        call.attempt += 1
        return True

    def _writes(self) -> bool:
        for call in self._asked:
            if self._again(call):
                self._sim.clients.propose(self._rng.choice(self._alive()), call)
        return all(call.end is not None for call in self._asked)

    def _reads(self) -> bool:
        """Every member of the core answers one."""
        members = self._members()
        for node in members:
            if node.name not in self._reading:
                self._reading[node.name] = self._call("get")
            if self._again(self._reading[node.name]):
                self._sim.clients.read(node, self._reading[node.name])
        return bool(members) and all(self._reading[node.name].end is not None for node in members)

    def _agrees(self) -> bool:
        last = self._sim.history.last_index
        members = self._members()
        return bool(members) and all(
            node.applied == last and not node.configuration.joint for node in members
        )

    def _answers(self) -> bool:
        return not any(node.requests for node in self._alive())

    def _hands_over(self) -> bool:
        """To a voter that is asked for."""
        leader = self._leader()
        if leader is None:
            return False
        voters = [name for name in leader.configuration.voters if name in self._core]
        if self._heir is None:
            self._heir = self._rng.choice(voters)
        if leader.name == self._heir:
            return True
        if self._sim.now >= self._next_request:
            request = self._sim.clients.request(leader, "transfer")
            self._sim.tell(leader, Transfer(request, self._heir))
            self._next_request = self._sim.now + 3 * self._timeout
        return False

    def _changes(self) -> bool:
        """A voter of the core becomes a learner, and one again."""
        leader = self._leader()
        if leader is None:
            return False
        now = leader.configuration
        if self._heir is None:
            if len(now.voters) < 2 or not has_quorum(self._core, now):
                return True
            self._heir = self._rng.choice([name for name in now.voters if name in self._core])
        is_voter = self._heir in now.voters
        if not now.joint and is_voter and self._demoted:
            return True
        if self._sim.now >= self._next_request and not now.joint:
            self._next_request = self._sim.now + 3 * self._timeout
            self._ask_for_change(leader, self._heir, is_voter)
        return False

    def _ask_for_change(self, leader: Node, name: str, is_voter: bool) -> None:
        request = self._sim.clients.request(leader, "change")
        if is_voter:
            rest = tuple(other for other in leader.configuration.voters if other != name)
            if not has_quorum(self._core, Configuration(rest)):
                self._demoted = True  # then it stays
                return
            change = Change(request, demote=(name,))
        else:
            self._demoted = True
            change = Change(request, promote=(name,))
        self._sim.tell(leader, change)

    def _check_stable(self) -> None:
        """A leader that all hear stays; and who is cut off disturbs nobody, nor counts terms up
        (thesis 9.6): an election that was under way may end, no other begins.
        """
        sim, settings = self._sim, self._sim.plan.settings
        steady = settings.election_ticks >= 4 * settings.heartbeat_ticks
        if not steady or not self._is_guarded:
            return
        term = max(node.logical.term for node in self._alive())
        sim.run(self._events_left, sim.now + 5 * self._timeout)
        now = max(node.logical.term for node in self._alive())
        if now != term:
            raise LivenessViolation("a good leader stays", f"term {now} after {term}")
        for name, before in self._cut_off.items():
            node = sim.nodes[name]
            alone = has_quorum({name}, node.configuration)
            if not alone and node.logical.term > before + 1:
                raise LivenessViolation(
                    "alone, no terms are begun", f"{name}: from {before} to {node.logical.term}"
                )
