"""Messages of one class that travel as one item: `[*header, class id, fields of all of them]`.

Most messages hold a few small immutable values and come many at a time. Those are taken apart when
they are told, which makes a copy, and packed together later: a message then costs a fraction of
what packing it by itself does. A class gets a function for that, generated the first time it is
asked for; a message that holds anything else is left to `Encoder.pack`.
"""

from __future__ import annotations

import keyword
from collections.abc import Callable
from typing import Any, NamedTuple

from holon_transports.codec._checks import LEAVES
from holon_transports.codec._shapes import Shape

__all__ = ["Run", "RunKind", "kind_of", "kind_of_values"]

# Fields of one run, at both ends. More: fewer items, more that is told before its bytes are
# counted, and more that a hostile peer gets out of one byte.
FIELDS_MAX = 256
# Bytes or characters of a field. Longer ones are packed by themselves, so that a run stays small.
CONTENT_MAX = 1024

_SIZED = frozenset({str, bytes})


class Run:
    """Messages, in order, and beside them their fields, one message's behind the other's. One
    without fields is written as None. A run that is not to grow any more has `most` 0.
    """

    __slots__ = ("fields", "messages", "most", "put")

    def __init__(self, kind: RunKind, room: int) -> None:
        self.fields: list[Any] = []
        self.messages: list[Any] = []
        self.put = kind.put
        self.most = min(kind.most, room)  # messages that it takes


# Puts a message into a run, if the run is not full and the message is of plain small values;
# returns whether it did. Never raises: packing a message by itself says what is wrong with it.
Put = Callable[[Run, Any], bool]


class RunKind(NamedTuple):
    """How messages of one class are put into a run, and how many at most. `take` gives the fields
    of a message that could be put, and None for any other.
    """

    put: Put
    take: Callable[[Any], list[Any] | None]
    most: int


def kind_of(shape: Shape) -> RunKind | None:
    """That of a message class; None if none of its messages ever fits."""
    names = [field.name for field in shape.fields]
    if shape.kind != "record" or len(names) > FIELDS_MAX:
        return None
    if not all(name.isidentifier() and not keyword.iskeyword(name) for name in names):
        return None
    accepted = [check.leaves for check in shape.fresh_checks().values()]
    if not all(accepted):
        return None
    return _generated([f"message.{name}" for name in names], accepted)


def kind_of_values(cls: type) -> RunKind | None:
    """That of values that are no messages: numbers and texts."""
    if cls is type(None) or cls not in LEAVES:
        return None
    return _generated(["message"], [frozenset({cls})])


def _generated(sources: list[str], accepted: list[frozenset[type]]) -> RunKind:
    """Functions as one would write them by hand: to go through the fields in a loop takes thrice as
    long.
    """
    values = [f"f{index}" for index in range(len(sources))]
    reads = [f"{value} = {source}" for value, source in zip(values, sources, strict=True)]
    tests = [_condition(value, kinds) for value, kinds in zip(values, accepted, strict=True)]
    # To read a field may run anything, finalizers and signal handlers as well, and they may fill or
    # close the run. So it is looked at last, and nothing in between makes an object.
    put = [
        "def put(run, message):",
        *_checked(reads, tests, "False"),
        f" fields = ({', '.join(values or ['None'])},)",
        " messages = run.messages",
        " if len(messages) >= run.most: return False",
        " run.fields += fields",
        " messages.append(message)",
        " return True",
    ]
    take = ["def take(message):", *_checked(reads, tests, "None"), f" return [{', '.join(values)}]"]
    names: dict[str, Any] = {"NoneType": type(None)}
    exec("\n".join([*put, *take]), names)  # noqa: S102  # of names of fields, which are checked
    return RunKind(names["put"], names["take"], FIELDS_MAX // max(1, len(sources)))


def _checked(reads: list[str], tests: list[str], otherwise: str) -> list[str]:
    return [
        " try:",
        *(f"  {read}" for read in (reads or ["pass"])),
        f" except Exception: return {otherwise}",
        *(f" if not ({test}): return {otherwise}" for test in tests),
    ]


def _condition(value: str, kinds: frozenset[type]) -> str:
    tests = [f"type({value}) is {kind.__name__}" for kind in sorted(kinds - _SIZED, key=_order)]
    tests += [
        f"type({value}) is {kind.__name__} and len({value}) <= {CONTENT_MAX}"
        for kind in sorted(kinds & _SIZED, key=_order)
    ]
    return " or ".join(tests)


def _order(kind: type) -> int:
    """The likelier type is looked for first; what may be a float is one most often."""
    return (float, int, bool, str, bytes, type(None)).index(kind)
