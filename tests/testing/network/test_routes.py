"""Arrivals keep coming whatever node the one before was for."""

from __future__ import annotations

from contextvars import copy_context
from types import SimpleNamespace
from typing import Any

from holon_actors.testing._network.routes import Route


class OneAfterTheOther:
    """A link on which everything is due at once."""

    from_, to, roomy = "a", "b", False

    def __init__(self, *packets: str) -> None:
        self.packets = list(packets)

    @property
    def due_ns(self) -> int | None:
        return 5 if self.packets else None

    @property
    def next(self) -> str:
        return self.packets[0]

    def lose(self, wanted: Any) -> int:
        kept = [packet for packet in self.packets if not wanted(packet)]
        lost, self.packets = len(self.packets) - len(kept), kept
        return lost


class Clock:
    """Notes the contexts of the timers that are set."""

    def __init__(self) -> None:
        self.neutral = copy_context()
        self.armed: dict[int, Any] = {}

    def call_at_ns(self, due_ns: int, callback: Any, *args: Any, context: Any) -> Any:
        self.armed[len(self.armed)] = context
        return SimpleNamespace(cancel=lambda: None)


def test_what_is_due_with_a_crashed_nodes_packet_gets_a_timer_that_will_run() -> None:
    crashed = SimpleNamespace(context=copy_context())
    living = SimpleNamespace(context=copy_context())
    clock = Clock()
    receivers: dict[str, Any] = {"first": crashed, "second": living}
    link: Any = OneAfterTheOther("first", "second")
    timing: Any = clock
    route = Route(link, timing, lambda *_: False, receivers.__getitem__, lambda *_: None)
    route.arm()
    route.lose("crash", receiver=crashed)
    assert list(clock.armed.values()) == [crashed.context, living.context]
