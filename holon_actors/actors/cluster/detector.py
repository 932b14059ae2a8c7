"""The failure detector: pings, helpers, accusations.

Every interval one member is probed: pinged, and if it does not answer in time, pinged by helpers.
Who has not answered by the end of the interval is accused, which is one vote. A suspect that others
accuse is probed at once, to find out for oneself (SWIM leaves it to their word).
"""

from __future__ import annotations

from collections.abc import Callable

from holon_actors.actors.cluster.chance import Chance
from holon_actors.actors.cluster.health import LocalHealth
from holon_actors.actors.cluster.messages import Ack, Message, Nack, Ping, PingRequest
from holon_actors.actors.cluster.probing import Probe, Probes, Relay, RoundRobin
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.view import View

__all__ = ["Detector"]


class Detector:
    """Probes the members of a view and accuses those who do not answer."""

    def __init__(
        self,
        view: View,
        settings: SwimSettings,
        rng: Chance,
        send: Callable[[str, Message], None],
        heard_at: Callable[[str], float],
        now: float,
    ) -> None:
        self._view = view
        self._settings = settings
        self._rng = rng
        self._send = send
        self._heard_at = heard_at
        self._order = RoundRobin()
        self._pending = Probes()
        self.health = LocalHealth(settings.health_max)
        # Nodes that start together shall not probe in step.
        self._probe_at = now + rng.random() * settings.probe_interval_s

    @property
    def next_due(self) -> float:
        """When `tick` has something to do."""
        return min(self._probe_at, self._pending.next_due())

    def reset(self, until: float) -> None:
        """Drop all probes, and begin none before a time."""
        self._pending.clear()
        self._probe_at = until

    # --- time ---

    def tick(self, now: float) -> None:
        """Do what is due."""
        self._see_to_probes(now)
        self._see_to_relays(now)
        if now >= self._probe_at:
            self._probe_at = now + self._settings.probe_interval_s * self.health.multiplier
            self._view.renew_votes(now)
            self._probe_next(now)
            self._check_suspects(now)

    def _probe_next(self, now: float) -> None:
        view = self._view
        # Whom this node accuses already is tried by other means (`Swim._try_lost`).
        others = [
            address
            for address, record in view.table.present().items()
            if address != view.address and view.vote_against(record) is None
        ]
        target = self._order.next(others, self._rng)
        if target is not None and target not in self._pending.targets():
            self._probe(target, now)

    def _check_suspects(self, now: float) -> None:
        """Verify accusations of others, each once."""
        probed = self._pending.targets()
        for entry in self._view.table:
            if len(self._pending.probes) >= self._settings.checks_max:
                return
            record = entry.record
            life = (record.incarnation, record.refutation)
            if record.state != "suspect" or entry.checked == life or record.address in probed:
                continue
            entry.checked = life
            if self._view.vote_against(record) is None:
                self._probe(record.address, now)

    def _probe(self, target: str, now: float) -> None:
        record = self._view.table[target].record
        stretch = self.health.multiplier
        number = self._pending.next_number()
        self._pending.probes[number] = Probe(
            target,
            record.incarnation,
            record.refutation,
            now,
            now + self._settings.ping_timeout_s * stretch,
            now + self._settings.probe_interval_s * stretch,
        )
        self._send(target, Ping(number, self._view.news(target)))

    def _see_to_probes(self, now: float) -> None:
        for number, probe in list(self._pending.probes.items()):
            if now < probe.due:
                continue
            if probe.helpers is None:
                self._ask_for_help(number, probe)
            if now >= probe.until:
                del self._pending.probes[number]
                self._failed(probe, now)

    def _ask_for_help(self, number: int, probe: Probe) -> None:
        view = self._view
        able = [
            record.address
            for record in view.table.present().values()
            if record.state == "alive" and record.address not in (view.address, probe.target)
        ]
        chosen = self._rng.sample(able, min(self._settings.helpers, len(able)))
        probe.helpers = tuple(chosen)
        for helper in chosen:
            self._send(helper, PingRequest(number, probe.target, view.news(probe.target)))

    def _failed(self, probe: Probe, now: float) -> None:
        if self._heard_at(probe.target) >= probe.since:
            return  # it lives: the pings are stuck behind other messages
        # A helper that sent not even a nack: perhaps it is this node that hears nothing.
        helpers = probe.helpers or ()
        self.health.blame(len(helpers) - probe.nacks if helpers else 1)
        self._view.accuse(probe.target, probe.incarnation, probe.refutation, now)

    def _see_to_relays(self, now: float) -> None:
        for number, relay in list(self._pending.relays.items()):
            if now >= relay.until:
                del self._pending.relays[number]
                self._send(relay.asker, Nack(relay.number, self._view.news()))

    # --- messages ---

    def on_ping(self, source: str, ping: Ping) -> None:
        """Answer, and tell the sender what is said about it, so that it can refute."""
        self._send(source, Ack(ping.number, self._view.news(source)))

    def on_request(self, source: str, request: PingRequest, now: float) -> None:
        """Ping a member for another one."""
        known = request.target in self._view.table and request.target != self._view.address
        if not known or len(self._pending.relays) >= self._settings.relays_max:
            return
        number = self._pending.next_number()
        # In time for the nack to reach the asker before it gives up.
        until = now + self._settings.ping_timeout_s * 0.8
        self._pending.relays[number] = Relay(source, request.number, request.target, until)
        self._send(request.target, Ping(number, self._view.news(request.target)))

    def on_ack(self, source: str, ack: Ack) -> None:
        """A probe has succeeded, this node's own or one made for another."""
        relay = self._pending.relays.get(ack.number)
        if relay is not None and relay.target == source:
            del self._pending.relays[ack.number]
            self._send(relay.asker, Ack(relay.number, self._view.news(source)))
            return
        probe = self._pending.probes.get(ack.number)
        if probe is not None and source in (probe.target, *(probe.helpers or ())):
            del self._pending.probes[ack.number]
            self.health.praise()

    def on_nack(self, source: str, nack: Nack) -> None:
        """A helper is there, but its ping was not answered either."""
        probe = self._pending.probes.get(nack.number)
        if probe is not None and source in (probe.helpers or ()):
            probe.nacks = min(probe.nacks + 1, len(probe.helpers or ()))
