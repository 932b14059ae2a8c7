"""One process of an actor, as the actor's system sees it: from its beginning to its end.

A process ends in an orderly way (it says GONE, and why), or it dies. Its death is seen at once, by
the starter, and ends whatever is awaited of it: a start, a message, a hook.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from holon_transports import Buffer

from holon_actors.actors import _lifecycle
from holon_actors.actors._answers import reject
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.process import _say
from holon_actors.actors.process.errors import ProcessDied, ProcessStartError
from holon_actors.actors.process.errors_in_transit import packed_error, unpacked_error
from holon_actors.actors.process.exchange import Exchange
from holon_actors.actors.process.memory import MemoryKills
from holon_actors.actors.process.pipe import Pipe
from holon_actors.actors.process.starter import Starter

if TYPE_CHECKING:
    from holon_actors.actors.process.cell import ProcessCell

__all__ = ["Child"]

# What a killed actor has to run its last `finally` and hooks, before TERM and then KILL.
_CANCEL_S = 0.5
_TERM_S = 0.5
# From the last word of a process to its end.
_LAST_S = 2.0
# Actors that one process can spawn, and processes that an actor can have had, before their uids
# could meet those of others.
_UIDS_BITS = 24
_STARTS_BITS = 24


class Child:
    """See the module. Built on the event loop's thread; `start` begins the process."""

    def __init__(self, cell: ProcessCell) -> None:
        system = cell.system
        self._cell = cell
        self._system = system
        self._starter: Starter | None = None
        self._token = 0
        self.pid: int | None = None
        self.built = False  # the actor's constructor has run
        self._up = False  # it has started
        self.ended = False
        self._killed = False
        self._hanging = False  # somebody waits for its end
        self._failure: BaseException | None = None  # what the actor has failed with last
        self._misspoken: Exception | None = None
        self._last_words: list[BaseException | None] = []  # the error of GONE
        self._started: asyncio.Future[None] = system.loop.create_future()
        self._gone: asyncio.Future[None] = system.loop.create_future()
        self._turn: asyncio.Future[bool] | None = None  # of the message that is being handled
        self._number = 0
        self._memory_kills = MemoryKills()
        self._timer: asyncio.TimerHandle | None = None
        ours, self._theirs = socket.socketpair()
        make = system._context.copy().run
        self._pipe: Pipe = make(self._make_pipe, ours)
        self.exchange = Exchange(system, system.ref, self._pipe)
        # The codec itself loads nothing because somebody says so. This process is ours.
        self.exchange.numpy = False
        self.exchange.heard.update(
            {
                _say.READY: self._on_ready,
                _say.DONE: self._on_done,
                _say.STASH: self._on_stash,
                _say.UNSTASH: self._on_unstash,
                _say.FAILED: self._on_failed,
                _say.STOPPING: self._on_stopping,
                _say.GONE: self._on_gone,
                _say.DEAD_LETTER: self._on_dead_letter,
                _say.WATCH: self._on_watch,
                _say.UNWATCH: self._on_unwatch,
            }
        )

    def _make_pipe(self, ours: socket.socket) -> Pipe:
        loop = self._system.loop
        return Pipe(loop, ours, self._received, self._hung_up, waits=False)

    # --- what the stand-in wants ---

    async def start(self, error: BaseException | None) -> None:
        """Begin the process and wait until its actor has started, or restarted after `error`.
        Raises what the actor's constructor or hook does, `ProcessStartError` or `ProcessDied`.
        """
        processes = self._system._processes
        try:
            self._starter = processes.starter()
            self._token = self._starter.begin(self, self._theirs)
        except OSError as broken:
            self.process_unstarted(str(broken))
        else:
            self._pipe.send([pickle.dumps(self._surroundings())])
            self.exchange.say((_say.START,), None if error is None else packed_error(error))
        try:
            await self._started
        except asyncio.CancelledError:
            self.kill()
            raise
        except Exception:
            if not self.built:
                await self._until_gone()
            raise

    def _surroundings(self) -> dict[str, Any]:
        cell, system = self._cell, self._system
        assert cell._parent is not None
        return {
            "cargo": cell.cargo,
            "address": str(cell.address),
            "parent": str(cell._parent.address),
            "uid_base": ((cell._uid << _STARTS_BITS) + cell.next_start()) << _UIDS_BITS,
            "ask_timeout": system.ask_timeout,
            "path": list(sys.path),
            "environ": dict(os.environ),
            "folder": _working_folder(),
            "log_level": _log_level(),
        }

    async def handled(self, number: int) -> bool:
        """Wait until a message is handled; False if it was not begun and is to be put back. Raises
        what its handler does, or `ProcessDied`.
        """
        self._number = number
        turn: asyncio.Future[bool] = self._system.loop.create_future()
        self._turn = turn
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                turn.exception()  # what it has come to meanwhile is nobody's business any more
            self._cancel()
            raise
        finally:
            self._turn = None

    def resume(self) -> None:
        """The supervisor lets the actor go on as it is."""
        self.exchange.say((_say.RESUME,))

    async def retire(self, error: BaseException) -> None:
        """End the process to make way for another. Raises what the actor's hook does."""
        if not self.ended:
            own = error is self._failure
            self.exchange.say((_say.RETIRE,), None if own else packed_error(error))
        await self._until_gone()

    async def finish(self, *, killed: bool) -> None:
        """End the actor, and then the process. Raises what the actor's hook does."""
        if killed:
            self._cancel()
        else:
            self.exchange.say((_say.FINISH,))
        await self._until_gone()

    def kill(self) -> None:
        """End the process at once."""
        self._killed = True
        self._signal(signal.SIGKILL)

    async def stacks(self) -> str:
        """What the process is at, in its interpreter's words; "" if it does not answer."""
        if self._starter is None or self.ended:
            return ""
        return await self._starter.look(self._token)

    async def _until_gone(self) -> None:
        self._hanging = True
        try:
            await self._gone
        except asyncio.CancelledError:
            self.kill()
            raise
        if self._last_words and self._last_words[0] is not None:
            raise self._last_words.pop()  # type: ignore[misc]  # it is none that is None

    def _cancel(self) -> None:
        """End the actor and what it is at; by force if it does not listen."""
        if not self.ended and not self._killed:
            self._killed = True
            self.exchange.say((_say.CANCEL,))
            self._later(_CANCEL_S, self._terminate)

    def _terminate(self) -> None:
        self._signal(signal.SIGTERM)
        self._later(_TERM_S, self.kill)

    def _later(self, delay_s: float, action: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._system.loop.call_later(delay_s, action)

    def _signal(self, number: signal.Signals) -> None:
        if self._starter is not None and not self.ended:
            self._starter.end(self._token, number)

    # --- what the starter tells ---

    def process_begun(self, pid: int) -> None:
        """See `Begun`."""
        self.pid = pid
        if self._killed and self._timer is None:  # before it was there
            self.kill()

    def process_unstarted(self, reason: str) -> None:
        """See `Begun`."""
        self._theirs.close()
        self._over(ProcessStartError(self._cell.address, reason))

    def process_ended(self, exit_code: int | None) -> None:
        """See `Begun`."""
        while self._pipe.read():  # what it has said last
            pass
        if self.pid is None:
            self.process_unstarted("the starter process has ended")
            return
        short = exit_code == -signal.SIGKILL and self._memory_kills.happened()
        died = ProcessDied(self._cell.address, self.pid, exit_code, short)
        died.__cause__ = self._misspoken
        self._over(died)

    def _over(self, error: BaseException) -> None:
        self.ended = True
        if self._timer is not None:
            self._timer.cancel()
        self._pipe.close()
        expected = bool(self._last_words) or self._killed
        cell = self._cell
        stopped = ActorStopped(cell.address, cell._reason or "failed")
        self.exchange.end(stopped if expected else error)
        if not expected and self._hanging:
            self._last_words.append(error)
        reject(self._started, error)
        if not self._gone.done():
            self._gone.set_result(None)
        if not expected:
            self._died(error)

    def _died(self, error: BaseException) -> None:
        cell = self._cell
        if cell.child is self and not self._hanging:
            cell._actor = None  # nothing is left that could be resumed
        if self._turn is not None and not self._turn.done():
            self._turn.set_exception(error)
        elif cell.child is self and self._up and not self._hanging:
            cell.fail_aside(error)

    # --- what the process says ---

    def _received(self, frames: list[Buffer]) -> None:
        try:
            self.exchange.received(frames)
        except Exception as error:  # noqa: BLE001  # whatever comes of words that make no sense
            # Its memory is not what it should be: better no process than that one.
            self._misspoken = error
            self._signal(signal.SIGKILL)

    def _hung_up(self) -> None:
        """It has closed its end. A dying process keeps its own exit code; one that only closed its
        end does not live on.
        """
        if self._pipe.broken is not None:
            self._misspoken = self._pipe.broken
        if not self._last_words:
            self._signal(signal.SIGKILL)

    def _on_ready(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self.built = True
        if not self._started.done():
            self._up = True
            self._started.set_result(None)

    def _on_done(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        turn = self._turn
        if turn is None or turn.done() or item[1] != self._number:
            return
        packed = self.exchange.value(item, buffers)
        if packed is None:
            turn.set_result(True)
        else:
            self._failure = unpacked_error(packed)
            turn.set_exception(self._failure)

    def _on_stash(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        if self._turn is not None and not self._turn.done() and item[1] == self._number:
            self._cell.put_aside()

    def _on_unstash(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._cell._unstash()

    def _on_failed(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._failure = error = unpacked_error(self.exchange.value(item, buffers))
        self.built = item[1]
        if not self._started.done():
            self._started.set_exception(error)
            return
        self._interrupt()
        self._cell.fail_aside(error)

    def _on_stopping(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._interrupt()
        _lifecycle.stop(self._cell, "stopped")

    def _interrupt(self) -> None:
        """The message that it was given has not been begun, and will not be."""
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(False)

    def _on_gone(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        packed = self.exchange.value(item, buffers)
        self._last_words.append(None if packed is None else unpacked_error(packed))
        self._later(_LAST_S, self.kill)

    def _on_dead_letter(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        _, source, target, reason, _, _ = item
        named = self.exchange.named_or_none
        recipient = named(target)
        assert recipient is not None
        message = self.exchange.value(item, buffers)
        self._system.dead_letter(message, named(source), recipient, reason)

    def _on_watch(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        if item[2]:
            self.exchange.watches.heard[_say.WATCH](item, buffers)
        else:
            self.exchange.named(item[1])._add_watcher(self._cell)

    def _on_unwatch(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        if item[1]:
            self.exchange.watches.heard[_say.UNWATCH](item, buffers)
        else:
            self.exchange.named(item[2])._remove_watcher(self._cell)


def _working_folder() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:  # it has been removed
        return None


def _log_level() -> int | None:
    """The level of the root logger, if the program has set up logging."""
    root = logging.getLogger()
    return root.level if root.handlers else None
