"""Two sessions over a pipe that loses, repeats and reorders packets, in virtual time."""

from __future__ import annotations

import heapq
import random
from collections import deque
from typing import Any

from holon_actors.actors.remote import packets
from holon_actors.actors.remote._outgoing import Parcel
from holon_actors.actors.remote.packets import Greeting
from holon_actors.actors.remote.session import Phase, Session
from holon_actors.actors.remote.settings import LinkSettings

SETTINGS = LinkSettings(window_packets=16)


def greeting(name: str, **changes: Any) -> Greeting:
    facts = {"name": name, "endpoint": f"{name}:1", "incarnation": 1, "heartbeat_ms": 1000}
    return Greeting(**{**facts, **changes})


class End:
    """One end: a session, what it has delivered, and the same answers as a node gives."""

    def __init__(self, name: str, pipe: Pipe, **changes: Any) -> None:
        self.name, self.pipe = name, pipe
        self.greeting = greeting(name, **changes)
        self.got: list[bytes] = []
        self.sessions = 0
        self.posted = 0
        self.anew()

    def anew(self) -> None:
        self.sessions += 1
        nonce = self.pipe.rng.getrandbits(64) | 1
        chance = self.pipe.rng.random
        self.session = Session(nonce, self.greeting, SETTINGS, chance, self.pipe.now)

    def post(self, body: bytes, buffers: tuple[bytes, ...] = ()) -> None:
        self.session.post(Parcel([body], buffers, len(body), 1, [body]))
        self.pump()

    def pump(self) -> None:
        session, now = self.session, self.pipe.now
        while (parcel := session.next_parcel()) is not None:
            self.pipe.send(self, session.frames(parcel))
            session.sent(parcel, now)
        for packet in session.control(now):
            self.pipe.send(self, [packet])

    def receive(self, frames: list[bytes]) -> None:
        packet = packets.parse(frames)
        now = self.pipe.now
        if packet.kind == packets.HELLO:
            self.session.greeted(packet.source, Greeting.parse(packet.body), now)
        elif packet.to != self.session.mine:
            if packet.kind != packets.GONE:
                self.pipe.send(self, [packets.note(packets.GONE, packet.source, packet.to)])
        else:
            for ready in self.session.received(packet, now):
                self.got.append(b"".join((ready.body, *ready.buffers)))
        self.pump()

    def tick(self) -> None:
        if self.session.wake_at <= self.pipe.now:
            self.session.tick(self.pipe.now)
            self.pump()


class Pipe:
    """The two ends, and the network between them."""

    def __init__(
        self, seed: int, *, loss: float = 0.0, twice: float = 0.0, delay_s: float = 0.005
    ) -> None:
        self.rng = random.Random(seed)
        self.loss, self.twice, self.delay_s = loss, twice, delay_s
        self.now = 0.0
        self.cut = False
        self._count = 0
        self._flying: list[tuple[float, int, End, list[bytes]]] = []
        self.recorded: deque[tuple[End, list[bytes]]] = deque(maxlen=50)
        self.a = End("a", self)
        self.b = End("b", self)

    def send(self, sender: End, frames: Any) -> None:
        other = self.b if sender is self.a else self.a
        frames = [bytes(frame) for frame in frames]
        self.recorded.append((other, frames))
        copies = 1 + (self.rng.random() < self.twice)
        for _ in range(copies):
            if not self.cut and self.rng.random() >= self.loss:
                self.deliver(other, frames, self.rng.random() * self.delay_s)

    def deliver(self, to: End, frames: list[bytes], after_s: float) -> None:
        self._count += 1
        heapq.heappush(self._flying, (self.now + after_s, self._count, to, frames))

    def run(self, seconds: float) -> None:
        """Let `seconds` pass."""
        end = self.now + seconds
        for _ in range(1_000_000):
            wakes = [e.session.wake_at for e in (self.a, self.b)]
            at = min([*wakes, *(flight[0] for flight in self._flying[:1])])
            if at > end:
                self.now = end
                return
            self.now = max(self.now, at)
            if self._flying and self._flying[0][0] <= self.now:
                _, _, to, frames = heapq.heappop(self._flying)
                to.receive(frames)
            else:
                self.a.tick()
                self.b.tick()
        raise AssertionError("it never comes to rest")

    @property
    def up(self) -> bool:
        return self.a.session.phase is self.b.session.phase is Phase.UP

    def agree(self) -> bool:
        a, b = self.a.session, self.b.session
        return self.up and (a.mine, a.theirs) == (b.theirs, b.mine)
