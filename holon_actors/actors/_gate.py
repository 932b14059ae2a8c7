"""The bits of a cell's gate: why a turn may not simply take the next message."""

from __future__ import annotations

__all__ = ["BATCH", "BUSY", "CONTROL", "ELSEWHERE", "EXITS", "PAUSED", "SIGNALS"]

BUSY = 1  # a handler or hook that waits, or a thread, has the actor
SIGNALS = 2  # kernel signals wait, and go ahead of messages
CONTROL = 4  # a lifecycle step is due
PAUSED = 8  # not RUNNING: no messages for now
ELSEWHERE = 16  # always set for an actor whose messages are not handled on the event loop

# What a handler may raise to end the program, once its actor's affairs are in order.
EXITS = (SystemExit, KeyboardInterrupt)

# Messages that one actor may handle before the others get a turn.
BATCH = 64
