"""The receiving end: whatever the bytes are, a value or `CodecError`, within bounds, no imports."""

from __future__ import annotations

import importlib.abc
import sys
import tracemalloc
from dataclasses import dataclass, make_dataclass
from typing import Any

import msgpack  # type: ignore[import-untyped]
import numpy as np
import pytest
from holon_transports.codec import Decoder, Encoder, Limits, register_message
from holon_transports.codec._marks import Code
from holon_transports.errors import CodecError
from hypothesis import given
from hypothesis import strategies as st


@register_message
@dataclass(frozen=True, slots=True)
class Order:
    number: int
    lines: list[str]
    note: str | None = None


@register_message
@dataclass
class Strict:
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise RuntimeError("overdrawn")


@register_message
@dataclass(frozen=True)
class Hostile:
    number: int

    def __hash__(self) -> int:
        raise LookupError("no hash today")


def decoded(frame: bytes, decoder: Decoder | None = None, buffers: Any = ()) -> list[Any]:
    """All values of a frame that can be had; only `CodecError` may stop one."""
    decoder = decoder or Decoder(resolve=str.upper)
    try:
        items = list(decoder.items(frame))
    except CodecError:
        return []
    values = []
    for item in items:
        try:
            values.append(decoder.value(item[-2], item[-1], buffers))
        except CodecError as error:
            values.append(error)
    return values


def frame_of(*values: Any) -> bytes:
    encoder = Encoder(buffer_min=64)
    return b"".join(encoder.pack((1,), value) for value in values)


RICH = frame_of(
    Order(1, ["a", "b"]),
    [Order(2, []), (1, {2}, 2**70, b"bytes")],
    {"k": np.arange(3), (1, 2): bytes(100), 3: 1.5},
)


@given(st.binary(max_size=200))
def test_random_bytes_raise_nothing_else(frame: bytes) -> None:
    decoded(frame)


@given(st.lists(st.tuples(st.integers(0, len(RICH) - 1), st.integers(0, 255)), max_size=6))
def test_a_damaged_frame_raises_nothing_else(changes: list[tuple[int, int]]) -> None:
    frame = bytearray(RICH)
    for index, byte in changes:
        frame[index] = byte
    decoded(bytes(frame), buffers=[bytes(100)])


@pytest.mark.parametrize("size", range(len(RICH)))
def test_a_truncated_frame_is_refused_or_holds_whole_items(size: int) -> None:
    assert len(decoded(RICH[:size])) < 3


packed = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
    | st.sampled_from(["<f8", "C", "Europe/Berlin", "2026-01-01", "../etc", "O", "RED"])
    | st.binary(max_size=30)
    | st.integers(-128, 127).map(lambda code: msgpack.ExtType(code & 127, b""))
    | st.sampled_from([msgpack.ExtType(code, b"") for code in Code]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.tuples(st.sampled_from([msgpack.ExtType(c, b"") for c in Code]), inner).map(list)
        | st.lists(inner, max_size=5).map(lambda rest: [msgpack.ExtType(10, b""), *rest])
        | st.dictionaries(st.text(max_size=3) | st.integers(0, 9), inner, max_size=3)
    ),
    max_leaves=20,
)


@given(packed, st.lists(packed, max_size=3))
def test_well_formed_nonsense_raises_nothing_else(payload: Any, definition: list[Any]) -> None:
    items = [
        {1: [f"{__name__}.Order", "record", ["number", "lines", "note"], [2]]},
        {2: definition},
        [0, payload],
        [1, payload],
        [1, [1, payload, None]],
    ]
    for some in (items, items[:1] + items[2:]):
        decoded(b"".join(msgpack.packb(item) for item in some), buffers=[b"buffer"])


