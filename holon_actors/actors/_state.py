"""The states of an actor, and which may follow which.

                    +---------------------------+
                    v                           |
    STARTING -> RUNNING -> FAILED -> RESTARTING-+
        |          |          |          |
        +----------+----------+----------+--> STOPPING -> STOPPED

An actor without a `started` hook is RUNNING from the first; one with it turns to STARTING at once.

Any state may turn to FAILED by the failure of a hook or of a child that escalated; STOPPED is
final.
"""

from __future__ import annotations

import enum

__all__ = ["ENDED", "TRANSITIONS", "State"]


class State(enum.Enum):
    """Where an actor is in its life; the value is what `ActorSnapshot.state` shows."""

    STARTING = "starting"  # its `started` hook has not finished
    RUNNING = "running"  # takes messages
    FAILED = "failed"  # waits for its supervisor's verdict, or for the backoff before a restart
    RESTARTING = "restarting"  # between the old instance and the new one
    STOPPING = "stopping"  # waits for its children, then runs its `stopped` hook
    STOPPED = "stopped"  # gone; the reference remains

    __hash__ = object.__hash__  # members are singletons, and Enum's own hash is slow


# Takes no more messages and has no more children.
ENDED = (State.STOPPING, State.STOPPED)

TRANSITIONS: dict[State, tuple[State, ...]] = {
    State.STARTING: (State.RUNNING, State.FAILED, State.STOPPING),
    State.RUNNING: (State.STARTING, State.FAILED, State.RESTARTING, State.STOPPING),
    State.FAILED: (State.RUNNING, State.RESTARTING, State.STOPPING),
    State.RESTARTING: (State.RUNNING, State.FAILED, State.STOPPING),
    State.STOPPING: (State.STOPPED,),
    State.STOPPED: (),
}
