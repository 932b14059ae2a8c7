"""Choices for a run whose steps are each told anew how odd they are to be."""

from __future__ import annotations

from holon_actors.testing._choices.tape import STREAMS, Draw, RecordedStream, SeededStream, Tape

__all__ = ["SteppedChoices"]


class SteppedStream:
    """Draws 0 after `turn(0)`, and what the number decides after any other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._seeded: SeededStream | None = None
        self.draws: list[Draw] = []

    def turn(self, number: int) -> None:
        self._seeded = SeededStream(number, self._name) if number else None

    def draw(self, label: str, bound: int) -> int:
        value = 0 if self._seeded is None else self._seeded.draw(label, bound)
        self.draws.append(Draw(label, bound, value))
        return value


class SteppedChoices:
    """All streams; `turn(number)` says what they are like from now on: 0 is plain."""

    def __init__(self) -> None:
        self._streams = {name: SteppedStream(name) for name in STREAMS}

    def turn(self, number: int) -> None:
        for stream in self._streams.values():
            stream.turn(number)

    def stream(self, name: str) -> RecordedStream:
        return self._streams[name]

    def tape(self) -> Tape:
        return Tape({name: tuple(s.draws) for name, s in self._streams.items() if s.draws})
