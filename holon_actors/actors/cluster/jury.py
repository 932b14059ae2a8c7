"""The end of a suspect: a majority must confirm, now, that it still accuses it.

Votes that were gossiped may be old. A voter may have been on its own when it cast them, and by the
time that they add up elsewhere be on the suspect's side of another partition, where its vote helps
to down those who count it here. So whoever finds a majority on record polls the voters. Who
confirms does not confirm the opposite, an accusation of the asker and its fellow accusers, for some
time: by then it has heard how the poll ended, and so will everybody whom it talks to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from holon_actors.actors.cluster.messages import Confirm, Gossip, Message, Poll
from holon_actors.actors.cluster.seats import tally, voters
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.view import View

__all__ = ["Jury"]


@dataclass(slots=True)
class _Case:
    target: str
    incarnation: int
    refutation: int
    until: float
    confirmed: dict[str, None] = field(default_factory=dict)


class Jury:
    """Polls others about suspects, and answers their polls."""

    def __init__(
        self, view: View, settings: SwimSettings, send: Callable[[str, Message], None]
    ) -> None:
        self._view = view
        self._settings = settings
        self._send = send
        self._cases: dict[int, _Case] = {}
        self._number = 0
        self._pledges: dict[str, float] = {}  # whom this node may not accuse, and until when

    def open_cases(self, now: float) -> None:
        """Poll about the suspects whose cases are ripe."""
        ripe, self._view.ripe = self._view.ripe, []
        for address in ripe:
            self._open(address, now)

    def _open(self, address: str, now: float) -> None:
        entry = self._view.table[address]
        entry.poll_at = now + self._settings.poll_retry_s
        self._view.deadline = min(self._view.deadline, entry.poll_at)
        record = entry.record
        self._number += 1
        until = now + self._settings.poll_retry_s
        case = _Case(address, record.incarnation, record.refutation, until)
        self._cases = {n: c for n, c in self._cases.items() if now < c.until}
        self._cases[self._number] = case
        for accuser in self._accusers(address)[0]:
            if accuser != self._view.address:
                poll = Poll(
                    self._number,
                    address,
                    record.incarnation,
                    record.refutation,
                    self._view.news(address),
                )
                self._send(accuser, poll)
        if self._may_confirm(address, now):
            self._confirmed(case, self._view.address, now)

    def on_poll(self, source: str, poll: Poll, now: float) -> None:
        """Confirm the accusation if it still is this node's own."""
        entry = self._view.table.get(poll.target)
        if entry is None or entry.record.state != "suspect":
            return
        life = (entry.record.incarnation, entry.record.refutation)
        if life == (poll.incarnation, poll.refutation) and self._may_confirm(poll.target, now):
            self._pledge(source, poll.target, now)
            self._send(source, Confirm(poll.number, self._view.news(poll.target)))

    def on_confirm(self, source: str, confirm: Confirm, now: float) -> None:
        """Count it."""
        case = self._cases.get(confirm.number)
        if case is not None and now < case.until:
            self._confirmed(case, source, now)

    def _confirmed(self, case: _Case, accuser: str, now: float) -> None:
        case.confirmed[accuser] = None
        record = self._view.table[case.target].record
        if record.state != "suspect":
            return
        if (record.incarnation, record.refutation) != (case.incarnation, case.refutation):
            return
        accusers, needed = self._accusers(case.target)
        if sum(a in case.confirmed for a in accusers) >= needed:
            self._view.end(case.target, "down", now)
            for other in case.confirmed:
                self._send(other, Gossip(self._view.news(case.target)))

    def _accusers(self, address: str) -> tuple[list[str], int]:
        present = self._view.table.present()
        return tally(present[address], present, voters(present.values()))

    def _may_confirm(self, target: str, now: float) -> bool:
        record = self._view.table[target].record
        accuses = self._view.vote_against(record) is not None
        return accuses and now >= self._pledges.get(target, 0.0)

    def _pledge(self, asker: str, target: str, now: float) -> None:
        until = now + self._settings.pledge_s
        self._pledges = {a: t for a, t in self._pledges.items() if now < t}
        votes = self._view.table[target].record.votes
        for address in (asker, *(vote.accuser for vote in votes)):
            self._pledges[address] = until
