"""What a flow says about itself: plain, immutable facts that never run anything."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

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
        name: object = self.name
        tags: object = self.tags
        if not isinstance(name, str) or not name:
            raise ConfigError(f"flow(name=...): expected a non-empty string, got {self.name!r}")
        if not _are_strings(tags):
            raise ConfigError(f"flow(tags=...): expected strings, got {tags!r}")
        if self.isolation not in ISOLATIONS:
            known = ", ".join(ISOLATIONS)
            raise ConfigError(f"flow(isolation=...): one of {known}; got {self.isolation!r}")
        object.__setattr__(self, "tags", tuple(self.tags))


def _are_strings(values: object) -> bool:
    if isinstance(values, str) or not isinstance(values, Iterable):
        return False
    return all(isinstance(value, str) for value in values)
