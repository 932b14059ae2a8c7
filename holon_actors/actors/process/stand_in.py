"""What a process actor is in its own system: an actor that hands everything on.

Its hooks begin and end the process, its handler waits for the process to be done with a message.
So mailbox, order, supervision and restarts are the kernel's own. It gives up its place as the
cell's instance when the process has died: there is nothing then that could be resumed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_transports import CodecError

from holon_actors.actors.actor import Actor
from holon_actors.actors.process import _say
from holon_actors.actors.process.child import Child
from holon_actors.actors.process.exchange import text_or_none
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Signal, Terminated

if TYPE_CHECKING:
    from holon_actors.actors.process.cell import ProcessCell
    from holon_actors.actors.reply import DeferredReply

__all__ = ["StandIn"]


class _Asked:
    """An ask that the process answers, in the table of requests."""

    __slots__ = ("_reply",)

    def __init__(self, reply: DeferredReply) -> None:
        self._reply = reply

    def done(self) -> bool:
        return self._reply._used

    def set_result(self, value: Any) -> None:
        self._reply.send(value)

    def set_exception(self, error: BaseException) -> None:
        self._reply.fail(error)


class StandIn(Actor):
    """See the module."""

    _cell: ProcessCell

    async def started(self) -> None:
        await self._begin(None)

    async def restarted(self, error: BaseException) -> None:
        await self._begin(error)

    async def _begin(self, error: BaseException | None) -> None:
        child = Child(self._cell)
        self._cell.child = child
        try:
            await child.start(error)
        except Exception:
            if child.ended:
                self._cell._actor = None
            raise

    async def receive(self, message: Any, sender: ActorRef[Any] | None) -> None:
        cell, child = self._cell, self._child
        envelope = self._current("receive")
        number = child.exchange.number()
        if isinstance(message, Signal):
            if not isinstance(message, Terminated):
                return  # nothing else can come here: it has no timers, pipes or children
            ref = str(message.ref.address)
            child.exchange.say((_say.NOTICE, number, ref, message.reason))
        elif not self._hand_over(child, number, message, sender):
            return
        if await child.handled(number):
            return
        # The process has had other things to do: the actor has failed, or is ending.
        if isinstance(message, Terminated):
            cell._uncommon().watching[message.ref] = None
            cell._signal(message, sender)
        else:
            child.exchange.requests.pop(number, None)
            cell.put_back(envelope)

    def _hand_over(
        self, child: Child, number: int, message: Any, sender: ActorRef[Any] | None
    ) -> bool:
        cell = self._cell
        answer = self._current("receive")[2]
        reply = None if answer is None else self.defer_reply()
        exchange = child.exchange
        try:
            header = (_say.HANDLE, number, text_or_none(sender), reply is not None)
            exchange.say(header, message)
        except CodecError as error:
            if reply is None:
                cell.system.dead_letter(message, sender, cell, "codec")
            else:
                reply.fail(error)
            return False
        if answer is not None and reply is not None:
            exchange.requests[number] = _Asked(reply)
            answer.add_done_callback(lambda _: exchange.requests.pop(number, None))
        return True

    async def restarting(self, error: BaseException, message: Any) -> None:
        await self._child.retire(error)

    async def stopped(self) -> None:
        child = self._cell.child
        if child is not None:
            await child.finish(killed=self._cell._reason == "killed")

    @property
    def _child(self) -> Child:
        child = self._cell.child
        assert child is not None
        return child
