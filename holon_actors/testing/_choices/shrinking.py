"""Makes a failing run plainer for as long as it fails the same way.

First faults are left out one by one, then draws are set to 0, the plainest choice, in ever smaller
pieces: a form of delta debugging (Zeller and Hildebrandt, 2002) on the tape. A changed tape need
not fit its run any more; where it does not, 0 is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from holon_actors.testing._choices.tape import Draw, Tape

__all__ = ["Attempt", "shrink"]

# Faults and luck first, as they explain most; the order of callbacks last, as there is most of it.
_STREAMS = ("plan", "net", "disk", "clock", "work", "sched")
# A seed is neither plain nor odd: 0 would only be another run.
_KEPT_LABELS = ("seed",)
_SEEDS_TRIED = 4


@dataclass(frozen=True, slots=True)
class Attempt:
    """A failing run: what it was made of, and what came of it."""

    faults: Any
    tape: Tape
    failure: Any


class Shrinker:
    """`attempt(faults, source)` runs, from a tape or a seed, and returns the attempt if that fails
    as it should, else None. `expired` says when to be content.
    """

    def __init__(
        self,
        attempt: Callable[[Any, Tape | int], Attempt | None],
        expired: Callable[[], bool],
        found: Attempt,
    ) -> None:
        self._attempt = attempt
        self._expired = expired
        self.best = found

    def run(self) -> Attempt:
        """The plainest found."""
        self._leave_out_faults()
        for stream in _STREAMS:
            self._flatten(stream)
        return self.best

    def _try(self, faults: Any, source: Tape | int) -> bool:
        better = None if self._expired() else self._attempt(faults, source)
        if better is not None:
            self.best = better
        return better is not None

    def _leave_out_faults(self) -> None:
        for name in tuple(getattr(self.best.faults, "active", ())):
            fewer = self.best.faults.without(name)
            # Without it the tape may say something else; then a few seeds may do.
            any(self._try(fewer, source) for source in (self.best.tape, *range(_SEEDS_TRIED)))

    def _flatten(self, stream: str) -> None:
        size = len(_odd(self.best.tape, stream))
        while size and not self._expired():
            progress = self._zero_pieces(stream, size)
            if size == 1 and not progress:
                break
            size = max(1, size // 2)
        if stream == "work":
            self._halve(stream)

    def _zero_pieces(self, stream: str, size: int) -> bool:
        """Try to set each piece of `size` odd draws to 0, from the end; whether any could be."""
        progress = False
        place = len(_odd(self.best.tape, stream))
        while place > 0 and not self._expired():
            odd = _odd(self.best.tape, stream)
            place = min(place, len(odd))
            piece = odd[max(0, place - size) : place]
            place -= size
            if piece and self._try(self.best.faults, _changed(self.best.tape, stream, piece)):
                progress = True
        return progress

    def _halve(self, stream: str) -> None:
        """Make numbers that cannot be 0 smaller."""
        for place in reversed(_odd(self.best.tape, stream)):
            while not self._expired():
                draws = self.best.tape.streams.get(stream, ())
                if place >= len(draws) or draws[place][2] < 2:
                    break
                changed = _changed(self.best.tape, stream, [place], draws[place][2] // 2)
                if not self._try(self.best.faults, changed):
                    break


def shrink(
    attempt: Callable[[Any, Tape | int], Attempt | None],
    expired: Callable[[], bool],
    found: Attempt,
) -> Attempt:
    """The plainest run found before `expired()`. See `Shrinker`."""
    return Shrinker(attempt, expired, found).run()


def _odd(tape: Tape, stream: str) -> list[int]:
    draws = tape.streams.get(stream, ())
    return [i for i, (label, _, value) in enumerate(draws) if value and label not in _KEPT_LABELS]


def _changed(tape: Tape, stream: str, places: list[int], value: int = 0) -> Tape:
    wanted = set(places)
    return Tape(
        {
            name: tuple(_with(draws, wanted, value)) if name == stream else draws
            for name, draws in tape.streams.items()
        }
    )


def _with(draws: tuple[Draw, ...], places: set[int], value: int) -> Iterator[Draw]:
    for place, draw in enumerate(draws):
        yield Draw(draw[0], draw[1], value) if place in places else draw
