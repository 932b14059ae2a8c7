from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.errors import ConfigError
from holon_actors.runtime.units import parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("512MB", 512_000_000),
        ("1GiB", 2**30),
        ("1.5 kib", 1536),
        (" 2 TB ", 2 * 10**12),
        ("7b", 7),
        (4096, 4096),
        ("9007199254740993", 9007199254740993),
    ],
)
def test_sizes_are_read_as_people_write_them(text: Any, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5),
        ("250ms", 0.25),
        ("2m", 120),
        ("1h", 3600),
        ("1.5", 1.5),
        (3, 3),
        (0.5, 0.5),
        ("10us", 1e-5),
    ],
)
def test_durations_are_read_as_people_write_them(text: Any, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text",
    ["12XB", "", "MB", "-1MB", "1e3", "1 2MB", "0", "0.1b", 0, -5, True, 1.5, None, "9" * 40],
)
def test_nonsense_is_no_size(text: Any) -> None:
    with pytest.raises(ConfigError, match="memory"):
        parse_size(text, "memory")


@pytest.mark.parametrize(
    "text", ["5 parsecs", "", "s", "-1s", -1, True, None, float("nan"), float("inf")]
)
def test_nonsense_is_no_duration(text: Any) -> None:
    with pytest.raises(ConfigError, match="timeout"):
        parse_duration(text, "timeout")


@given(st.text())
def test_any_text_is_a_size_or_a_config_error(text: str) -> None:
    try:
        assert parse_size(text) >= 1
    except ConfigError as error:
        assert repr(text) in str(error)  # noqa: PT017
