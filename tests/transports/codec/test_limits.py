"""Limits are checked when they are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from holon_transports.codec import Decoder, Encoder, Limits, register_message

from holon_actors.errors import ConfigError


@register_message
@dataclass(frozen=True)
class Node:
    below: Node | None = None


@pytest.mark.parametrize("options", [{"depth_max": 0}, {"items_max": "1"}, {"frame_max": 2**31}])
def test_a_limit_is_a_count(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(options))):
        Limits(**options)


def test_more_depth_than_works_is_refused() -> None:
    with pytest.raises(ConfigError, match="100"):
        Limits(depth_max=101)


def test_the_deepest_limit_works() -> None:
    limits = Limits(depth_max=100)
    listed: Any = 1
    for _ in range(50):
        listed = [{1: listed}]
    node = Node()
    for _ in range(99):
        node = Node(node)
    for value in (listed, node):
        decoder = Decoder(limits)
        [item] = decoder.items(Encoder(limits).pack((), value))
        assert decoder.value(*item) == value
