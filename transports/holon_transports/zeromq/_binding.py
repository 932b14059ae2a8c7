"""Binds a socket to an endpoint, and says why not."""

from __future__ import annotations

import errno
from pathlib import Path

import zmq

from holon_transports.endpoints import Endpoint, IpcEndpoint, TcpEndpoint
from holon_transports.errors import EndpointInUse, EndpointRefused, InvalidEndpoint
from holon_transports.zeromq._ipc import private_umask, take_over

__all__ = ["bind"]


def bind(socket: zmq.Socket[bytes], endpoint: Endpoint) -> str:
    """Bind, and return the endpoint with the port that was chosen.

    Raises `EndpointInUse`, `EndpointRefused` or `InvalidEndpoint`.
    """
    try:
        if isinstance(endpoint, IpcEndpoint):
            endpoint = IpcEndpoint(str(Path(endpoint.path).absolute()))
            take_over(endpoint)
            with private_umask():
                socket.bind(str(endpoint))
        else:
            socket.ipv6 = isinstance(endpoint, TcpEndpoint) and ":" in endpoint.host
            socket.bind(str(endpoint))
    except zmq.ZMQError as error:
        raise _error(endpoint, error) from error
    if isinstance(endpoint, TcpEndpoint):
        bound = socket.last_endpoint
        assert isinstance(bound, bytes)
        endpoint = TcpEndpoint(endpoint.host, int(bound.rstrip(b"\0").rpartition(b":")[2]))
    return str(endpoint)


def _error(endpoint: Endpoint, error: zmq.ZMQError) -> Exception:
    text = str(endpoint)
    match error.errno:
        case errno.EADDRINUSE:
            return EndpointInUse(text)
        case errno.EADDRNOTAVAIL | errno.ENODEV:
            return InvalidEndpoint(text, "this machine has no such address or interface")
        case errno.EACCES | errno.EPERM:
            return EndpointRefused(text, "this user may not listen there")
    return InvalidEndpoint(text, f"cannot listen there: {error.strerror}")
