"""How a connection names itself to a ROUTER: who we are is said in its first bytes.

The rest is drawn so that nobody can guess it. Where keys are not in use, whoever knows the identity
of another connection can take its place.
"""

from __future__ import annotations

import secrets

__all__ = ["is_identity", "new_identity"]

_PREFIX = b"holon1"
_RANDOM_BYTES = 16


def new_identity() -> bytes:
    """A name for one dialled channel, the same over all its reconnections."""
    return _PREFIX + secrets.token_bytes(_RANDOM_BYTES)


def is_identity(identity: bytes) -> bool:
    """Whether one of us made it up. Other ZeroMQ programs let the ROUTER number them."""
    return len(identity) == len(_PREFIX) + _RANDOM_BYTES and identity.startswith(_PREFIX)
