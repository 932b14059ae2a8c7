"""Those who use the group, one call at a time each, and what they may conclude from its answers.

Each finished call gets a point: the index at which it happened. Calls that ended before another
started must have smaller points than it has (reads may share one). That is linearizability with
the order given, checked at the moment an answer comes; `check_linearizable` judges samples
of the same history again without knowing the order.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_actors.distributed.consensus.core.effects import Answer, Done, Placed, ReadAt, Refused
from holon_actors.distributed.consensus.core.entries import Entry
from holon_actors.distributed.consensus.core.inputs import Propose, Read
from tests.distributed.consensus.cluster.node import Node
from tests.distributed.consensus.cluster.operations import Call
from tests.distributed.consensus.cluster.plan import TICK
from tests.distributed.consensus.cluster.violations import SafetyViolation

if TYPE_CHECKING:
    from tests.distributed.consensus.cluster.simulator import Simulator

__all__ = ["Clients"]

_KINDS = ("put", "put", "cas", "get", "get")
# What may be answered to each kind of request.
_FITTING: dict[str, tuple[type, ...]] = {
    "propose": (Placed, Refused),
    "noise": (Placed, Refused),
    "read": (ReadAt, Refused),
    "change": (Done, Refused),
    "transfer": (Done, Refused),
}


class Clients:
    """All clients of a run, and the requests that members have not answered."""

    def __init__(self, simulator: Simulator, rng: random.Random) -> None:
        self._sim = simulator
        self._random = rng.random
        self._members = tuple(simulator.nodes.values())
        self._take: dict[type, Callable[..., None]] = {
            Placed: self._on_placed,
            ReadAt: self._on_read_at,
            Refused: self._on_refused,
        }
        self._history = simulator.history
        self._request = 0
        self._names = 0
        self._values = 0
        self._calls_made = 0
        self.floor = 0  # the largest point of a call that has ended
        self.calls: list[Call] = []
        self.open = True  # whether new calls are begun
        self.acknowledged = 0
        self.answers = 0

    def begin(self) -> None:
        """Every client makes its first call a little later."""
        for _ in range(self._sim.plan.clients):
            self._later(self._new_client())

    def _new_client(self) -> int:
        self._names += 1
        return self._names

    def _later(self, client: int) -> None:
        if self.open:
            delay = 1 + int(self._sim.plan.think_mean * 2 * self._random())
            self._sim.at(delay, self._turn, client)

    # Calls

    def _turn(self, client: Any, _: object) -> None:
        if not self.open:
            return
        draw, plan = self._random, self._sim.plan
        if draw() < plan.noise:
            self.make_noise()
        kind = _KINDS[int(draw() * len(_KINDS))]
        call = self.new_call(kind, "xyz"[int(draw() * plan.keys)], client)
        call.session = draw() < 0.7
        self._attempt(call)

    def new_call(self, kind: str, key: str, client: int | None = None) -> Call:
        """A call that begins now; by default that of a new client."""
        call = Call(client or self._new_client(), kind, key, self._sim.now, self.floor)
        if kind != "get":
            self._values += 1
            call.value = self._values
        if kind == "cas":
            call.expected = self._history.value(key, self._history.last_index)
        self._calls_made += 1
        call.serial = self._calls_made
        self.calls.append(call)
        return call

    def _attempt(self, call: Call) -> None:
        member = self._choose()
        call.attempt += 1
        if member is not None:
            call.member = member.name
            if call.kind == "get":
                self.read(member, call)
            else:
                self.propose(member, call)
        patience = int(self._sim.plan.attempt_timeout * (0.5 + self._random()))
        self._sim.at(patience, self._lose_patience, call, (call.attempt, call.session))

    def _choose(self) -> Node | None:
        draw = self._random
        alive = [node for node in self._members if node.core is not None]
        if not alive:
            return None
        if draw() < 0.5:
            alive = [node for node in alive if node.leader == node.name] or alive
        return alive[int(draw() * len(alive))]

    def _lose_patience(self, call: Any, what: tuple[int, bool]) -> None:
        """With an attempt: make another one where that is safe, or go on as a new client when it
        is not known what came of the call.
        """
        attempt, safe = what
        if call.end is not None or call.attempt != attempt or not self.open:
            return
        if call.kind == "get":
            self.calls.remove(call)  # it has changed nothing, and nobody has seen its answer
            call.attempt += 1
            self._later(call.client)
        elif safe and self._random() < 0.9:
            self._attempt(call)
        else:
            self._later(self._new_client())

    def _refused_attempt(self, call: Call, attempt: int) -> None:
        if call.end is None and call.attempt == attempt:
            delay = TICK // 2 + int(self._random() * self._sim.plan.think_mean)
            self._sim.at(delay, self._lose_patience, call, (attempt, True))

    def make_noise(self) -> None:
        """Proposals that nobody waits for, at any member."""
        member = self._choose()
        if member is not None:
            proposals = []
            for _ in range(1 + int(self._random() * 4)):
                data = b"n%d" % (self._request + 1)
                request = self._new_request(member, "noise", data)
                self._history.calls[data] = None
                proposals.append((request, data))
            self._sim.tell(member, Propose(tuple(proposals)))

    # Requests

    def _new_request(self, member: Node, kind: str, what: Any) -> int:
        self._request += 1
        member.requests[self._request] = (kind, what)
        return self._request

    def propose(self, member: Node, call: Call) -> None:
        """One attempt of a call that writes."""
        data = b"%d" % (self._request + 1)
        request = self._new_request(member, "propose", data)
        self._history.calls[data] = call
        self._sim.tell(member, Propose(((request, data),)))

    def read(self, member: Node, call: Call) -> None:
        """One attempt of a call that reads: it starts now."""
        call.start, call.floor = self._sim.now, self.floor
        request = self._new_request(member, "read", (call, call.attempt))
        lease = self._sim.plan.settings.lease_reads and self._random() < 0.6
        self._sim.tell(member, Read(request, lease))

    def request(self, member: Node, kind: str) -> int:
        """A number for another kind of request, whose answer only has to come."""
        return self._new_request(member, kind, None)

    def answered(self, node: Node, answer: Answer) -> None:
        """A core has answered: once, and as it may answer that kind of request."""
        known = node.requests.pop(answer.request, None)
        if known is None:
            raise SafetyViolation("one answer per request", f"{node.name}: {answer}")
        self.answers += 1
        kind, what = known
        if type(answer) not in _FITTING[kind]:
            raise SafetyViolation("answers fit", f"{node.name}: {answer} to {kind}")
        if what is not None:
            self._take[type(answer)](node, what, answer)

    def _on_placed(self, node: Node, data: bytes, answer: Placed) -> None:
        if answer.index > node.applied:
            node.placed.setdefault(answer.index, []).append((answer.term, data))
        elif answer.index > node.logical.compacted_index:
            self._conclude(node, self._history.entries[answer.index - 1], answer.term, data)

    def _on_read_at(self, node: Node, what: tuple[Call, int], answer: ReadAt) -> None:
        node.reading.append((answer.index, what))
        self.serve(node)

    def _on_refused(self, node: Node, what: Any, answer: Refused) -> None:
        if type(what) is tuple:
            self._refused_attempt(*what)  # a read
        elif not answer.unknown:
            self._refused(node, what, answer)

    def _refused(self, node: Node, data: bytes, answer: Refused) -> None:
        self._history.dead.add(data)
        if data in self._history.committed:
            raise SafetyViolation("refused is refused", f"{node.name}: {answer}, yet committed")
        call = self._history.calls[data]
        if call is not None:
            self._refused_attempt(call, call.attempt)

    # What came of proposals

    def decided(self, node: Node, entry: Entry) -> None:
        """An entry is applied at an index that proposals waited for."""
        for term, data in node.placed.pop(entry.index):
            self._conclude(node, entry, term, data)

    def _conclude(self, node: Node, entry: Entry, term: int, data: bytes) -> None:
        if entry.term != term:
            return  # it came to nothing
        if entry.data != data:
            raise SafetyViolation("placed is placed", f"{node.name}: {data!r} said to be {entry}")
        call = self._history.calls[data]
        if call is not None and call.end is None:
            self._finish(call)

    def skipped(self, node: Node) -> None:
        """A snapshot has taken the place of entries: what they were is not known here."""
        for index in [index for index in node.placed if index <= node.applied]:
            del node.placed[index]

    def serve(self, node: Node) -> None:
        """Answer the reads whose index is applied."""
        waiting = [item for item in node.reading if item[0] > node.applied]
        if len(waiting) == len(node.reading):
            return
        ready = [item for item in node.reading if item[0] <= node.applied]
        node.reading = waiting
        for _, (call, attempt) in ready:
            if call.attempt == attempt and call.end is None and call.start >= 0:
                call.point = node.applied
                call.outcome = self._history.value(call.key, node.applied)
                self._finish(call)

    def _finish(self, call: Call) -> None:
        call.end = self._sim.now
        self.acknowledged += 1
        if call.point < call.floor or (call.kind != "get" and call.point == call.floor):
            raise SafetyViolation(
                "linearizability",
                f"{call!r} by {call.member} happened at {call.point},"
                f" after a call that happened at {call.floor} had ended",
            )
        self.floor = max(self.floor, call.point)
        self._later(call.client)
