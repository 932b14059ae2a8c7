"""Endpoints as an address carries them, without slashes: `127.0.0.1:7400`, `ipc:%2Ftmp%2Fa.sock`.

TCP is the rule and goes without its scheme; of all others the scheme is kept, and what may not
stand in an address is percent-encoded. `client:NONCE` stands for a node that does not listen: it
can be reached over the session that it has opened, and in no other way.
"""

from __future__ import annotations

import socket
from urllib.parse import parse_qs, quote, unquote

from holon_actors.actors.errors import InvalidAddress

__all__ = ["CLIENT", "endpoint_text", "endpoint_url", "named_peer", "reachable", "scheme_of"]

CLIENT = "client"
_SCHEMES = ("ipc", "inproc", "sim", "tcp", CLIENT)
_EVERYWHERE = ("*", "0.0.0.0", "[::]")  # noqa: S104  # recognised, not bound to
_SAFE = ":[]-_.~*+=,"


def endpoint_text(url: str) -> str:
    """What an address carries for an endpoint such as `tcp://127.0.0.1:7400`. Raises
    `InvalidAddress`.
    """
    scheme, separator, rest = url.partition("://")
    rest = rest.partition("?")[0]
    if not (scheme and separator and rest):
        raise InvalidAddress(url, "expected an endpoint such as tcp://127.0.0.1:7400")
    quoted = quote(rest, safe=_SAFE)
    if scheme == "tcp" and rest.partition(":")[0] not in _SCHEMES:
        return quoted
    return f"{scheme}:{quoted}"


def named_peer(url: str) -> str:
    """The system that is at an endpoint such as `tcp://10.0.0.5:7400?peer=orders`, if it says."""
    return parse_qs(url.partition("?")[2]).get("peer", [""])[0]


def endpoint_url(text: str) -> str:
    """The endpoint that an address means: what `endpoint_text` was given."""
    scheme = scheme_of(text)
    rest = text if not text.startswith(f"{scheme}:") else text[len(scheme) + 1 :]
    return f"{scheme}://{unquote(rest)}"


def scheme_of(text: str) -> str:
    """How to reach the endpoint that an address carries."""
    scheme = text.partition(":")[0]
    return scheme if scheme in _SCHEMES else "tcp"


def reachable(text: str) -> str:
    """How others reach what is bound here: by this machine's name, where that is all of its
    interfaces.
    """
    host, _, port = text.rpartition(":")
    return f"{socket.gethostname()}:{port}" if host in _EVERYWHERE else text
