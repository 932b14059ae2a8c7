"""What can be set of a store. Sizes are in bytes."""

from __future__ import annotations

from dataclasses import dataclass

from holon_actors.errors import ConfigError

__all__ = ["StoreSettings"]


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Checked when it is made: raises `ConfigError`."""

    segment_bytes: int = 64 << 20  # of one file of the log; larger: more is kept that is not needed
    fill_bytes: int = 1 << 20  # zeros written ahead; larger: fewer but longer waits. 0: none

    def __post_init__(self) -> None:
        if self.segment_bytes < 1:
            raise ConfigError(f"segment_bytes={self.segment_bytes!r}: at least 1")
        if self.fill_bytes < 0:
            raise ConfigError(f"fill_bytes={self.fill_bytes!r}: at least 0")
