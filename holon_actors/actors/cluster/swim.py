"""Membership by gossip: the pure core of `system.cluster`.

Messages and ticks in, `Effects` out; clock and randomness are arguments. It is SWIM (Das, Gupta,
Motivala 2002) with the local health of Lifeguard (Dadgar, Phillips, Currey 2018), and differs where
the papers down a member on one node's word:

- A suspect is downed only by a majority (`seats`) whose members each probed it themselves, and only
  after it had time to refute. A minority keeps the others suspect for ever.
- A node that notices that it was paused (its own tick is late) forgets its probes, asks for news
  first and accuses nobody meanwhile.
- Whoever is suspect or down is still tried now and then, so that any partition heals by itself.
- A node that learns that it was downed says so and comes back as a new incarnation.
"""

from __future__ import annotations

from collections.abc import Callable

from holon_actors.actors.cluster.chance import Chance
from holon_actors.actors.cluster.detector import Detector
from holon_actors.actors.cluster.effects import Effects
from holon_actors.actors.cluster.jury import Jury
from holon_actors.actors.cluster.messages import (
    Ack,
    Confirm,
    Gossip,
    Join,
    Message,
    Nack,
    Ping,
    PingRequest,
    Poll,
    Sync,
    Welcome,
)
from holon_actors.actors.cluster.record import Record
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.view import NEVER, View

__all__ = ["Swim"]


