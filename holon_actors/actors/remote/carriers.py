"""The transports of a node, one per scheme, made when they are needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from holon_transports import Channel, Receiver, Transport

from holon_actors.actors.remote.endpoints import endpoint_text, endpoint_url

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["Carriers"]


class Carriers:
    """See the module. `receiver` is told what they bring."""

    __slots__ = ("_receiver", "_system", "_transports")

    def __init__(self, system: ActorSystem, receiver: Receiver) -> None:
        self._system = system
        self._receiver = receiver
        self._transports: dict[str, Transport] = {}

    def bind(self, url: str) -> str:
        """Listen at an endpoint; what addresses carry for it. Raises `TransportError`."""
        return endpoint_text(self._run(self._transport(url).bind, url))

    def dial(self, endpoint: str, peer: str) -> Channel:
        """A channel to what an address carries; `peer` is the system's name there, or "". Raises
        `TransportError`.
        """
        url = endpoint_url(endpoint)
        channel: Channel = self._run(self._transport(url).dial, url, peer=peer or None)
        return channel

    def close(self) -> None:
        """Close them all."""
        for transport in self._transports.values():
            transport.close()

    def _transport(self, url: str) -> Transport:
        scheme = url.partition("://")[0]
        transport = self._transports.get(scheme)
        if transport is None:
            transport = self._system._machine.transport(self._system, url)
            self._run(transport.start, self._receiver)
            self._transports[scheme] = transport
        return transport

    def _run(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        # What a transport registers with the event loop runs in the context that it is called in;
        # it should be the system's, not that of whoever told something first.
        return self._system._context.copy().run(function, *args, **kwargs)
