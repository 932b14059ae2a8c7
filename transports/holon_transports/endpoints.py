"""Endpoints: where a node listens, as text and as values. Pure; nothing is resolved or opened here.

    tcp://HOST:PORT      HOST is a name, an IPv4 address, or an IPv6 address in brackets; to listen
                         at all interfaces, `*`; to have a port chosen, PORT 0
    ipc://PATH           a socket file
    inproc://NAME        a name within this process

Each may end in `?peer=NAME`, the system name of whom one expects there: see `security.py`.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import unquote

from holon_transports.errors import InvalidEndpoint

__all__ = ["Endpoint", "InprocEndpoint", "IpcEndpoint", "TcpEndpoint", "parse_endpoint"]

EVERYWHERE = "*"

# What a system may be called: it is the name of a file with its key, and part of addresses.
SYSTEM_NAME = re.compile(r"[A-Za-z0-9_.$@+:=-]{1,255}")

# What the operating system takes as the path of a socket, without the closing zero byte.
_IPC_PATH_BYTES_MAX = 107
_PORT_MAX = 65535
_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_-]+)*\.?")
_HOST_BYTES_MAX = 253


@dataclass(frozen=True)
class TcpEndpoint:
    """A port of a host. `host` is in lower case, without brackets; `*` stands for all of ours."""

    host: str
    port: int
    peer: str | None = None

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"tcp://{host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can be at the other end. A host name never tells, but
        `localhost` does.
        """
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


@dataclass(frozen=True)
class IpcEndpoint:
    """A socket file."""

    path: str
    peer: str | None = None

    def __str__(self) -> str:
        return f"ipc://{self.path}"

    @property
    def is_local(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True)
class InprocEndpoint:
    """A name within a process."""

    name: str
    peer: str | None = None

    def __str__(self) -> str:
        return f"inproc://{self.name}"

    @property
    def is_local(self) -> bool:
        """Always."""
        return True


Endpoint: TypeAlias = TcpEndpoint | IpcEndpoint | InprocEndpoint


def parse_endpoint(text: str) -> Endpoint:
    """The endpoint that `text` stands for. Raises `InvalidEndpoint`."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise InvalidEndpoint(text, "expected SCHEME://..., such as tcp://127.0.0.1:7400")
    if any(char.isspace() or not char.isprintable() for char in text):
        raise InvalidEndpoint(text, "it has spaces or characters that cannot be seen")

    place, _, query = rest.partition("?")
    peer = _peer(text, query)
    match scheme:
        case "tcp":
            return _tcp(text, place, peer)
        case "ipc":
            return _ipc(text, place, peer)
        case "inproc" if place:
            return InprocEndpoint(place, peer)
        case "inproc":
            raise InvalidEndpoint(text, "a name is missing after inproc://")
    raise InvalidEndpoint(text, f"unknown scheme {scheme!r}: use tcp, ipc or inproc")


def _peer(text: str, query: str) -> str | None:
    if not query:
        return None
    key, separator, value = query.partition("=")
    if not separator or key != "peer":
        raise InvalidEndpoint(text, "after the question mark only peer=NAME is understood")
    name = unquote(value)
    if not SYSTEM_NAME.fullmatch(name):
        raise InvalidEndpoint(text, f"{name!r} is no system name")
    return name


def _tcp(text: str, place: str, peer: str | None) -> TcpEndpoint:
    host, separator, port = place.rpartition(":")
    if not separator:
        raise InvalidEndpoint(text, "a port is missing: tcp://HOST:PORT")
    if not (port.isascii() and port.isdigit() and int(port) <= _PORT_MAX):
        raise InvalidEndpoint(text, f"{port!r} is no port: 0 to {_PORT_MAX}")
    return TcpEndpoint(_host(text, host), int(port), peer)


def _host(text: str, host: str) -> str:
    if host == EVERYWHERE:
        return host
    if host.startswith("[") and host.endswith("]"):
        try:
            return ipaddress.IPv6Address(host[1:-1]).compressed
        except ValueError as error:
            raise InvalidEndpoint(text, f"{host} is no IPv6 address") from error
    if ":" in host:
        raise InvalidEndpoint(text, "an IPv6 address needs brackets: tcp://[::1]:7400")
    if re.fullmatch(r"[0-9.]+", host):
        try:
            return str(ipaddress.IPv4Address(host))
        except ValueError as error:
            raise InvalidEndpoint(text, f"{host!r} is no IPv4 address") from error
    if len(host) > _HOST_BYTES_MAX or not _HOST_NAME.fullmatch(host):
        raise InvalidEndpoint(text, f"{host!r} is no host")
    return host.lower()


def _ipc(text: str, path: str, peer: str | None) -> IpcEndpoint:
    if not path or path == EVERYWHERE:
        raise InvalidEndpoint(text, "a path is missing after ipc://")
    if path.startswith("@"):
        raise InvalidEndpoint(text, "an abstract socket has no permissions: use a file")
    if len(path.encode()) > _IPC_PATH_BYTES_MAX:
        raise InvalidEndpoint(text, f"the path is longer than {_IPC_PATH_BYTES_MAX} bytes")
    return IpcEndpoint(path, peer)
