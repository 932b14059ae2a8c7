"""What can go wrong with a cluster, named for what the caller does next."""

from __future__ import annotations

from holon_actors.actors.errors import ActorError

__all__ = ["ClusterError", "ClusterUnreachable", "InvalidGossip", "UnknownMember"]


class ClusterError(ActorError):
    """Base of the errors of membership."""


class ClusterUnreachable(ClusterError, ConnectionError):
    """The seed did not answer in time: try another one, or see whether it is up and lets this node
    in. `seed` is its endpoint, `timeout_s` how long it had.
    """

    def __init__(self, seed: str, timeout_s: float, reason: str = "no answer") -> None:
        super().__init__(f"no cluster at {seed}: {reason} within {timeout_s:g} s")
        self.seed = seed
        self.timeout_s = timeout_s
        self.reason = reason


class UnknownMember(ClusterError, LookupError):
    """No member, or more than one, goes by this name: use the address of one in `members`."""

    def __init__(self, name: str, candidates: tuple[str, ...]) -> None:
        known = f"one of {', '.join(candidates)}" if candidates else "nobody"
        super().__init__(f"{name!r} names {known} in this cluster")
        self.name = name
        self.candidates = candidates


class InvalidGossip(ClusterError, ValueError):
    """What came as a message of membership is none: nothing of it was used. `source` sent it."""

    def __init__(self, source: str, reason: str) -> None:
        super().__init__(f"membership message from {source}: {reason}")
        self.source = source
        self.reason = reason
