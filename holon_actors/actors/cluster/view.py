"""What a node believes about the cluster, and what follows from that: refutation of what is said
about itself, seats for newcomers, the end of suspects.

It sends nothing: news goes to the rumours, announcements to `changes`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from holon_actors.actors.cluster.effects import Change, ChangeKind
from holon_actors.actors.cluster.record import NUMBER_MAX, Record, State, Vote, merge
from holon_actors.actors.cluster.rumours import Rumours
from holon_actors.actors.cluster.seats import admitted, suspicion_time, tally, voters
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.table import Entry, Table

__all__ = ["View"]

NEVER = float("inf")

_BECAME: dict[State, ChangeKind] = {
    "alive": "recovered",
    "suspect": "suspected",
    "down": "down",
    "left": "left",
}


class View:
    """The table of one node and its conclusions. Invariant: `me` is alive or has left."""

    def __init__(
        self, address: str, name: str, incarnation: int, settings: SwimSettings, now: float
    ) -> None:
        self.address = address
        self.table = Table(settings.members_max)
        self.rumours = Rumours(settings.spread)
        self.changes: list[Change] = []
        self.refutations = 0  # how often others were wrong about this node, as far as they told it
        self.deadline = NEVER  # when the case of a suspect may be ripe
        self.ripe: list[str] = []  # suspects about whom the accusers may be polled
        self.joining = False
        self._settings = settings
        self._stamp = incarnation
        self._settled = -1
        self.table.learn(Record(address, name, incarnation), now)

    @property
    def me(self) -> Record:
        """This node's record of itself."""
        return self.table[self.address].record

    # --- news ---

    def learn(self, record: Record, now: float) -> None:
        """Take in what somebody says about a member."""
        if record.address == self.address:
            self._hear_of_myself(record, now)
            return
        stranger = record.address not in self.table
        before = self.table.learn(record, now)
        if before is not None:
            after = self.table[record.address].record
            self.rumours.add(record.address)
            self._announce(None if stranger else before, after)

    def _hear_of_myself(self, record: Record, now: float) -> None:
        me = self.me
        if record.incarnation < me.incarnation or not me.present:
            return
        if record.incarnation > me.incarnation:
            if record.incarnation >= NUMBER_MAX:
                return  # no start of this node, and nobody could outbid it
            # An earlier start had a clock that was ahead: outbid it, as it is over.
            self._put(replace(me, incarnation=record.incarnation).again(), now)
        elif not record.present:
            self._rise_again(now)
        else:
            merged = merge(me, record)
            if merged.state == "suspect":
                self.refutations += 1
                merged = replace(merged, state="alive", votes=(), refutation=merged.refutation + 1)
            if merged != me:
                self._put(merged, now)

    def _rise_again(self, now: float) -> None:
        self.changes.append(Change("self-down", self.me.ended("down")))
        self._put(self.me.again(), now)

    def _put(self, record: Record, now: float) -> None:
        self.table.replace(record, now)
        self.rumours.add(record.address)

    def _announce(self, before: Record | None, after: Record) -> None:
        if before is not None and before.incarnation != after.incarnation:
            if before.present:
                self.changes.append(Change("superseded", before.ended("down")))
            before = None
        if before is None:
            if after.present:
                self.changes.append(Change("joined", replace(after, state="alive")))
            if after.state != "suspect":
                return
        if before is None or before.state != after.state:
            self.changes.append(Change(_BECAME[after.state], after))

    # --- verbs ---

    def accuse(self, address: str, incarnation: int, refutation: int, now: float) -> None:
        """Vote against a member that did not answer, unless it has spoken up since."""
        entry = self.table.get(address)
        if entry is None or not entry.record.present or address == self.address:
            return
        if (entry.record.incarnation, entry.record.refutation) == (incarnation, refutation):
            self._vote(entry, now)

    def renew_votes(self, now: float) -> None:
        """Vote again where the number of members has changed since, or this node's incarnation."""
        members = len(self.table.present())
        for entry in self.table:
            vote = self.vote_against(entry.record)
            if vote is None:
                continue
            if vote.members != members or vote.stamp < self.me.incarnation:
                self._vote(entry, now)

    def _vote(self, entry: Entry, now: float) -> None:
        before = entry.record
        old = self.vote_against(before)
        self._stamp = max(self._stamp, self.me.incarnation, old.stamp if old else 0) + 1
        vote = Vote(self.address, self._stamp, len(self.table.present()))
        self._put(before.accused(vote), now)
        self._announce(before, entry.record)

    def vote_against(self, record: Record) -> Vote | None:
        """This node's own accusation of a member."""
        return next((vote for vote in record.votes if vote.accuser == self.address), None)

    def end(self, address: str, state: Literal["down", "left"], now: float) -> None:
        """This incarnation of a member has come to its end."""
        before = self.table[address].record
        self._put(before.ended(state), now)
        if address != self.address:
            self._announce(before, self.table[address].record)

    def start_anew(self, now: float) -> None:
        """After leaving: be a member again, as a new incarnation."""
        self._put(self.me.again(), now)

    def stand_back(self, now: float) -> None:
        """A node that is alone and is about to join others has no vote until they give it one."""
        if len(self.table.present()) == 1:
            self.table.replace(replace(self.me, voter=False, witnesses=()), now)

    # --- conclusions ---

    def reconsider(self) -> None:
        """What conclusions depend on has changed beside the records."""
        self._settled = -1

    def settle(self, now: float) -> None:
        """Draw all conclusions that the records and the time allow."""
        while self._settled != self.table.version or now >= self.deadline:
            self._settled = self.table.version
            present = self.table.present()
            seated = voters(present.values())
            if self.joining and not self.me.voter:
                self.deadline = NEVER  # it does not know yet who has a seat
                continue
            if self.address in seated:
                self._admit(present, seated, now)
            self._judge(present, seated, now)

    def _admit(self, present: dict[str, Record], seated: set[str], now: float) -> None:
        for record in present.values():
            if record.voter:
                continue
            after = record
            if self.address not in record.witnesses:
                after = record.witnessed(self.address)
            if admitted(after, seated):
                after = after.seated()
            if after is not record:
                self._put(after, now)

    def _judge(self, present: dict[str, Record], seated: set[str], now: float) -> None:
        self.deadline = NEVER
        self.ripe.clear()
        able = [a for a in present if a in seated and present[a].state == "alive"]
        for record in present.values():
            if record.state != "suspect":
                continue
            entry = self.table[record.address]
            valid, needed = tally(record, present, seated)
            accusers = len(valid)
            if accusers < needed:
                entry.quorum_since = None
                continue
            due = self._poll_due(entry, accusers, needed, len(able), now)
            if now >= due:
                self.ripe.append(record.address)
            else:
                self.deadline = min(self.deadline, due)

    def _poll_due(self, entry: Entry, accusers: int, needed: int, able: int, now: float) -> float:
        if entry.quorum_since is None:
            entry.quorum_since = now
        patience = suspicion_time(accusers, needed, able, self._settings)
        due = max(entry.since + patience, entry.quorum_since + self._settings.quorum_grace_s)
        # All come to this at about the same time; taking turns, mostly one of them has to ask.
        turn = sum(vote.accuser < self.address for vote in entry.record.votes)
        return max(due + min(turn, 12) * self._settings.poll_stagger_s, entry.poll_at)

    # --- what to say ---

    def news(self, *about: str) -> tuple[Record, ...]:
        """Records for one message: this node's, those `about`, and the least told of the rest."""
        picked = self.rumours.take(self._settings.rumours_max, len(self.table))
        addresses = dict.fromkeys((self.address, *about, *picked))
        entries = (self.table.get(address) for address in addresses)
        return tuple(entry.record for entry in entries if entry is not None)

    def whole(self) -> tuple[Record, ...]:
        """All records, this node's first."""
        records = self.table.records()
        return (self.me, *(r for r in records if r.address != self.address))
