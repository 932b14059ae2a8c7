"""A value comes back equal and of the same type, or it is refused: nothing changes silently."""

from __future__ import annotations

import datetime as dt
import decimal
import enum
import io
import math
import os
import struct
import subprocess
import sys
import uuid
import zoneinfo
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from holon_transports.codec import Limits, dumps, loads, register_message
from holon_transports.errors import CodecError
from hypothesis import given
from hypothesis import strategies as st


class Color(enum.Enum):
    RED = 1
    BLUE = (2, 3)


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Kind(enum.StrEnum):
    A = "a"


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()


class Point(NamedTuple):
    x: int
    y: object = None


@dataclass(frozen=True)
class Leaf:
    value: Any


@register_message
@dataclass(frozen=True, slots=True)
class Everything:
    """Names the others in its hints, so that they need no registration."""

    color: Color | None = None
    level: Level | None = None
    kind: Kind | None = None
    access: Access | None = None
    point: Point | None = None
    leaves: tuple[Leaf, ...] = ()


def same(one: Any, other: Any) -> bool:
    """Equal, and of equal types all the way down."""
    if type(one) is not type(other):
        return False
    if isinstance(one, float):
        return (math.isnan(one) and math.isnan(other)) or (
            one == other and math.copysign(1, one) == math.copysign(1, other)
        )
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same([*one.items()], [*other.items()])
    if isinstance(one, set | frozenset):
        return len(one) == len(other) and one == other
    if isinstance(one, Leaf):
        return same(one.value, other.value)
    if isinstance(one, dt.datetime | dt.time):
        return one == other and one.fold == other.fold and repr(one) == repr(other)
    return bool(one == other) or repr(one) == repr(other)


text = st.text(st.characters(exclude_categories=["Cs"]))
zones = (
    st.none()
    | st.timezones().filter(lambda zone: zone.key is not None)
    | st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
    | st.just(dt.timezone(dt.timedelta(hours=2), "named"))
)
hashable = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | text
    | st.binary()
    | st.datetimes(timezones=zones, allow_imaginary=False)
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.uuids()
    | st.decimals(allow_nan=False)
    | st.sampled_from([*Color, *Level, *Kind, *Access, Access.READ | Access.WRITE, Access(0)])
)
keys = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=3).map(tuple)
        | st.frozensets(inner, max_size=3)
        | inner.map(Leaf)
        | st.builds(Point, st.integers(), inner)
    ),
    max_leaves=4,
)
values = st.recursive(
    keys | st.floats() | st.binary().map(bytearray),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(keys, inner, max_size=4)
        | st.sets(keys, max_size=4)
        | inner.map(Leaf)
    ),
    max_leaves=12,
)


@given(values)
def test_a_value_comes_back_equal_and_of_the_same_types(value: Any) -> None:
    assert same(loads(dumps(value)), value)


@given(values)
def test_packing_the_same_value_twice_makes_the_same_bytes(value: Any) -> None:
    assert dumps(value) == dumps(value)


@pytest.mark.parametrize(
    "value",
    [
        -0.0,
        math.nan,
        math.inf,
        2**64 - 1,
        2**64,
        -(2**63),
        -(2**63) - 1,
        {2**64: 1},
        {True: 0},
        {(1, 2): {3}},
        [[], (), {}, set(), frozenset(), "", b"", bytearray()],
        decimal.Decimal("1.500"),
        decimal.Decimal("NaN"),
        decimal.Decimal("-0"),
        uuid.UUID(int=2**128 - 1),
        dt.datetime.max,
        dt.datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        dt.time(1, 2, 3, 4, dt.timezone(dt.timedelta(seconds=1, microseconds=2)), fold=1),
        dt.timedelta.min,
        Everything(Color.BLUE, Level.LOW, Kind.A, Access(3), Point(1, (2,)), (Leaf([1]),)),
    ],
    ids=repr,
)
def test_edges_come_back_as_they_were(value: Any) -> None:
    assert same(loads(dumps(value)), value)


def test_a_memoryview_comes_back_as_a_read_only_one() -> None:
    back = loads(dumps(memoryview(b"abcdef")[::2]))
    assert type(back) is memoryview
    assert back.tobytes() == b"ace"
    assert back.readonly


