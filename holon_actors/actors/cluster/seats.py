"""Who has a vote, and how many votes take a member down.

A gossip protocol has no consensus on who belongs. What keeps two sides of a partition from downing
each other is that a minority cannot make itself a majority:

- The majority is one of all members that are not known to have gone, with or without a vote: news
  of a member can only raise it.
- A member that is new has no vote until a majority of those who have one have seen it. So newcomers
  on the minority's side of a partition do not help it.
- A restarted node is new: it may have confirmed what it has forgotten since.
- Where nobody has a vote, as when a cluster is founded, everybody has.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from holon_actors.actors.cluster.record import Record
from holon_actors.actors.cluster.settings import SwimSettings

__all__ = ["admitted", "majority", "suspicion_time", "tally", "voters"]


def majority(members: int) -> int:
    """More than half."""
    return members // 2 + 1


def voters(present: Collection[Record]) -> set[str]:
    """The addresses of those who have a vote."""
    seated = {record.address for record in present if record.voter}
    return seated or {record.address for record in present}


def admitted(record: Record, seated: set[str]) -> bool:
    """Whether enough voters have seen a newcomer."""
    seen = sum(witness in seated for witness in record.witnesses)
    return seen >= majority(len(seated))


def tally(record: Record, present: Mapping[str, Record], seated: set[str]) -> tuple[list[str], int]:
    """Whose votes against a suspect are valid, and how many it takes.

    A vote is valid if its accuser has a seat, is not the suspect, and cast it in its present life:
    stamps start at the incarnation.
    """
    valid = [
        vote
        for vote in record.votes
        if vote.accuser in seated
        and vote.accuser != record.address
        and vote.stamp >= present[vote.accuser].incarnation
    ]
    members = max([len(present), *(vote.members for vote in valid)])
    return [vote.accuser for vote in valid], majority(members)


def suspicion_time(accusers: int, needed: int, able: int, settings: SwimSettings) -> float:
    """Seconds for which a suspect may answer back, once a majority accuses it.

    The time shrinks from its maximum at a bare majority to its minimum when all who are `able`
    accuse it, logarithmically, as in Lifeguard (Dadgar, Phillips, Currey 2018, section IV-B), and
    grows with the size of the cluster as news takes longer to spread.
    """
    least = settings.suspicion_min_s * max(1.0, math.log10(max(1, able)))
    most = least * settings.suspicion_max_factor
    spare, extra = able - needed, accusers - needed
    agreement = 1.0 if spare <= 0 else min(1.0, math.log(extra + 1) / math.log(spare + 1))
    return most - (most - least) * agreement
