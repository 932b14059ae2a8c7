"""Who takes part in a group, and whose votes count. Immutable values; changes of them are planned
in `changes.py`.

While `outgoing` is not empty the configuration is joint: elections and commits take a majority of
`voters` and one of `outgoing` (Ongaro's thesis, section 4.3).
"""

from __future__ import annotations

from dataclasses import dataclass

from holon_transports.codec import dumps, loads

__all__ = ["Configuration"]


@dataclass(frozen=True, slots=True)
class Configuration:
    """The members of a group.

    Invariants: all names are sorted and known to `addresses`; no learner is a voter or outgoing;
    `learners_next` are outgoing voters that will be learners once the joint configuration is left.
    """

    voters: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    learners_next: tuple[str, ...] = ()
    addresses: tuple[tuple[str, str], ...] = ()  # name, endpoint; sorted

    @property
    def joint(self) -> bool:
        """On the way from `outgoing` to `voters`."""
        return bool(self.outgoing)

    @property
    def members(self) -> tuple[str, ...]:
        """Everybody that the log is sent to, sorted."""
        return tuple(sorted({*self.voters, *self.outgoing, *self.learners}))

    def votes(self, member: str) -> bool:
        """Whether the member has a vote now."""
        return member in self.voters or member in self.outgoing

    def encode(self) -> bytes:
        """As an entry's data."""
        return dumps(
            [
                list(self.voters),
                list(self.outgoing),
                list(self.learners),
                list(self.learners_next),
                [list(pair) for pair in self.addresses],
            ]
        )

    @classmethod
    def decode(cls, data: bytes) -> Configuration:
        """Out of an entry's data. Raises `CodecError`, or ValueError for another shape."""
        voters, outgoing, learners, learners_next, addresses = loads(data)
        return cls(
            tuple(voters),
            tuple(outgoing),
            tuple(learners),
            tuple(learners_next),
            tuple((name, address) for name, address in addresses),
        )
