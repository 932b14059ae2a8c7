"""The network of a simulation: carries frames between nodes, and breaks in every way a network can.

`SimNetwork.transport(node)` is what a node talks through. The other verbs are for tests and fault
plans. Faults act on whole sends, below the link layer, so that they meet its real code: sequence
numbers, resending, heartbeats. All time is virtual and all chance comes from one stream of draws.

What a node is belongs elsewhere: the network knows names, and the context that each transport was
started in, in which whatever arrives is handed over.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable

from holon_transports import EndpointInUse, Frames, InvalidEndpoint
from holon_transports.endpoints import parse_endpoint

from holon_actors.errors import ConfigError
from holon_actors.testing._choices.chance import S
from holon_actors.testing._choices.tape import Stream
from holon_actors.testing._loop.timing import Timing
from holon_actors.testing._network.links import Link
from holon_actors.testing._network.reach import Reach
from holon_actors.testing._network.routes import Route
from holon_actors.testing._network.transport import Packet, SimChannel, SimTransport
from holon_actors.testing.delays import Constant
from holon_actors.testing.profiles import LinkProfile, LinkStatistics

__all__ = ["SimNetwork"]

# kind, from, to, text: what `SimNetwork` tells about faults and losses.
NetworkTrace = Callable[[str, str, str, str], None]

_SCHEME = "sim://"
_PORT_FIRST = 49_152  # of those given out for port 0
# A node talks to itself without a network.
_SELF = LinkProfile(delay=Constant(0), capacity=1_000_000)


class SimNetwork:
    """Connects the nodes of one simulation.

    `loop` is the simulation's, `stream` where chance comes from. `trace` is called with kind, from,
    to and text for each fault and each loss. `profile` is what links are like until told otherwise.

    Nodes are named as text. Where a verb takes two nodes it means both directions, unless
    `one_way=True`: then only what goes from the first to the second.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        stream: Stream,
        trace: NetworkTrace | None = None,
        *,
        profile: LinkProfile | None = None,
    ) -> None:
        self._timing = Timing(loop)
        self._stream = stream
        self._trace = trace
        self.profile = profile or LinkProfile()  # of each link that has none of its own
        self._profiles: dict[tuple[str, str], LinkProfile] = {}
        self._reach = Reach()
        self._storm: frozenset[tuple[str, str]] = frozenset()
        self._routes: dict[tuple[str, str], Route] = {}
        self._bound: dict[str, SimTransport] = {}
        self._owners: dict[str, str] = {}  # endpoint -> the node that listened there last
        self._transports: dict[str, list[SimTransport]] = {}
        self._port = _PORT_FIRST

    # For nodes

    def transport(self, node: str) -> SimTransport:
        """What a node talks through; one for each start of an actor system."""
        transport = SimTransport(self, node)
        self._transports.setdefault(node, []).append(transport)
        return transport

    def crash(self, node: str) -> None:
        """The node is gone: nothing reaches it any more, what it had sent still arrives."""
        for transport in list(self._transports.get(node, ())):
            self.end(transport)

    # For people

    def partition(self, *groups: Iterable[str]) -> None:
        """Nodes reach only their own group; a node in no group still reaches all.

        Comes on top of what is cut already. Raises `ConfigError` when groups overlap.
        """
        named = [_names(group) for group in groups]
        self._reach.part(named)
        self._tell("partitioned", "", "", " | ".join(", ".join(group) for group in named))

    def partition_one_way(self, from_: Iterable[str], to: Iterable[str]) -> None:
        """Nothing that the first send arrives at the second; the other way is as before."""
        senders, receivers = _names(from_), _names(to)
        self._reach.block(senders, receivers)
        self._tell("partitioned", "", "", f"{', '.join(senders)} -x> {', '.join(receivers)}")

    def isolate(self, node: str) -> None:
        """This node reaches nobody, and nobody reaches it, whoever comes later included."""
        self._reach.isolate(node)
        self._tell("partitioned", node, "", f"{node} | all others")

    def bridge(self, left: Iterable[str], right: Iterable[str], middle: Iterable[str]) -> None:
        """Left and right do not reach one another; the middle reaches both."""
        named = [_names(left), _names(right)]
        between = _names(middle)
        if set(between) & {*named[0], *named[1]}:
            raise ConfigError(f"the middle of a bridge is on one of its sides: {between}")
        self._reach.part(named)
        sides = [", ".join(side) for side in (named[0], between, named[1])]
        self._tell("partitioned", "", "", " - ".join(sides))

    def ring(self, nodes: Iterable[str]) -> None:
        """Each node reaches only the one before it and the one after it, in the order given."""
        named = list(nodes)
        self._reach.ring(named)
        self._tell("partitioned", "", "", f"ring of {', '.join(named)}")

    def cut(self, a: str, b: str, *, one_way: bool = False) -> None:
        """What one of these two sends to the other is lost."""
        self._reach.block([a], [b])
        if not one_way:
            self._reach.block([b], [a])
        self._tell("cut", a, b, f"{a} -x> {b}" if one_way else f"{a} <x> {b}")

    def mend(self, a: str, b: str) -> None:
        """These two reach each other again, whatever cut them off."""
        self._reach.mend(a, b)
        self._tell("mended", a, b, f"{a} <-> {b}")

    def slow(
        self, a: str, b: str, factor: float = 10.0, extra_s: float = 0.0, *, one_way: bool = False
    ) -> None:
        """Each delay from now on is `factor` times as long, and `extra_s` seconds longer."""
        if factor <= 0 or extra_s < 0:
            raise ConfigError(f"slow({factor=!r}, {extra_s=!r}): above 0, and at least 0")
        for route in self._both(a, b, one_way):
            route.link.factor, route.link.extra_ns = factor, round(extra_s * S)
        self._tell("slowed", a, b, f"x {factor:g} + {extra_s:g} s")

    def hold(self, a: str, b: str, *, one_way: bool = False) -> None:
        """Keep what is sent on its way until `release`; then it arrives, in order."""
        self._hold(a, b, one_way, math.inf)
        self._tell("held", a, b, "")

    def clog(self, a: str, b: str, seconds: float, *, one_way: bool = False) -> None:
        """Keep what is sent on its way for some virtual seconds."""
        self._hold(a, b, one_way, self._timing.now_ns + round(seconds * S))
        self._tell("held", a, b, f"for {seconds:g} s")

    def release(self, a: str, b: str, *, one_way: bool = False) -> None:
        """Let arrive what was held."""
        self._hold(a, b, one_way, 0)
        self._tell("released", a, b, "")

    def reset(self, a: str, b: str) -> None:
        """The connection breaks and comes back: what is on the way, either way, is lost."""
        self._tell("reset", a, b, "")
        for route in self._both(a, b, False):
            route.lose("reset")

    def heal(self) -> None:
        """End all cuts and partitions, release what is held, and take back what was slowed.

        Profiles stay: a link that loses frames goes on to do so.
        """
        self._reach.heal()
        self._storm = frozenset()
        for route in list(self._routes.values()):
            link = route.link
            link.factor, link.extra_ns, link.held_until_ns = 1.0, 0, 0
            route.arm()
        self._tell("healed", "", "", "")

    def calm(self) -> None:
        """Heal, and make every link one without faults, even those that `set_link` has set."""
        self.heal()
        self.set_links(LinkProfile())

    def storm(self, pairs: Iterable[tuple[str, str]], text: str = "") -> None:
        """Cut off exactly these pairs of sender and receiver, beside what else is cut off: what a
        fault plan does, without undoing what a test does. No pairs: the storm is over.
        """
        self._storm = frozenset(pairs)
        if self._storm:
            self._tell("partitioned", "", "", text)
        else:
            self._tell("healed", "", "", "the storm is over")

    def set_link(self, a: str, b: str, profile: LinkProfile, *, one_way: bool = False) -> None:
        """What the link between two nodes is like, for what is sent from now on."""
        for pair in _pairs(a, b, one_way):
            self._profiles[pair] = profile
            self._route(*pair).link.profile = profile
        self._tell("link", a, b, repr(profile))

    def set_links(self, profile: LinkProfile) -> None:
        """What all links are like from now on; takes back `set_link`."""
        self._profiles.clear()
        self.profile = profile
        for (from_, to), route in self._routes.items():
            route.link.profile = self._profile_of(from_, to)
        self._tell("link", "", "", repr(profile))

    def statistics(self) -> dict[tuple[str, str], LinkStatistics]:
        """Counts by sending and receiving node, in the order of their names."""
        return {pair: self._routes[pair].link.statistics() for pair in sorted(self._routes)}

    # For transports

    def checked(self, endpoint: str) -> str:
        """The endpoint as it is known here. Raises `InvalidEndpoint`."""
        if endpoint.startswith(_SCHEME):
            name = endpoint[len(_SCHEME) :].partition("?")[0]
            if not name or any(c.isspace() or not c.isprintable() for c in name):
                raise InvalidEndpoint(endpoint, "expected sim://NAME")
            return _SCHEME + name
        return str(parse_endpoint(endpoint))

    def bind(self, transport: SimTransport, endpoint: str) -> str:
        known = self.checked(endpoint)
        if known.startswith("tcp:") and known.endswith(":0"):
            known = f"{known[:-1]}{self._port}"
            self._port += 1
        if known in self._bound:
            raise EndpointInUse(known)
        self._bound[known] = transport
        self._owners[known] = transport.node
        return known

    def send(self, channel: SimChannel, frames: Frames) -> bool:
        conversation = channel.conversation
        forth = conversation.dialled is channel
        to = self._node_at(conversation.endpoint) if forth else conversation.dialled.transport.node
        packet = Packet(conversation, forth, tuple(map(bytes, frames)))
        return self._route(channel.transport.node, to).send(channel, packet)

    def end(self, transport: SimTransport) -> None:
        """A transport is closed, or its node has crashed."""
        if not transport.alive:
            return
        for (_, to), route in list(self._routes.items()):
            if to == transport.node:
                route.lose("nobody listens", transport)
        transport.alive = False
        self._transports[transport.node].remove(transport)
        for endpoint in [e for e, t in self._bound.items() if t is transport]:
            del self._bound[endpoint]

    # Within

    def _tell(self, kind: str, from_: str, to: str, text: str) -> None:
        if self._trace is not None:
            self._trace(kind, from_, to, text)

    def _blocked(self, from_: str, to: str) -> bool:
        return (from_, to) in self._storm or self._reach.blocked(from_, to)

    def _node_at(self, endpoint: str) -> str:
        # A node that has not been there yet is at sim://NAME by its own name.
        return self._owners.get(endpoint) or endpoint.removeprefix(_SCHEME)

    def _receiver(self, packet: Packet) -> SimTransport | None:
        conversation = packet.conversation
        if packet.forth:
            return self._bound.get(conversation.endpoint)
        dialled = conversation.dialled
        return dialled.transport if dialled.transport.alive and not dialled.closed else None

    def _route(self, from_: str, to: str) -> Route:
        route = self._routes.get((from_, to))
        if route is None:
            link: Link[Packet] = Link(from_, to, self._profile_of(from_, to), self._stream)
            route = Route(link, self._timing, self._blocked, self._receiver, self._tell)
            self._routes[from_, to] = route
        return route

    def _profile_of(self, from_: str, to: str) -> LinkProfile:
        return _SELF if from_ == to else self._profiles.get((from_, to), self.profile)

    def _both(self, a: str, b: str, one_way: bool) -> list[Route]:
        return [self._route(*pair) for pair in _pairs(a, b, one_way)]

    def _hold(self, a: str, b: str, one_way: bool, until_ns: float) -> None:
        for route in self._both(a, b, one_way):
            route.link.held_until_ns = until_ns
            route.arm()


def _names(group: Iterable[str]) -> list[str]:
    # A text is one name: its letters are hardly what was meant.
    return [group] if isinstance(group, str) else sorted(set(group))


def _pairs(a: str, b: str, one_way: bool) -> list[tuple[str, str]]:
    if a == b:
        raise ConfigError(f"{a!r} twice: a node needs no network to reach itself")
    return [(a, b)] if one_way else [(a, b), (b, a)]
