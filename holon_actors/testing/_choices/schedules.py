"""All orders in which callbacks can run, those with the fewest departures from the plain one first.

A schedule is the list of picks among ready callbacks, 0 for the oldest; behind its end all are 0.
Each run shows where else it could have gone: every pick behind its last departure may be another.
So each schedule comes up exactly once, and one with k departures after all with fewer (as in
delay-bounded scheduling: Emmi, Qadeer and Rakamaric, 2011).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

__all__ = ["Schedules"]


class Schedules:
    """`next` gives a schedule to run, `ran` takes the bounds that its run found."""

    def __init__(self) -> None:
        self._departures: deque[Iterator[tuple[int, ...]]] = deque([iter([()])])

    def next(self) -> tuple[int, ...] | None:
        """The next schedule, or None when there is none left."""
        while self._departures:
            schedule = next(self._departures[0], None)
            if schedule is not None:
                return schedule
            self._departures.popleft()
        return None

    def ran(self, schedule: tuple[int, ...], bounds: Sequence[int]) -> None:
        """`schedule` was run, and had `bounds[i]` callbacks to pick from at pick i."""
        self._departures.append(_departures(schedule, tuple(bounds)))


def _departures(schedule: tuple[int, ...], bounds: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for place in range(len(schedule), len(bounds)):
        plain = schedule + (0,) * (place - len(schedule))
        for pick in range(1, bounds[place]):
            yield (*plain, pick)
