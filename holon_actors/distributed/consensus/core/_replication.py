"""A leader's work on the logs of the others: sending, counting answers, committing.

Entries are sent ahead of answers as far as the limits go, and before they are durable here: this
member only counts itself once they are (thesis 10.2.1). An entry is committed by counting only if
it is of the leader's own term; those before it are so with it (paper 5.4.2).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from holon_actors.distributed.consensus.core import quorum
from holon_actors.distributed.consensus.core._leading import Departing, Leading
from holon_actors.distributed.consensus.core._progress import Progress, Sending
from holon_actors.distributed.consensus.core._snapshots import SnapshotSender
from holon_actors.distributed.consensus.core._state import State
from holon_actors.distributed.consensus.core.entries import Entry, EntryKind
from holon_actors.distributed.consensus.core.messages import (
    AppendReply,
    AppendRequest,
    Heartbeat,
    HeartbeatReply,
)

__all__ = ["Replication"]


class Replication:
    """Makes the other logs follow this one. `committed` is called when the commit has advanced."""

    __slots__ = ("_committed", "_snapshots", "_state")

    def __init__(
        self, state: State, snapshots: SnapshotSender, committed: Callable[[Leading, int], None]
    ) -> None:
        self._state = state
        self._snapshots = snapshots
        self._committed = committed

    # --- the own log ---

    def start(self, leading: Leading) -> None:
        """Begin a term with an entry of its own (thesis 6.4)."""
        self.reconfigure(leading)
        self.append(leading, EntryKind.NOOP, (b"",))

    def append(self, leading: Leading, kind: EntryKind, items: Sequence[bytes]) -> None:
        """Add entries with this data to this log and send them on."""
        log, term = self._state.log, self._state.term
        first = log.last_index + 1
        configuration = log.configuration
        log.append([Entry(index, term, kind, data) for index, data in enumerate(items, first)])
        if log.configuration is not configuration:
            self.reconfigure(leading)
        for name, progress in leading.progress.items():
            self.send(name, progress)

    def reconfigure(self, leading: Leading) -> None:
        """Send to those who are members now; to those who were, until they know that they are not:
        else they would go on asking for votes.
        """
        state = self._state
        members = state.log.configuration.members
        for name in leading.progress:
            if name not in members and name not in leading.departing:
                leading.departing[name] = Departing(
                    state.log.configuration_index,
                    state.ticks + 2 * state.settings.election_ticks,
                )
        for name in members:
            came_back = leading.departing.pop(name, None) is not None
            if name != state.node and (came_back or name not in leading.progress):
                leading.progress[name] = Progress(self._first_guess(leading))

    def dismiss(self, leading: Leading) -> None:
        """Send no more to those who know that they are no members, or had time enough."""
        for name, departing in list(leading.departing.items()):
            known = leading.progress[name].known_commit >= departing.index
            if known or self._state.ticks >= departing.ends_at:
                del leading.departing[name], leading.progress[name]

    def _first_guess(self, leading: Leading) -> int:
        """Most often another log has what this one had when the term began."""
        return max(leading.first_index, self._state.log.compacted_index + 1)

    # --- sending ---

    def send(self, name: str, progress: Progress, probe: bool = False) -> bool:
        """Send what there is to send, and may be; with `probe` at least an empty request."""
        log, settings = self._state.log, self._state.settings
        if progress.state is Sending.SNAPSHOT:
            return False
        if progress.next <= log.compacted_index:
            self._snapshots.begin(name, progress)
            return True
        if progress.state is Sending.PROBE:
            return self._send_probe(name, progress)
        sent = False
        while progress.next <= log.last_index and not progress.is_full(
            settings.inflight_max, settings.inflight_bytes_max
        ):
            self._send_entries(name, progress)
            sent = True
        if probe and not sent:
            self._send_request(name, progress, ())
        return sent

    def _send_probe(self, name: str, progress: Progress) -> bool:
        if progress.paused:
            return False
        if progress.next <= self._state.log.last_index:
            self._send_entries(name, progress)
        else:
            self._send_request(name, progress, ())
            progress.paused = True
        return True

    def _send_entries(self, name: str, progress: Progress) -> None:
        log, settings = self._state.log, self._state.settings
        first = progress.next
        last, size = log.fit(first, settings.append_entries_max, settings.append_bytes_max)
        self._send_request(name, progress, log.between(first, last))
        progress.sent(last, size)

    def _send_request(self, name: str, progress: Progress, entries: tuple[Entry, ...]) -> None:
        state, log = self._state, self._state.log
        previous = progress.next - 1
        progress.known_commit = max(progress.known_commit, min(log.commit, previous + len(entries)))
        state.outbox.send(
            AppendRequest(
                state.node,
                name,
                state.term,
                previous,
                log.term_at(previous),
                entries,
                log.commit,
            )
        )

    def heartbeat(self, name: str, progress: Progress, number: int) -> None:
        """Say that the leader lives, and what is committed of what the other has."""
        state = self._state
        commit = min(progress.match, state.log.commit)
        progress.known_commit = max(progress.known_commit, commit)
        state.outbox.send(Heartbeat(state.node, name, state.term, commit, number))

    def tell(self, name: str, progress: Progress) -> None:
        """Send entries; if there are none, what is committed, if that is news."""
        if not self.send(name, progress) and progress.known_commit < min(
            progress.match, self._state.log.commit
        ):
            self.heartbeat(name, progress, 0)

    # --- answers ---

    def on_append_reply(self, leading: Leading, message: AppendReply) -> None:
        """A member's log matches, or does not."""
        progress = leading.progress.get(message.sender)
        if progress is None:
            return  # it was removed since
        progress.active = True
        if message.rejected:
            self._on_rejected(progress, message)
        else:
            self._on_match(leading, progress, message.index)
            if self._state.leading is leading:
                self.tell(message.sender, progress)

    def _on_rejected(self, progress: Progress, message: AppendReply) -> None:
        guess = self._state.log.last_not_above(message.hint_index, message.hint_term)
        if progress.reject(message.index, guess):
            self.send(message.sender, progress)

    def _on_match(self, leading: Leading, progress: Progress, index: int) -> None:
        news = progress.acknowledge(index)
        if self._is_caught(progress, index):
            progress.become_replicate()
        if news:
            self.advance(leading)

    def _is_caught(self, progress: Progress, index: int) -> bool:
        """Whether the answer shows where the logs part, or that no snapshot is needed any more."""
        if progress.state is Sending.PROBE:
            return index == progress.match
        if progress.state is Sending.SNAPSHOT:
            return progress.match >= self._state.log.compacted_index
        return False

    def on_heartbeat_reply(self, progress: Progress, message: HeartbeatReply) -> None:
        """A member lives: what it lacks may have got lost, so find out; once in a tick, as there
        may be many rounds of reads in it.
        """
        progress.active = True
        progress.round = max(progress.round, message.round)
        if progress.state is Sending.SNAPSHOT:
            self._snapshots.retry(message.sender, progress)
        elif self._may_lack(progress) and progress.probed_at != self._state.ticks:
            progress.probed_at = self._state.ticks
            progress.paused = False
            self.send(message.sender, progress, probe=True)

    def _may_lack(self, progress: Progress) -> bool:
        return progress.match < self._state.log.last_index or progress.state is Sending.PROBE

    def on_unreachable(self, progress: Progress) -> None:
        """What was on the way may be lost: begin where it is known to match."""
        if progress.state is Sending.REPLICATE:
            progress.become_probe()
        elif progress.state is Sending.SNAPSHOT:
            self._snapshots.hurry(progress)

    # --- compaction ---

    def trailing(self, index: int) -> int:
        """How many entries to keep behind a snapshot that was taken at `index`. What members that
        are heard have still to get stays a few snapshots longer: else a group that is busy could
        never stop sending one snapshot after the other to a member that has just got one.
        """
        log, least = self._state.log, self._state.settings.trailing_entries
        if self._state.leading is None or not log.earlier:
            return least
        return max(least, index - max(self._needed(self._state.leading), log.earlier[0]))

    def _needed(self, leading: Leading) -> int:
        """All members that are heard have, or are being sent, everything up to there."""
        return min(
            (
                progress.match if progress.meta is None else progress.meta.index
                for progress in leading.progress.values()
                if progress.active
            ),
            default=self._state.log.last_index,
        )

    # --- committing ---

    def matched(self, leading: Leading, name: str) -> int:
        """How far a member's log is known to be durable and the same as this one."""
        if name == self._state.node:
            return self._state.journal.durable
        progress = leading.progress.get(name)
        return 0 if progress is None else progress.match

    def advance(self, leading: Leading) -> None:
        """Commit what a quorum has."""
        log = self._state.log
        index = quorum.reached_value(log.configuration, lambda name: self.matched(leading, name))
        before = log.commit
        if self._may_commit(index) and log.commit_to(index):
            self._settle(leading, before)
            self._committed(leading, before)

    def _may_commit(self, index: int) -> bool:
        """Only an entry of this term is committed by counting (paper 5.4.2, figure 8)."""
        log = self._state.log
        return index > log.commit and log.term_at(index) == self._state.term

    def _settle(self, leading: Leading, before: int) -> None:
        if leading.uncommitted_bytes:
            log = self._state.log
            done = log.between(max(before + 1, leading.first_index), log.commit)
            leading.uncommitted_bytes -= sum(
                len(entry.data) for entry in done if entry.kind == EntryKind.COMMAND
            )