class Swim:
    """One node's part in a cluster. Call `tick` at `next_wake`, or soon after.

    `heard_at` tells when there was last another sign of life from an address than by `receive`.
    """

    def __init__(
        self,
        address: str,
        name: str,
        incarnation: int,
        settings: SwimSettings,
        rng: Chance,
        now: float,
        heard_at: Callable[[str], float] = lambda _: -NEVER,
    ) -> None:
        self._settings = settings
        self._rng = rng
        self._send: list[tuple[str, Message]] = []
        self._welcomed: list[int] = []
        self._view = View(address, name, incarnation, settings, now)
        self._detector = Detector(self._view, settings, rng, self._post, heard_at, now)
        self._jury = Jury(self._view, settings, self._post)
        self._joins: dict[int, tuple[str, float]] = {}  # seed and time of the next attempt
        self._join_number = 0
        self._heard: dict[str, None] = {}  # who has heard this node's farewell
        self._refutations = 0
        self._gossip_at = now
        self._sync_at = now + rng.random() * settings.sync_interval_s
        self._lost_at = now
        self._attempts = 0  # to reach who is lost
        self._view.settle(now)
        self._due = self.next_wake

    # --- what it knows ---

    @property
    def me(self) -> Record:
        """This node's record of itself."""
        return self._view.me

    @property
    def members(self) -> tuple[Record, ...]:
        """All members, those who have gone too, this node first."""
        return self._view.whole()

    def name_of(self, address: str) -> str | None:
        """The name of the system at an address, if it is a member."""
        entry = self._view.table.get(address)
        return None if entry is None else entry.record.name

    @property
    def digest(self) -> int:
        """Equal on nodes that agree about everything."""
        return self._view.table.digest()

    @property
    def health(self) -> int:
        """0 when well; the higher, the less this node trusts its own probes."""
        return self._detector.health.score

    @property
    def farewell_heard(self) -> bool:
        """Whether enough others know that this node has left."""
        others = [a for a in self._view.table.present() if a != self.me.address]
        return len(self._heard) >= min(self._settings.fanout, len(others))

    @property
    def next_wake(self) -> float:
        """When `tick` has something to do."""
        if not self.me.present:
            return self._gossip_at if not self.farewell_heard else NEVER
        attempts = [at for _, at in self._joins.values()]
        if len(self._view.table) == 1:
            return min(attempts, default=NEVER)
        return min(
            self._detector.next_due,
            self._gossip_at if len(self._view.rumours) else NEVER,
            self._sync_at,
            self._lost_at,
            self._view.deadline,
            *attempts,
        )

    # --- verbs ---

    def join(self, seed: str, now: float) -> tuple[int, Effects]:
        """Begin to join the cluster of whoever is at `seed`; goes on until `end_join`.

        Returns a number, which is among `Effects.welcomed` once the seed has answered.
        """
        if not self.me.present:
            self._view.start_anew(now)
            self._heard.clear()
            self._detector.reset(now)
        self._view.stand_back(now)
        self._view.joining = True
        self._join_number += 1
        self._joins[self._join_number] = (seed, now)
        self._try_joins(now)
        return self._join_number, self._effects(now)

    def end_join(self, number: int, now: float) -> Effects:
        """The join is done, or given up."""
        self._joins.pop(number, None)
        self._view.joining = bool(self._joins)
        self._view.reconsider()
        return self._effects(now)

    def leave(self, now: float) -> Effects:
        """Be a member no more, for good as this incarnation; go on until `farewell_heard`."""
        if self.me.present:
            self._view.end(self.me.address, "left", now)
            self._joins.clear()
            self._view.joining = False
            self._detector.reset(NEVER)
            self._gossip_at = now
            self._say_farewell(now)
        return self._effects(now)

    def down(self, address: str, now: float) -> Effects:
        """Declare a member dead on the caller's word. It is not asked, nor is a majority."""
        entry = self._view.table.get(address)
        if entry is not None and entry.record.present and address != self.me.address:
            self._view.end(address, "down", now)
        return self._effects(now)

    def tick(self, now: float) -> Effects:
        """Do what is due."""
        self._notice_pause(now)
        if not self.me.present:
            self._say_farewell(now)
            return self._effects(now)
        self._detector.tick(now)
        self._try_joins(now)
        self._gossip(now)
        self._sync(now)
        self._try_lost(now)
        return self._effects(now)

    def receive(self, source: str, message: Message, now: float) -> Effects:
        """Take a message from the node at `source`."""
        if source == self.me.address:
            return Effects()
        self._notice_pause(now)
        if not self.me.present:
            self._receive_after_leaving(source, message)
            return self._effects(now)
        for record in message.records:
            self._view.learn(record, now)
        self._react(source, message, now)
        return self._effects(now)

    def _react(self, source: str, message: Message, now: float) -> None:
        match message:
            case Ping():
                self._detector.on_ping(source, message)
            case Ack():
                self._detector.on_ack(source, message)
            case PingRequest():
                self._detector.on_request(source, message, now)
            case Nack():
                self._detector.on_nack(source, message)
            case Poll():
                self._jury.on_poll(source, message, now)
            case Confirm():
                self._jury.on_confirm(source, message, now)
            case Sync():
                self._on_sync(source, message, now)
            case Join():
                self._view.settle(now)  # the newcomer may have a vote at once
                self._post(source, Welcome(message.number, self._view.whole()))
            case Welcome():
                self._on_welcome(message)
            case Gossip():
                pass

    # --- time ---

    def _notice_pause(self, now: float) -> None:
        """A node that was away for long must not hold the silence against others."""
        late = now - self._due
        if late > self._settings.probe_interval_s:
            quiet = self._settings.quiet_s
            self._detector.reset(now + quiet)
            self._view.table.shift(late + quiet)
            self._view.reconsider()
            self._detector.health.blame(2)
            for address in self._some(self._settings.fanout):
                self._post(address, self._digest_only())
        elif late > self._settings.ping_timeout_s / 2:
            self._detector.health.blame()

    def _try_joins(self, now: float) -> None:
        for number, (seed, at) in self._joins.items():
            if now >= at:
                again = now + self._settings.probe_interval_s / 2
                self._joins[number] = (seed, again)
                self._post(seed, Join(number, self._view.whole()))

    def _gossip(self, now: float) -> None:
        if now < self._gossip_at or not len(self._view.rumours):
            return
        self._gossip_at = now + self._settings.gossip_interval_s
        for address in self._some(self._settings.fanout):
            self._post(address, Gossip(self._view.news(address)))

    def _sync(self, now: float) -> None:
        if now >= self._sync_at:
            self._sync_at = now + self._settings.sync_interval_s * (0.5 + self._rng.random())
            self._forget(now)
            for address in self._some(1):
                self._post(address, self._digest_only())

    def _try_lost(self, now: float) -> None:
        if now < self._lost_at:
            return
        self._lost_at = now + self._settings.lost_interval_s
        self._attempts += 1
        down_too = self._attempts % self._settings.down_tries == 0
        wanted = {"suspect", "down"} if down_too else {"suspect"}
        lost = [e.record.address for e in self._view.table if e.record.state in wanted]
        if lost:
            self._post(self._rng.choice(lost), self._digest_only())

    def _forget(self, now: float) -> None:
        for address in self._view.table.forget(now, self._settings.forget_after_s):
            self._view.rumours.drop(address)

    def _say_farewell(self, now: float) -> None:
        if self.farewell_heard or now < self._gossip_at:
            return
        self._gossip_at = now + self._settings.gossip_interval_s
        others = [
            record.address
            for record in self._view.table.present().values()
            if record.address not in self._heard
        ]
        for address in self._rng.sample(others, min(self._settings.fanout, len(others))):
            self._post(address, Ping(0, (self.me,)))

    # --- messages ---

    def _receive_after_leaving(self, source: str, message: Message) -> None:
        if isinstance(message, Ack):
            self._heard[source] = None
        elif isinstance(message, Ping):
            self._post(source, Ack(message.number, (self.me,)))

    def _on_sync(self, source: str, sync: Sync, now: float) -> None:
        self._view.settle(now)
        if sync.digest == self._view.table.digest() or sync.final:
            return
        reply = Sync(self._view.table.digest(), self._view.whole(), whole=True, final=sync.whole)
        self._post(source, reply)

    def _on_welcome(self, welcome: Welcome) -> None:
        if welcome.number in self._joins:
            self._welcomed.append(welcome.number)
            # Those who can give it a vote shall hear of this node now, not by and by.
            for record in self._view.table.present().values():
                if record.voter and record.address != self.me.address:
                    self._post(record.address, Gossip((self.me,)))

    # --- the way out ---

    def _digest_only(self) -> Sync:
        return Sync(self._view.table.digest(), (self.me,))

    def _some(self, count: int) -> list[str]:
        """Members taken at random, not this node."""
        others = [a for a in self._view.table.present() if a != self.me.address]
        return self._rng.sample(others, min(count, len(others)))

    def _post(self, address: str, message: Message) -> None:
        if address != self.me.address:
            self._send.append((address, message))

    def _effects(self, now: float) -> Effects:
        self._view.settle(now)
        while self._view.ripe:
            self._jury.open_cases(now)
            self._view.settle(now)
        if self._view.refutations != self._refutations:
            self._refutations = self._view.refutations
            self._detector.health.blame()
        effects = Effects(tuple(self._send), tuple(self._view.changes), tuple(self._welcomed))
        self._send.clear()
        self._view.changes.clear()
        self._welcomed.clear()
        self._due = max(now, self.next_wake)
        return effects
