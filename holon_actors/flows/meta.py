"""What a flow says about itself: plain, immutable facts that never run anything."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from holon_actors.errors import ConfigError

Isolation = Literal["inline", "loop", "thread", "process", "auto"]
ISOLATIONS: tuple[str, ...] = get_args(Isolation)


@dataclass(frozen=True, kw_only=True, slots=True)
class FlowMeta:
    """Facts about one flow, given to `flow(...)` or taken from its function.

    Raises:
        ConfigError: a value of the wrong kind; the message names the argument.
    """

    name: str
    description: str = ""
    tags: tuple[str, ...] = ()
    version: str | None = None
    # Same input, same output, no side effect: safe to cache and to run again.
    pure: bool = False
    # Where an engine runs it; "auto" lets the engine choose (async: loop, sync: thread).
    isolation: Isolation = "auto"
    # Running it twice does no harm: safe to run again after a lost worker.
    idempotent: bool = False

    def __post_init__(self) -> None:
        for fact, (fits, wanted) in _FACTS.items():
            value = getattr(self, fact)
            if not fits(value):
                raise ConfigError(f"flow({fact}=...): expected {wanted}, got {value!r}")
        object.__setattr__(self, "tags", tuple(self.tags))


def _are_strings(values: object) -> bool:
    if isinstance(values, str) or not isinstance(values, Sequence):
        return False
    return all(isinstance(value, str) for value in values)


def _is_bool(value: object) -> bool:
    return isinstance(value, bool)


# What each fact may be.
_FACTS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "name": (lambda value: isinstance(value, str) and bool(value), "a non-empty string"),
    "description": (lambda value: isinstance(value, str), "a string"),
    "tags": (_are_strings, "a list of strings"),
    "version": (lambda value: value is None or isinstance(value, str), "a string"),
    "pure": (_is_bool, "true or false"),
    "isolation": (lambda value: value in ISOLATIONS, f"one of {', '.join(ISOLATIONS)}"),
    "idempotent": (_is_bool, "true or false"),
}