@pytest.mark.parametrize("code", list(Code))
@pytest.mark.parametrize(
    "parts",
    [[], [1], [None], ["x"], [b"x"], [[]], [1, 2], ["x", "y", "z"], [2**63, 2**63, 2**63], [{}, 1]],
    ids=str,
)
def test_every_mark_checks_what_follows(code: Code, parts: list[Any]) -> None:
    data = msgpack.packb([0, [msgpack.ExtType(code, b""), *parts]])
    for value in decoded(data):
        assert isinstance(value, CodecError | tuple | set | frozenset | dict) or code in {
            Code.INT,
            Code.BYTEARRAY,
            Code.MEMORYVIEW,
            Code.BYTES,
            Code.DECIMAL,
            Code.REFERENCE,
            Code.TIMEDELTA,
        }


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc1",
        b"\x05",
        b"\x91\x01",
        b"\xa2\xff\xff",
        b"\xc7\x00\x7f",
        b"\xd6\xff\x00\x00\x00\x00",
        b"\x81\x91\x01\x01",
        b"\x81\x02\x94\xa1a\xa1b\x90\x90",
        b"\x81\x01\x94\xa1a\xa1b\x91\xa1c\x91\x09",
        b"\x81\x01\x94\xa2a\n\xa1b\x90\x90",
        b"\x81\x01\x94\xa1a\xa1b\x92\xa1c\xa1c\x90",
        b"\x92\x00",
    ],
    ids=bytes.hex,
)
def test_a_frame_that_is_not_well_formed_is_refused_as_a_whole(frame: bytes) -> None:
    decoder = Decoder()
    good = b"\x92\x00\x01"
    with pytest.raises(CodecError):
        list(decoder.items(good + frame))
    assert list(decoder.items(good)) == [[0, 1]]


def test_nothing_is_imported_because_a_peer_names_it() -> None:
    before = set(sys.modules)
    for name in ("antigravity.Thing", "this.Zen", "os.system", "subprocess.Popen"):
        data = msgpack.packb({1: [name, "record", ["args"], []]}) + msgpack.packb([1, ["ls"]])
        [error] = decoded(data)
        assert isinstance(error, CodecError)
        assert error.message == name
    assert {"antigravity", "this"}.isdisjoint(set(sys.modules) - before)


def test_a_constructor_that_refuses_is_a_codec_error() -> None:
    good = Strict(1)
    frame = frame_of(good).replace(b"\x91\x01", b"\x91\xff")
    [error] = decoded(frame)
    assert error.message == f"{__name__}.Strict"
    assert "overdrawn" in error.reason


def test_a_hash_that_raises_is_a_codec_error() -> None:
    frame = frame_of([1, Hostile(1)])
    mark = msgpack.packb(msgpack.ExtType(Code.SET, b""))
    [error] = decoded(frame.replace(b"\x92\x01\x93", b"\x92" + mark + b"\x93"))
    assert isinstance(error, CodecError)
    assert "no hash today" in error.reason


def test_one_bad_item_harms_no_other() -> None:
    frame = frame_of(Order(1, ["a"]), Order(2, ["b"]), Order(3, [])).replace(b"\xa1b", b"\x07")
    first, second, third = decoded(frame)
    assert (first, third) == (Order(1, ["a"]), Order(3, []))
    assert (second.message, second.field) == (f"{__name__}.Order", "lines")


def test_an_array_is_a_read_only_view_of_the_frame() -> None:
    encoder, data = Encoder(), bytearray(np.arange(10_000.0).tobytes())
    [item] = Decoder().items(encoder.pack((), np.arange(10_000.0)))
    encoder.take()
    back = Decoder().value(*item, [data])
    assert np.shares_memory(back, np.frombuffer(data))
    with pytest.raises(ValueError, match="read-only"):
        back[0] = 1


def test_numpy_is_not_loaded_for_a_peer(monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [frame_of(np.arange(3)), frame_of(np.float32(1))]
    monkeypatch.delitem(sys.modules, "numpy")
    for frame in frames:
        [error] = decoded(frame)
        assert "numpy is not loaded" in error.reason
    assert "numpy" not in sys.modules


def peak_of(frame: bytes, limits: Limits | None = None) -> int:
    decoder = Decoder(limits)
    tracemalloc.start()
    try:
        decoded(frame, decoder)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "frame",
    [
        b"\xdd\x00\x0f\x00\x00" * 1000,
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\xdb\xff\xff\xff\xff",
        b"\xc6\xff\xff\xff\xff",
        b"\xc9\xff\xff\xff\xff\x01",
        b"\xdc\xff\xff" * 1000,
        b"\xdc\x04\x00" * 1000,
        b"\xdd\x00\x0f\x00\x00" * 1000 + b"\x00" * 100_000,
        b"\x91" * 5000,
        b"\x81\xa0" * 5000,
    ],
    ids=lambda frame: frame[:5].hex() + f"x{len(frame)}",
)
def test_what_a_frame_announces_is_not_allocated(frame: bytes) -> None:
    assert peak_of(frame) < 12_000_000


