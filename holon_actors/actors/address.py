"""The address of an actor: a value that can be printed, parsed, compared, hashed and sent.

`holon://bank@10.0.0.5:7400/user/ada#17` is the actor `/user/ada` of the system `bank`, listening at
`10.0.0.5:7400`; `#17` tells this actor from an earlier one of the same path. A system that does not
listen has no `@endpoint`; an address without `#uid` means whoever lives at the path now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from holon_actors.actors.errors import InvalidAddress

__all__ = ["Address", "check_name"]

_SEGMENT = re.compile(r"[A-Za-z0-9_.~$@+:=-]{1,255}")
_ADDRESS = re.compile(
    r"holon://(?P<system>[^/@#]+)(@(?P<endpoint>[^/#]+))?(?P<path>(/[^/#]+)+)(#(?P<uid>[0-9]{1,128}))?"
)


def check_name(name: str) -> str:
    """Return `name` when an actor or system may be called that; raise `InvalidAddress` when not."""
    if not _SEGMENT.fullmatch(name):
        raise InvalidAddress(name, "a name has 1 to 255 letters, digits and _.$@+:=- only")
    if "~" in name:
        raise InvalidAddress(name, "the character ~ is for the names that the system makes")
    return name


@dataclass(frozen=True, slots=True)
class Address:
    """Where an actor lives. `uid` is None for "whoever is there", `endpoint` for a system that does
    not listen.
    """

    system: str
    path: str
    uid: int | None = None
    endpoint: str | None = None

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read the form that `str` writes. Raises `InvalidAddress`."""
        match = _ADDRESS.fullmatch(text)
        if match is None:
            raise InvalidAddress(text, "expected holon://system[@endpoint]/path[#uid]")
        for segment in match["path"].split("/")[1:]:
            if not _SEGMENT.fullmatch(segment):
                raise InvalidAddress(text, f"{segment!r} is no segment of a path")
        uid = match["uid"]
        return cls(
            match["system"], match["path"], None if uid is None else int(uid), match["endpoint"]
        )

    @property
    def name(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]

    def __str__(self) -> str:
        at = "" if self.endpoint is None else f"@{self.endpoint}"
        uid = "" if self.uid is None else f"#{self.uid}"
        return f"holon://{self.system}{at}{self.path}{uid}"
