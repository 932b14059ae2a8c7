from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holon_actors.runtime._frames import FrameReader, frame


@given(st.lists(st.binary(max_size=300), max_size=20), st.data())
def test_bodies_come_out_whole_however_the_stream_was_cut(
    bodies: list[bytes], data: st.DataObject
) -> None:
    stream = b"".join(frame(body) for body in bodies)
    reader, seen = FrameReader(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        seen += reader.feed(stream[:cut])
        stream = stream[cut:]
    assert seen == bodies
