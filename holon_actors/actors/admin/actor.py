"""`/system/admin`: whom those ask who look at a running system, or give it an order.

Looking costs the other actors nothing. Orders, and walks over very many actors, go on beside: the
actor takes the next request meanwhile. It answers every request with a value, `Refused` at worst,
and never fails for what it was asked.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Coroutine
from typing import Any

from holon_actors.actors.actor import Actor
from holon_actors.actors.admin import _orders
from holon_actors.actors.admin._feed import Feed
from holon_actors.actors.admin._history import History
from holon_actors.actors.admin._local_server import LocalServer
from holon_actors.actors.admin._reader import Reader, not_found
from holon_actors.actors.admin._tracing import Tracer
from holon_actors.actors.admin.errors import RuntimeFolderRefused
from holon_actors.actors.admin.messages import (
    Deliver,
    Done,
    Inspect,
    ListActors,
    ReadTrace,
    Refused,
    StartTrace,
    StopActor,
    StopTrace,
    TraceStarted,
)
from holon_actors.actors.admin.runtime_folder import Place
from holon_actors.actors.errors import AlreadyReplied
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.reply import DeferredReply

__all__ = ["Admin"]

_BESIDE_MAX = 256
_TRACES_MAX = 16
_SWEEP_S = 2.0

_logger = logging.getLogger("holon_actors")


class _Sweep:
    """A look for traces that nobody reads."""


class Admin(Actor):
    """See the module. With `local`, it also answers at a socket in the runtime folder."""

    def __init__(self, local: bool) -> None:
        self._history = History(self.system.clock)
        self._reader = Reader(self.system, self._history)
        self._tracer = Tracer(self.system)
        self._traces = 0
        self._beside = 0
        self._heard = self._history.listen(self.system)
        self._place: Place | None = None
        self._server: LocalServer | None = None
        if local:  # here, not in a hook: who has seen the system start may attach at once
            try:
                self._open()
            except (OSError, RuntimeFolderRefused) as error:
                # The program itself goes on without it: nobody attaches to what cannot be found.
                _logger.warning("%s cannot be attached to: %s", self.system.name, error)

    def _open(self) -> None:
        system = self.system
        self._place = place = Place(os.getpid())
        self._server = LocalServer(place.socket, system.loop, self._asked, self._reader.outside)
        place.announce(system.name, os.getpid(), system.endpoint)

    async def stopped(self) -> None:
        for feed in self._tracer.feeds:
            self._tracer.end(feed)
        self._heard.cancel()
        if self._server is not None:
            await self._server.close()
        if self._place is not None:
            self._place.remove()

    def receive(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        try:
            return self._meet(message, sender)
        except Exception as error:  # noqa: BLE001  # ours; it ends one request, and nothing else
            return _orders.refusal(error)

    def _meet(self, message: Any, sender: ActorRef[Any] | None) -> Any:
        match message:
            case ListActors():
                return self._run(self._reader.list_actors(message))
            case Inspect(path=path):
                return self._run(self._reader.inspect(path))
            case Deliver():
                return self._run(_orders.deliver(self.system, self._reader, message))
            case StopActor():
                return self._run(_orders.stop(self._reader, message))
            case StartTrace(path=path):
                return self._start_trace(path)
            case ReadTrace(trace=number) | StopTrace(trace=number):
                return self._with_trace(number, end=isinstance(message, StopTrace))
            case _Sweep():
                return self._sweep()
        answer = self._reader.answer(message)
        if answer is None:
            # No `unhandled`, which would end the ask: whoever asks from outside reads refusals.
            self.system.dead_letter(message, sender, self.ref, "unhandled")
            return Refused("rejected", "TypeError", f"no request: {type(message).__name__}")
        return answer

    async def _asked(self, request: Any) -> Any:
        """A request from the socket. It comes in by the mailbox, as all others do."""
        return await self.ref.ask(request, float("inf"))

    # --- requests that take their time ---

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Answer with the result of `work`, and take other requests meanwhile."""
        if self._beside >= _BESIDE_MAX:
            work.close()
            return Refused("busy", "MailboxFull", f"{_BESIDE_MAX} requests are being met already")
        self._beside += 1
        self.system._start_task(self._answer(self.defer_reply(), work))
        return None

    async def _answer(self, reply: DeferredReply, work: Coroutine[Any, Any, Any]) -> None:
        try:
            answer = await work
        except Exception as error:  # noqa: BLE001  # an answer like any other
            answer = _orders.refusal(error)
        finally:
            self._beside -= 1
        try:
            reply.send(answer)
        except AlreadyReplied:
            pass  # this actor has ended meanwhile, and the asker was told

    # --- traces ---

    def _start_trace(self, path: str) -> Any:
        # Not itself: every reading of a trace would be a message to show.
        tops = [top for top in self._reader.tops(path) if top is not self._cell]
        if not tops and not self._reader.is_root(path):
            return not_found(path)
        feeds = self._tracer.feeds
        if len(feeds) >= _TRACES_MAX:
            return Refused("busy", "MailboxFull", f"{_TRACES_MAX} traces are going on already")
        if not feeds:
            self.schedule(_SWEEP_S, _Sweep())
        self._traces += 1
        feed = Feed(self._traces, path, self.system.clock())
        self._tracer.begin(feed, tops)
        return TraceStarted(feed.number, self._tracer.actors)

    def _with_trace(self, number: int, *, end: bool) -> Any:
        feed = next((feed for feed in self._tracer.feeds if feed.number == number), None)
        if feed is None:
            return Refused("not-found", "LookupError", f"trace {number} is over")
        if not end:
            return self._tracer.read(feed)
        self._tracer.end(feed)
        return Done()

    def _sweep(self) -> None:
        now = self.system.clock()
        for feed in self._tracer.feeds:
            if feed.is_over(now):
                self._tracer.end(feed)
        if self._tracer.feeds:
            self.schedule(_SWEEP_S, _Sweep())
