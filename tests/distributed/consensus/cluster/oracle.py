"""What must hold at every step of every member, checked against what only the simulator knows.

Only what a step changed is looked at. Elections, logs and commits follow figure 3 of the Raft paper
(Ongaro and Ousterhout, 2014); a leader has to hold what was committed in an earlier term, whatever
the term of the entry itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.effects import Record
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.core.messages import AppendReply, Message, VoteReply
from tests.distributed.consensus.cluster.history import History
from tests.distributed.consensus.cluster.image import configuration_of
from tests.distributed.consensus.cluster.node import Node
from tests.distributed.consensus.cluster.quorums import has_quorum, legal_change
from tests.distributed.consensus.cluster.violations import SafetyViolation

__all__ = ["Oracle"]

_TERM_BITS = 24


class Oracle:
    """Sees all members at once."""

    __slots__ = ("_nodes", "_votes", "_written", "configurations", "history", "leaders")

    def __init__(self, nodes: dict[str, Node], history: History) -> None:
        self._nodes = nodes
        self._votes: dict[tuple[int, str | None], set[str]] = {}  # durable, by term, candidate
        self._written: dict[int, tuple[Entry, int | None]] = {}  # with the term before it
        self.leaders: dict[int, str] = {}
        self.configurations: list[Configuration] = []
        self.history = history

    # Elections

    def elected(self, node: Node, term: int) -> None:
        """A member takes itself for the leader of a term."""
        first = self.leaders.setdefault(term, node.name)
        if first != node.name:
            raise SafetyViolation("election safety", f"{first} and {node.name} lead term {term}")
        voters = self._votes.get((term, node.name), set())
        if not has_quorum(voters, node.configuration):
            raise SafetyViolation(
                "election quorum",
                f"{node.name} leads term {term} with the durable votes of {sorted(voters)}"
                f" in {node.configuration}",
            )
        self._check_complete(node, term)

    def _check_complete(self, node: Node, term: int) -> None:
        committed_in = self.history.committed_in
        index = len(committed_in)
        while index and committed_in[index - 1] >= term:
            index -= 1
        if index and not node.logical.holds(index, self.history.entries[index - 1].term):
            raise SafetyViolation(
                "leader completeness",
                f"{node.name} leads term {term} without {self.history.entries[index - 1]},"
                f" which was committed in term {committed_in[index - 1]}",
            )

    # Records

    def writes(self, node: Node, record: Record) -> None:
        """A member hands a record to its disk; its log is still what it was before."""
        log = node.logical
        if record.term < log.term:
            raise SafetyViolation("term grows", f"{node.name}: {record.term} after {log.term}")
        if record.term == log.term and log.vote is not None and record.vote != log.vote:
            raise SafetyViolation(
                "one vote a term",
                f"{node.name} in term {log.term}: {record.vote} after {log.vote}",
            )
        if record.commit < node.commit:
            raise SafetyViolation(
                "commit grows", f"{node.name}: {record.commit} after {node.commit}"
            )
        node.commit = record.commit
        if record.truncate_from is not None:
            self._check_dropped(node, record.term, record.truncate_from)
        if record.reset and record.snapshot is not None:
            self._check_reset(node, record)

    def _check_reset(self, node: Node, record: Record) -> None:
        snapshot = record.snapshot
        assert snapshot is not None
        if snapshot.index < node.logical.snapshot.index:
            raise SafetyViolation("snapshot grows", f"{node.name}: back to {snapshot}")
        if node.logical.term_at(snapshot.index) == snapshot.term:
            self._check_dropped(node, record.term, snapshot.index + 1)

    def _check_dropped(self, node: Node, term: int, start: int) -> None:
        """A member that knows of the term in which an entry was committed never drops it."""
        history, log = self.history, node.logical
        for index in range(start, min(log.last_index, history.last_index) + 1):
            entry = history.entries[index - 1]
            if history.committed_in[index - 1] <= term and log.term_at(index) == entry.term:
                raise SafetyViolation("committed is kept", f"{node.name} drops {entry}")

    def wrote(self, node: Node, record: Record, before: tuple[int, Configuration]) -> bool:
        """The record is in the log now. True when another configuration may count."""
        entries = record.entries
        changed = record.reset or record.truncate_from is not None
        if entries:
            term = node.logical.term_at(entries[0].index - 1)
            for entry in entries:
                if entry.kind == EntryKind.CONFIGURATION:
                    changed = True
                if self._matches(entry, term) is False:
                    self._check_new(node, record, entry, term, before)
                term = entry.term
        if node.commit > node.logical.last_index:
            raise SafetyViolation("commit within the log", f"{node.name}: {node.commit}")
        return changed

    def _matches(self, entry: Entry, before: int | None) -> bool:
        key = entry.index << _TERM_BITS | entry.term
        known = self._written.get(key)
        if known is None:
            self._written[key] = (entry, before)
            return False
        if (known[0] is not entry and known[0] != entry) or known[1] != before:
            raise SafetyViolation(
                "log matching", f"{entry} behind term {before}, and {known[0]} behind {known[1]}"
            )
        return True

    def _check_new(
        self,
        node: Node,
        record: Record,
        entry: Entry,
        before: int | None,
        configuration: tuple[int, Configuration],
    ) -> None:
        if self.leaders.get(entry.term) != node.name:
            raise SafetyViolation("only leaders write", f"{node.name} made {entry}")
        if before is not None and before > entry.term:
            raise SafetyViolation("terms grow along the log", f"{entry} behind term {before}")
        if entry.kind == EntryKind.CONFIGURATION:
            self._check_change(node, record, entry, configuration)

    def _check_change(
        self, node: Node, record: Record, entry: Entry, before: tuple[int, Configuration]
    ) -> None:
        index, old = before
        new = configuration_of(entry.data)
        if index > record.commit:
            raise SafetyViolation(
                "one change at a time", f"{node.name}: {entry} while {index} is uncommitted"
            )
        if node.logical.term_at(record.commit) != entry.term:
            raise SafetyViolation(
                "no change before an entry of the own term is committed", f"{node.name}: {entry}"
            )
        if not legal_change(old, new):
            raise SafetyViolation("quorums overlap", f"{node.name}: {old} to {new}")
        self.configurations.append(new)

    def stored(self, node: Node, records: Iterable[Record]) -> None:
        """Records are durable now."""
        durable = node.durable
        for record in records:
            if record.vote is not None and (
                record.term != durable.term or record.vote != durable.vote
            ):
                self._votes.setdefault((record.term, record.vote), set()).add(node.name)
            durable.put(record)

    # What is said and what is committed

    def sends(self, node: Node, messages: Iterable[Message]) -> None:
        """Promises have to be durable before they are made."""
        for message in messages:
            kind = type(message)
            if kind is AppendReply:
                self._check_acknowledgement(node, message)  # type: ignore[arg-type]
            elif kind is VoteReply:
                self._check_vote(node, message)  # type: ignore[arg-type]

    def _check_acknowledgement(self, node: Node, reply: AppendReply) -> None:
        durable = node.durable
        if reply.rejected:
            return
        if reply.index > durable.last_index or reply.term > durable.term:
            raise SafetyViolation("durable before said", f"{node.name}: {reply}")

    def _check_vote(self, node: Node, reply: VoteReply) -> None:
        durable = node.durable
        if not reply.granted or reply.pre:
            return
        if durable.term < reply.term or (durable.term == reply.term and durable.vote != reply.to):
            raise SafetyViolation("durable before said", f"{node.name}: {reply}")

    def committed(self, node: Node, entries: tuple[Entry, ...], first: int) -> None:
        """A member hands entries to its state machine; the first has to be this one."""
        history = self.history
        known = history.entries
        if entries[0].index != first:
            raise SafetyViolation("apply in order", f"{node.name}: {entries[0]}, not {first}")
        term = node.term
        new = len(known)
        for entry in entries:
            if entry.index <= len(known):
                other = known[entry.index - 1]
                if other is not entry and other != entry:
                    raise SafetyViolation("state machine safety", f"{node.name}: {entry}, {other}")
            else:
                history.learn(entry, term)
        last = entries[-1]
        if not node.durable.holds(last.index, last.term):
            raise SafetyViolation("durable before applied", f"{node.name}: {last}")
        if len(known) > new:
            self._check_on_quorum(node, last)

    def _check_on_quorum(self, node: Node, entry: Entry) -> None:
        """Which configuration counted for the leader is not told: any of the last few will do."""
        index, term = entry.index, entry.term
        holders = {name for name, other in self._nodes.items() if other.durable.holds(index, term)}
        if has_quorum(holders, node.configuration):
            return
        if not any(has_quorum(holders, known) for known in self.configurations[-4:]):
            raise SafetyViolation(
                "committed on a quorum's disks", f"{entry} is on those of {sorted(holders)}"
            )