class Text(str):
    __slots__ = ()


class Stranger(enum.Enum):
    ONE = 1


@dataclass
class Unknown:
    field: int = 0


class Mine(dt.tzinfo):
    pass


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Text("x"), "plain str"),
        (OrderedDict(), "plain dict"),
        (Unknown(), "register_message"),
        (Stranger.ONE, "register_message"),
        (lambda: None, "function cannot travel"),
        (object, "type cannot travel"),
        (1j, "complex cannot travel"),
        (ValueError("x"), "ValueError cannot travel"),
        ("\ud800", "surrogates"),
        (memoryview(bytearray(8)).cast("d"), "cast"),
        (dt.datetime(2026, 1, 1, tzinfo=Mine()), "time zone"),
    ],
    ids=lambda value: type(value).__name__,
)
@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [{"k": (v,)}]], ids=["bare", "nested"])
def test_what_would_not_arrive_as_it_is_is_refused(value: Any, reason: str, wrap: Any) -> None:
    with pytest.raises(CodecError, match=reason):
        dumps(wrap(value))


def test_the_packed_types_of_msgpack_itself_cannot_be_smuggled_in() -> None:
    from msgpack import ExtType, Timestamp

    for value in (ExtType(1, b""), Timestamp(1), [ExtType(2, b""), 1], {"a": ExtType(2, b"")}):
        with pytest.raises(CodecError):
            dumps(value)


def test_a_value_within_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(CodecError, match="depth_max"):
        dumps(loop)


def nested(wrap: Any, depth: int) -> Any:
    value: Any = 2**70
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "wrap",
    [
        lambda v: [v],
        lambda v: (v,),
        lambda v: {"k": v},
        lambda v: {v: 1} if isinstance(v, int) else {(1,): v},
        lambda v: frozenset([v]),
        Leaf,
        lambda v: Point(1, v),
    ],
    ids=["list", "tuple", "dict", "odd dict", "set", "message", "named tuple"],
)
def test_both_ends_count_depth_alike(wrap: Any) -> None:
    limits = Limits(depth_max=5)
    deepest = nested(wrap, 5)
    assert loads(dumps(deepest, limits=limits), limits=limits) == deepest
    with pytest.raises(CodecError, match="depth_max"):
        dumps(nested(wrap, 6), limits=limits)
    with pytest.raises(CodecError, match="depth_max"):
        loads(dumps(nested(wrap, 6)), limits=limits)


def test_the_same_set_makes_the_same_bytes_in_any_process() -> None:
    code = (
        "from holon_transports.codec import dumps;"
        "print(dumps([{'a', 'b', 'c', 'd'}, {'a', 1, (2, 'b'), frozenset('xyz')}]).hex())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(seen) == 1


def test_only_one_value_is_loaded() -> None:
    for data in (b"", dumps(1) * 2, b"\x93\x01\x00\x05"):
        with pytest.raises(CodecError):
            loads(data)


def test_a_large_value_on_its_own_holds_its_bytes() -> None:
    value = [bytes(100_000), bytearray(100_000)]
    assert loads(dumps(value)) == value


# The smallest file there can be of a zone: one type, whose offset is 0.
UTC_FILE = b"TZif" + bytes(16) + struct.pack(">6I", 0, 0, 0, 0, 1, 4) + bytes(6) + b"UTC\0"


def test_a_time_zone_may_lie_as_deep_as_systems_keep_them(tmp_path: Path) -> None:
    name = f"posix/America/Argentina/Nowhere{os.getpid()}"
    file = tmp_path / name
    file.parent.mkdir(parents=True)
    file.write_bytes(UTC_FILE)
    zoneinfo.reset_tzpath([tmp_path])
    try:
        when = dt.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo(name))
        assert loads(dumps(when)).tzinfo.key == name
    finally:
        zoneinfo.reset_tzpath()


def test_a_time_zone_with_a_key_that_no_peer_would_take_is_refused() -> None:
    for key in ("../mine", None):
        zone = zoneinfo.ZoneInfo.from_file(io.BytesIO(UTC_FILE), key)
        with pytest.raises(CodecError, match="time zone"):
            dumps(dt.datetime(2026, 1, 1, tzinfo=zone))
