"""Which member a client asks next. Pure: names and addresses in, a name out.

The leader, as long as it is known and answers; otherwise one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["Targets"]


class Targets:
    """What a client knows of the members. `home` is asked first while no leader is known."""

    __slots__ = ("_home", "_leader", "_missed", "_next", "addresses")

    def __init__(self, addresses: Mapping[str, str], home: str | None = None) -> None:
        self.addresses = dict(addresses)
        self._home = home
        self._leader = ""
        self._next = 0
        self._missed = 0  # in a row

    def learn(self, leader: str, members: Mapping[str, str]) -> None:
        """A member has said who leads ("" when it does not know), and who is there."""
        if members:
            self.addresses = dict(members)
        if leader in self.addresses:
            self._leader = leader

    @property
    def leader(self) -> str:
        """Who leads, as far as is known; "": nobody."""
        return self._leader

    def pick(self) -> str:
        """The member to ask next."""
        if self._leader in self.addresses:
            return self._leader
        if self._home is not None and self._missed == 0:
            return self._home
        names = list(self.addresses)
        return names[self._next % len(names)]

    def answered(self) -> None:
        """The member that was asked has answered."""
        self._missed = 0

    def missed(self, name: str) -> bool:
        """A member could not be asked, or has nothing to say: go on to the next one. Whether all
        have been tried, so that it is time for a pause.
        """
        if name == self._leader:
            self._leader = ""
        names = list(self.addresses)
        # Behind that one: it may be dead, and asking it again would cost a whole attempt.
        self._next = names.index(name) + 1 if name in self.addresses else self._next + 1
        self._missed += 1
        return self._missed % max(1, len(names)) == 0
