"""The life of an execution: the states it can be in, and the moves between them.

`abandoned` is the odd one: the caller has been told (cancelled or timed out), but the thread that
runs the flow cannot be stopped, so the slot stays charged until it returns.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

__all__ = ["MOVES", "Status"]

Status: TypeAlias = Literal[
    "queued", "running", "succeeded", "failed", "cancelled", "timed-out", "abandoned"
]

MOVES: Final[dict[Status, frozenset[Status]]] = {
    # From queued straight to an end: cancelled or timed out while waiting, or nothing left to run
    # it.
    "queued": frozenset({"running", "failed", "cancelled", "timed-out"}),
    # From running back to queued: a retry waits for its turn.
    "running": frozenset({"queued", "succeeded", "failed", "cancelled", "timed-out", "abandoned"}),
    "abandoned": frozenset({"cancelled", "timed-out"}),
    "succeeded": frozenset(),
    "failed": frozenset(),
    "cancelled": frozenset(),
    "timed-out": frozenset(),
}