def test_long_lists_arrive_all_the_same() -> None:
    for size in (1023, 1024, 1025, 100_000):
        value = [list(range(size)), "x" * size]
        [back] = decoded(frame_of(value))
        assert back == value


def test_a_frame_beyond_the_limit_is_not_looked_at() -> None:
    with pytest.raises(CodecError, match="frame_max"):
        Decoder(Limits(frame_max=1000)).items(bytes(1001))
    for frame in (memoryview(RICH), bytearray(RICH)):
        assert len(decoded(frame, buffers=[bytes(100)])) == 3  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        (Limits(items_max=3), [1, 2, 3, 4]),
        (Limits(items_max=1500), list(range(1501))),
        (Limits(items_max=3), dict.fromkeys("abcd")),
        (Limits(fields_max=2), Order(1, [])),
        (Limits(name_max=10), Order(1, [])),
        (Limits(definitions_max=1), [Order(1, []), Strict(1)]),
        (Limits(definitions_max=1, name_max=48), Order(1, [])),
    ],
    ids=lambda part: repr(part)[:30],
)
def test_nothing_is_taken_in_beyond_the_limits(limits: Limits, value: Any) -> None:
    values = decoded(frame_of(value), Decoder(limits))
    assert all(isinstance(value, CodecError) for value in values)


def test_a_buffer_beyond_the_limit_or_missing_is_refused() -> None:
    encoder = Encoder(buffer_min=10)
    frame = encoder.pack((), [bytes(50)])
    buffers = encoder.take()
    for limits, given_buffers in ((Limits(buffer_max=49), buffers), (None, []), (None, ())):
        [error] = decoded(frame, Decoder(limits), given_buffers)
        assert "buffer" in error.reason


def test_frames_of_a_session_may_be_taken_apart_before_their_values_are_made() -> None:
    encoder, decoder = Encoder(), Decoder()
    frames = [encoder.pack((n,), Order(n, [])) for n in range(3)]
    items = [item for frame in frames for item in decoder.items(frame)]
    assert [decoder.value(*item[-2:]) for item in items] == [Order(n, []) for n in range(3)]


def test_a_class_that_is_defined_again_counts_at_once_in_a_running_session() -> None:
    encoder, decoder = Encoder(), Decoder()

    def received() -> Any:
        [item] = decoder.items(encoder.pack((), old(1)))
        return decoder.value(*item[-2:])

    old = register_message(make_dataclass("Cell", ["number"]))
    assert type(received()) is old
    new = register_message(make_dataclass("Cell", ["number"]))
    assert type(received()) is new


@pytest.mark.parametrize(
    "zone", ["../../etc/passwd", "/etc/passwd", "a.b", "No/Such_Zone", "", 1e99]
)
def test_a_time_zone_that_is_none_is_refused(zone: Any) -> None:
    mark = msgpack.ExtType(Code.DATETIME, b"")
    [error] = decoded(msgpack.packb([0, [mark, "2026-01-01T00:00:00", zone, 0]]))
    assert isinstance(error, CodecError)


def test_a_time_zone_that_is_unknown_is_not_looked_for_among_modules(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []

    class Watcher(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, path: Any, target: Any = None) -> None:
            asked.append(name)

    mark = msgpack.ExtType(Code.DATETIME, b"")
    monkeypatch.setattr(sys, "meta_path", [Watcher(), *sys.meta_path])
    [error] = decoded(msgpack.packb([0, [mark, "2026-01-01T00:00:00", "Planted/By/A_Peer", 0]]))
    assert isinstance(error, CodecError)
    assert [name for name in asked if "Planted" in name] == []


def test_an_int_that_could_not_be_printed_is_refused_at_both_ends() -> None:
    widest = 256**1023 // 2
    assert decoded(frame_of(widest, -widest)) == [widest, -widest]
    with pytest.raises(CodecError, match="int_max"):
        frame_of({"n": [widest * 512]})
    with pytest.raises(CodecError, match="Order: an int of"):
        frame_of(Order(widest * 512, []))
    wide = Encoder(Limits(int_max=2000))
    [error] = decoded(wide.pack((1,), {"n": [widest * 512]}))
    assert isinstance(error, CodecError)
    assert "int_max" in error.reason
