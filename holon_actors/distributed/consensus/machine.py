"""The state machine that a group replicates: what a user of consensus writes.

All members apply the same commands in the same order, so the state is the same everywhere as long
as `apply` depends on nothing but the state and the command: no clock, no randomness, no order of a
set, no file or network. Everything that goes in or out is a codec value: plain values, containers
and `@message` classes, which every member's process must have loaded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["StateMachine"]


class StateMachine:
    """Override `apply`, `query`, `snapshot` and `restore`. All are called on the event loop, one at
    a time, and must be quick: a call that takes long holds up everything else in the process.
    """

    __slots__ = ()

    def apply(self, command: Any) -> Any:
        """Change the state; what it returns is the answer to `propose`, a codec value.

        An exception is an answer too, the same on every member: who proposed gets `CommandFailed`,
        and the log goes on. So check before changing anything. A MemoryError stops the member
        instead, as the others may have had the memory.
        """
        raise NotImplementedError

    def query(self, request: Any) -> Any:
        """Answer a read. Must not change the state: it runs on one member only.

        `raise NotYet` (of `consensus`) where the answer is still to come, as for who waits for a
        change: the read waits at a member and is asked again, often, so that must be quick.
        """
        raise NotImplementedError

    def snapshot(self) -> Any:
        """The whole state as one codec value, which `restore` takes. It is packed at once: a state
        of more than some megabytes should override `snapshot_parts`.
        """
        raise NotImplementedError

    def restore(self, state: Any) -> None:
        """Replace the whole state by what `snapshot` returned, here or on another member."""
        raise NotImplementedError

    # --- optional ---

    def snapshot_parts(self) -> Iterable[Any]:
        """The whole state in parts, for a large one. The parts are fetched one by one, and packed
        and written between other work; commands are applied meanwhile, so they must show the state
        as it was at the call, for instance by way of a shallow copy.
        """
        yield self.snapshot()

    def restore_parts(self, parts: Iterator[Any]) -> Iterator[None] | None:
        """Replace the whole state by the parts that `snapshot_parts` gave.

        As a generator it is run between other work, from one `yield` to the next, and nothing else
        is asked of the state machine until it ends. It may be given up for a newer snapshot, which
        is then restored from its beginning.
        """
        self.restore(next(parts))
        return None

    def advance(self, now: float) -> None:
        """The group's time has come to `now`, in seconds since the group was founded.

        It comes from the log, so it is the same for all members; it never goes back, is at most as
        fast as the fastest member's clock, and stands still while nobody leads. Called before the
        commands that were proposed then, and when `deadline` is due.
        """

    def deadline(self) -> float | None:
        """When, in the group's time, `advance` is to be called even if no command comes; None: not
        at all.
        """
        return None
