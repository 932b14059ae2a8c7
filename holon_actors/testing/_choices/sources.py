"""Where the draws of a run come from, beside a seed and a tape: a schedule, or a tape that need
not fit.
"""

from __future__ import annotations

from collections.abc import Sequence

from holon_actors.testing._choices.tape import STREAMS, Draw, RecordedStream, SeededStream, Tape

__all__ = ["LenientChoices", "ScheduledChoices"]


class PrefixStream:
    """Values given in advance, then 0 for ever; a value that does not fit is 0 as well."""

    def __init__(self, values: Sequence[int]) -> None:
        self._values = values
        self.draws: list[Draw] = []

    def draw(self, label: str, bound: int) -> int:
        place = len(self.draws)
        value = self._values[place] if place < len(self._values) else 0
        if value >= bound:
            value = 0
        self.draws.append(Draw(label, bound, value))
        return value


class LenientStream:
    """A recorded stream, followed as far as it fits: where another label comes, 0 is drawn."""

    def __init__(self, recorded: Sequence[Draw]) -> None:
        self._recorded = recorded
        self.draws: list[Draw] = []

    def draw(self, label: str, bound: int) -> int:
        place = len(self.draws)
        value = 0
        if place < len(self._recorded):
            known, _, recorded = self._recorded[place]
            if known == label and recorded < bound:
                value = recorded
        self.draws.append(Draw(label, bound, value))
        return value


class ScheduledChoices:
    """What a seed decides, but with the schedule as given: which of the ready callbacks runs."""

    def __init__(self, seed: int, schedule: Sequence[int]) -> None:
        # In the order of any other tape: its text is part of fingerprints.
        self._streams: dict[str, SeededStream | PrefixStream] = {
            name: PrefixStream(schedule) if name == "sched" else SeededStream(seed, name)
            for name in STREAMS
        }

    def stream(self, name: str) -> RecordedStream:
        return self._streams[name]

    def tape(self) -> Tape:
        return Tape({name: tuple(s.draws) for name, s in self._streams.items() if s.draws})


class LenientChoices:
    """A tape that was changed, or whose program was."""

    def __init__(self, tape: Tape) -> None:
        self._streams = {n: LenientStream(tape.streams.get(n, ())) for n in STREAMS}

    def stream(self, name: str) -> RecordedStream:
        return self._streams[name]

    def tape(self) -> Tape:
        return Tape({name: tuple(s.draws) for name, s in self._streams.items() if s.draws})
