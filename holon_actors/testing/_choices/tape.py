"""The choices of one run, written down: a seed makes them, a tape makes them again.

A draw is a whole number below a bound, with a label that says what it decides. Draws come from
streams, one per purpose, each seeded on its own: one more draw in one stream shifts no other. A
tape holds all draws of a run; its replay is strict, and fails at the first draw that does not fit.
A seed gives the same draws on every Python and in every process.
"""

from __future__ import annotations

import hashlib
import json
import random
from typing import Any, NamedTuple, Protocol

from holon_actors.testing.errors import TapeMalformed, TapeMismatch

STREAMS = ("sched", "net", "disk", "clock", "work", "plan")
_VERSION = 1


class Draw(NamedTuple):
    """One choice: `value` is at least 0 and below `bound`."""

    label: str
    bound: int
    value: int


_new = tuple.__new__


class Stream(Protocol):
    """Where the draws of one purpose come from."""

    def draw(self, label: str, bound: int) -> int:
        """A number at least 0 and below `bound`, which is at least 1."""
        ...


class RecordedStream(Stream, Protocol):
    """One that knows its `draws`."""

    @property
    def draws(self) -> list[Draw]: ...


class SeededStream:
    """Draws made from a seed and the stream's name; `draws` are those made so far."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.sha256(f"{name}/{seed}".encode()).digest()
        # Python promises that getrandbits gives the same for a seed; randrange has changed.
        self._bits = random.Random(int.from_bytes(digest, "big")).getrandbits  # noqa: S311
        self.draws: list[Draw] = []

    def draw(self, label: str, bound: int) -> int:
        """A new number. Raises ValueError for a bound below 1."""
        if bound < 1:
            raise ValueError(f"{label}: nothing can be drawn below {bound}")
        width = (bound - 1).bit_length()
        value = self._bits(width)
        while value >= bound:
            value = self._bits(width)
        # As Draw(label, bound, value), in a third of the time: most steps of a run draw.
        self.draws.append(_new(Draw, (label, bound, value)))
        return value


class ReplayedStream:
    """Draws read from a tape; `draws` are those read so far."""

    def __init__(self, name: str, recorded: tuple[Draw, ...]) -> None:
        self._name = name
        self._recorded = recorded
        self._position = 0

    @property
    def draws(self) -> list[Draw]:
        return list(self._recorded[: self._position])

    def draw(self, label: str, bound: int) -> int:
        """The recorded number. Raises `TapeMismatch` when another one was recorded here."""
        expected = self._next()
        if expected is None or expected.label != label or expected.bound != bound:
            raise self._mismatch(_text(label, bound))
        self._position += 1
        return expected.value

    def finish(self) -> None:
        """The run is over. Raises `TapeMismatch` when the tape has more."""
        if self._next() is not None:
            raise self._mismatch(None)

    def _next(self) -> Draw | None:
        at = self._position
        return self._recorded[at] if at < len(self._recorded) else None

    def _mismatch(self, found: str | None) -> TapeMismatch:
        expected = self._next()
        held = None if expected is None else _text(expected.label, expected.bound)
        return TapeMismatch(self._name, self._position, held, found)


def _text(label: str, bound: int) -> str:
    return f"{label!r} below {bound}"


class Tape:
    """The draws of a whole run, by stream; a stream that is absent has none."""

    def __init__(self, streams: dict[str, tuple[Draw, ...]]) -> None:
        self.streams = streams

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tape) and self.streams == other.streams

    __hash__ = None  # type: ignore[assignment]

    def without(self, stream: str) -> Tape:
        """The tape but for one stream."""
        return Tape({name: draws for name, draws in self.streams.items() if name != stream})

    def to_json(self) -> str:
        return json.dumps({"version": _VERSION, "streams": self.streams}, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Tape:
        """The tape that `to_json` wrote. Raises `TapeMalformed`."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise TapeMalformed(f"not JSON: {error}") from error
        if not isinstance(data, dict) or data.get("version") != _VERSION:
            raise TapeMalformed(f"not an object of version {_VERSION}")
        streams = data.get("streams")
        if not isinstance(streams, dict) or set(streams) - set(STREAMS):
            raise TapeMalformed(f"streams are not among {', '.join(STREAMS)}")
        return cls({name: _draws(name, triples) for name, triples in streams.items()})


def _draws(name: str, triples: Any) -> tuple[Draw, ...]:
    if not isinstance(triples, list):
        raise TapeMalformed(f"stream {name!r} is not a list")
    return tuple(_checked(name, place, triple) for place, triple in enumerate(triples))


def _checked(name: str, place: int, triple: Any) -> Draw:
    match triple:
        case [str(label), int(bound), int(value)] if 0 <= value < bound:
            return Draw(label, bound, value)
    raise TapeMalformed(f"draw {place} of stream {name!r} is {triple!r}")


class SeededChoices:
    """All streams of one seed."""

    def __init__(self, seed: int) -> None:
        self._streams = {name: SeededStream(seed, name) for name in STREAMS}

    def stream(self, name: str) -> SeededStream:
        """One of `STREAMS`."""
        return self._streams[name]

    def tape(self) -> Tape:
        """What was drawn so far."""
        return Tape({name: tuple(s.draws) for name, s in self._streams.items() if s.draws})


class ReplayedChoices:
    """All streams of a tape."""

    def __init__(self, tape: Tape) -> None:
        self._streams = {n: ReplayedStream(n, tape.streams.get(n, ())) for n in STREAMS}

    def stream(self, name: str) -> ReplayedStream:
        """One of `STREAMS`."""
        return self._streams[name]

    def finish(self) -> None:
        """The run is over. Raises `TapeMismatch` when the tape has more."""
        for stream in self._streams.values():
            stream.finish()

    def tape(self) -> Tape:
        """What was read so far."""
        return Tape({name: tuple(s.draws) for name, s in self._streams.items() if s.draws})
