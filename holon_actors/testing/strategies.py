"""Hypothesis strategies for what tests of actors need. Needs the extra `testing`."""

from __future__ import annotations

import dataclasses
from typing import Any, get_type_hints

from holon_actors.actors.address import Address
from holon_actors.actors.mailbox import Bounded, Mailbox, Priority, Unbounded
from holon_actors.actors.supervision import (
    Backoff,
    Directive,
    OneForAll,
    OneForOne,
    RestForOne,
    Strategy,
)
from holon_actors.errors import MissingExtra
from holon_actors.testing.faults import FaultPlan

try:
    from hypothesis import strategies as st
except ImportError as error:
    raise MissingExtra("testing", "holon_actors.testing.strategies") from error

__all__ = [
    "addresses",
    "fault_plans",
    "mailboxes",
    "messages",
    "names",
    "seeds",
    "supervision",
]

_NAME = r"[A-Za-z0-9_.$@+:=-]{1,12}"


def seeds() -> st.SearchStrategy[int]:
    """Seeds for `Simulation`."""
    return st.integers(0, 2**32 - 1)


def messages(*classes: type) -> st.SearchStrategy[Any]:
    """Values of these message classes, every field drawn from its type hint."""
    return st.one_of([_message(cls) for cls in classes])


def _message(cls: type) -> st.SearchStrategy[Any]:
    hints = get_type_hints(cls)
    fields = {f.name: st.from_type(hints[f.name]) for f in dataclasses.fields(cls) if f.init}
    return st.builds(cls, **fields)


def names() -> st.SearchStrategy[str]:
    """Names that actors and systems may have."""
    return st.from_regex(_NAME, fullmatch=True)


def addresses() -> st.SearchStrategy[Address]:
    """Addresses, with and without endpoint and uid."""
    paths = st.lists(names(), min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts))
    ports = st.integers(1, 65_535).map(lambda port: f"127.0.0.1:{port}")
    return st.builds(
        Address,
        names().filter(lambda name: "@" not in name),
        paths,
        st.none() | st.integers(1, 2**63),
        st.none() | ports,
    )


def mailboxes() -> st.SearchStrategy[Mailbox]:
    """Mailboxes of all kinds; priorities go by the type of a message."""
    overflow = st.sampled_from(["fail", "drop-new", "drop-old"])
    return st.one_of(
        st.just(Unbounded()),
        st.builds(Bounded, st.integers(1, 20), overflow=overflow),
        st.just(Priority(_by_type)),
    )


def _by_type(message: object) -> str:
    return type(message).__name__


def supervision() -> st.SearchStrategy[Strategy]:
    """Strategies with all budgets, backoffs and verdicts."""
    backoffs = st.none() | st.builds(
        Backoff,
        initial=st.floats(0.01, 1.0),
        factor=st.floats(1.0, 4.0),
        max=st.floats(1.0, 30.0),
        jitter=st.floats(0.0, 1.0),
    )
    verdicts = st.sampled_from(list(Directive)).map(lambda directive: lambda error: directive)
    return st.one_of(
        [
            st.builds(
                kind,
                max_restarts=st.integers(0, 5),
                window=st.floats(0.1, 30.0),
                backoff=backoffs,
                decide=verdicts,
            )
            for kind in (OneForOne, OneForAll, RestForOne)
        ]
    )


class _DrawnStream:
    """Draws from Hypothesis, so that a fault plan shrinks."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def draw(self, label: str, bound: int) -> int:
        return int(self._draw(st.integers(0, bound - 1), label=label))


def fault_plans(**worst: Any) -> st.SearchStrategy[FaultPlan]:
    """Fault plans as `FaultPlan.swarm(**worst)` draws them; they shrink towards no faults."""
    swarm = FaultPlan.swarm(**worst)

    @st.composite
    def plans(draw: Any) -> FaultPlan:
        return swarm.draw(_DrawnStream(lambda strategy, label: draw(strategy)))

    return plans()
