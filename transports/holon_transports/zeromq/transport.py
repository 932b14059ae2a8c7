"""A node's transport over ZeroMQ: one ROUTER where it listens, one DEALER for each peer it dials.

Sockets are watched by the event loop (`_driver.py`); libzmq's own thread does the rest:
connections, reconnections, queues. A transport belongs to the process that made it: after a fork
the child must not touch it, and makes its own.

A host name stands for its IPv4 address; libzmq's thread asks for it at every attempt to connect,
and a slow name server holds up the other connections of the transport meanwhile. Where that
matters, and for IPv6, dial addresses.
"""

from __future__ import annotations

import asyncio
import random

from holon_transports.endpoints import (
    EVERYWHERE,
    Endpoint,
    InprocEndpoint,
    TcpEndpoint,
    parse_endpoint,
)
from holon_transports.errors import EndpointRefused, InvalidEndpoint, TransportClosed
from holon_transports.security import Curve
from holon_transports.transport import Receiver
from holon_transports.zeromq._authority import Authority
from holon_transports.zeromq._dialled import DialledChannel
from holon_transports.zeromq._listener import Listener
from holon_transports.zeromq._shell import Shell
from holon_transports.zeromq.settings import ZmqSettings

__all__ = ["ZmqTransport"]


class ZmqTransport:
    """The `Transport` of one node.

    `system_name` is the node's, for log lines. Without `security` it talks to this machine only,
    unless `insecure` says that whoever can reach the network may read and send all.
    """

    def __init__(
        self,
        *,
        system_name: str,
        rng: random.Random,
        security: Curve | None = None,
        insecure: bool = False,
        settings: ZmqSettings | None = None,
    ) -> None:
        self._system_name = system_name
        self._rng = rng
        self._security = security
        self._insecure = insecure
        self._settings = settings or ZmqSettings()
        self._shell: Shell | None = None
        self._listeners: list[Listener] = []
        self._dialled: dict[DialledChannel, None] = {}
        self._authority: Authority | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, receiver: Receiver) -> None:
        shell = Shell(self._system_name, self._settings, receiver)
        if self._security is not None:
            try:
                self._authority = Authority(shell, self._security)
            except BaseException:
                shell.end()
                raise
        self._shell = shell
        self._keep_house_later(shell)

    def bind(self, endpoint: str) -> str:
        shell = self._open_shell()
        keys = self._authority.keys if self._authority else None
        listener = Listener(shell, self._allowed(endpoint), keys)
        self._listeners.append(listener)
        return listener.endpoint

    def dial(self, endpoint: str, *, peer: str | None = None) -> DialledChannel:
        shell = self._open_shell()
        where = self._allowed(endpoint)
        if isinstance(where, TcpEndpoint) and (where.host == EVERYWHERE or not where.port):
            raise InvalidEndpoint(endpoint, "nobody can be reached there: name a host and a port")
        secure = self._authority.secure(endpoint, where, peer) if self._authority else None
        channel = DialledChannel(shell, where, self._rng, self._forget, secure)
        self._dialled[channel] = None
        return channel

    def close(self) -> None:
        shell, self._shell = self._shell, None
        if shell is None:
            return
        if self._timer is not None:
            self._timer.cancel()
        for channel in list(self._dialled):
            channel.close()
        for listener in self._listeners:
            listener.close()
        if self._authority is not None:
            self._authority.close()
        shell.end()

    def _open_shell(self) -> Shell:
        if self._shell is None:
            raise TransportClosed("the transport is not started, or closed")
        return self._shell

    def _allowed(self, text: str) -> Endpoint:
        """The endpoint, in the form libzmq wants it. Raises what `bind` and `dial` raise."""
        endpoint = parse_endpoint(text)
        if isinstance(endpoint, InprocEndpoint):
            raise InvalidEndpoint(text, "this transport carries tcp:// and ipc:// only")
        if not (endpoint.is_local or self._security or self._insecure):
            raise EndpointRefused(
                text,
                "beyond this machine only with keys (`holon keygen`, then security=Curve(...)), "
                "or with insecure=True",
            )
        if isinstance(endpoint, TcpEndpoint) and endpoint.host == "localhost":
            # libzmq binds to addresses only, and dials the first that the name has, IPv6 or not.
            return TcpEndpoint("127.0.0.1", endpoint.port, endpoint.peer)
        return endpoint

    def _forget(self, channel: DialledChannel) -> None:
        self._dialled.pop(channel, None)

    def _keep_house_later(self, shell: Shell) -> None:
        self._timer = shell.loop.call_later(
            self._settings.housekeeping_s, self._keep_house, shell, context=shell.run_in
        )

    def _keep_house(self, shell: Shell) -> None:
        self._keep_house_later(shell)
        now = shell.loop.time()
        for listener in self._listeners:
            listener.keep_house(now)
        if self._authority is not None:
            self._follow(self._authority.changes())

    def _follow(self, changes: dict[str, bytes | None]) -> None:
        """Cut off who has lost a key, and use the key of who has a new one."""
        for listener in self._listeners:
            listener.cut_off(changes)
        for channel in list(self._dialled):
            if channel.user in changes:
                channel.use_key(changes[channel.user])
