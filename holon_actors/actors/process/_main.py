"""The main program of an actor's process, after its starter has forked it.

It builds the actor, does as it is told, and ends with the actor. When the system's process is gone
it ends at once: the pipe says so, and on Linux the kernel too (see `_zygote`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import socket
import sys
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any

from holon_transports import Buffer, CodecError

from holon_actors.actors import _lifecycle
from holon_actors.actors._ending import leave_instance
from holon_actors.actors._gate import BUSY, SIGNALS
from holon_actors.actors._state import State
from holon_actors.actors.address import Address
from holon_actors.actors.mailbox import Envelope, Unbounded
from holon_actors.actors.process import _say
from holon_actors.actors.process.answer import Answer
from holon_actors.actors.process.cargo import unpacked_cargo
from holon_actors.actors.process.errors_in_transit import packed_error, unpacked_error
from holon_actors.actors.process.exchange import Exchange, text_of, text_or_none
from holon_actors.actors.process.host import HostCell, HostMachine, HostSystem, Upstream
from holon_actors.actors.process.pipe import Pipe
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.signals import Terminated
from holon_actors.actors.supervision import Directive

__all__ = ["run"]

_REPR_CHARS = 1_000
_BROKEN = 70  # exit status of a process that cannot go on; EX_SOFTWARE of sysexits.h


def run(link: socket.socket) -> int:
    """Be the process of the actor that comes over `link`. Returns the exit status."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.holon_machine = HostMachine()  # type: ignore[attr-defined]  # every loop takes attributes
    agent = _Agent(loop, link)
    try:
        loop.run_until_complete(agent.over)
    except SystemExit as leaving:  # of a handler, and told already
        code = leaving.code
        return code if isinstance(code, int) else int(code is not None)
    return 0


def _settle(given: dict[str, Any]) -> None:
    """Be as the system's process is now: the starter is as that was when the first actor began."""
    sys.path[:] = given["path"]
    if given["environ"] != os.environ:
        os.environ.clear()
        os.environ.update(given["environ"])
    if given["folder"] is not None:
        try:
            os.chdir(given["folder"])
        except OSError:
            pass  # removed, or closed to us, meanwhile: it stays where the starter is


class _Agent:
    """Runs the actor on behalf of its stand-in on the other side. See `host.Bridge`."""

    exchange: Exchange
    _system: HostSystem
    _host: HostCell

    def __init__(self, loop: asyncio.AbstractEventLoop, link: socket.socket) -> None:
        self.over: asyncio.Future[None] = loop.create_future()
        self._pipe = Pipe(loop, link, self._received, self._hung_up, waits=True)
        self._hear = self._surroundings
        self._error: BaseException | None = None  # of the constructor
        self._number: int | None = None  # of the message that the other side waits for
        self._envelope: Envelope | None = None
        self._failure: tuple[BaseException | None, Any] = (None, None)  # the last, and its message
        self._reported: BaseException | None = None
        self._ordered = False  # to end
        self._leaving: asyncio.Task[None] | None = None

    def _received(self, frames: list[Buffer]) -> None:
        try:
            self._hear(frames)
        except Exception:  # noqa: BLE001  # nobody is left to tell but the supervisor: by dying
            sys.excepthook(*sys.exc_info())
            os._exit(_BROKEN)

    def _hung_up(self) -> None:
        # The system's process is gone, or wants this one gone.
        os._exit(1)

    # --- the beginning ---

    def _surroundings(self, frames: list[Buffer]) -> None:
        """The first message is what the actor is built from."""
        given = pickle.loads(frames[0])  # noqa: S301  # of the process that has started this one
        _settle(given)
        if given["log_level"] is not None:
            logging.basicConfig(level=given["log_level"])
        address, parent = Address.parse(given["address"]), Address.parse(given["parent"])
        self._system = system = HostSystem(
            self, address, parent, given["ask_timeout"], given["uid_base"]
        )
        system._bind()
        self.exchange = Exchange(system, system.ref, self._pipe)
        self.exchange.heard.update(
            {
                _say.START: self._on_start,
                _say.HANDLE: self._on_handle,
                _say.NOTICE: self._on_notice,
                _say.RESUME: self._on_resume,
                _say.RETIRE: self._on_retire,
                _say.FINISH: self._on_finish,
                _say.CANCEL: self._on_cancel,
                _say.LOAD_NUMPY: self._on_load_numpy,
            }
        )
        self._hear = self.exchange.received
        try:
            system._context.copy().run(self._build, given["cargo"])
        except BaseException as error:  # noqa: BLE001  # goes to the supervisor
            self._error = error

    def _build(self, cargo: bytes) -> None:
        cls, args, kwargs, policy = unpacked_cargo(cargo)
        system = self._system
        root = system._user
        root._policy = Upstream(decide=self._failed)
        address = system._host_address
        # As it is called over there, also where the system has made up the name.
        name = address.name
        host = HostCell(system, root, name, cls, args, kwargs, Unbounded(), policy)
        assert address.uid is not None
        host._uid = address.uid
        host._attended = True  # each turn is looked at
        root._children = {name: host}
        system._live += 1
        self._host = system.host = self.exchange.host = host
        host._become(State.STARTING)
        _lifecycle.build(host)

    def _on_start(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        packed = self.exchange.value(item, buffers)
        if self._error is not None:
            self.exchange.say((_say.FAILED, False), packed_error(self._error))
            self._leave(self._until_flushed())
            return
        cause = None if packed is None else unpacked_error(packed)
        _lifecycle._run(self._host, self._started(cause))

    async def _until_flushed(self) -> None:
        self._go(None)

    async def _started(self, cause: BaseException | None) -> None:
        host = self._host
        actor = host._actor
        assert actor is not None
        hook = actor.started if cause is None else partial(actor.restarted, cause)
        error = await _lifecycle._run_hook(host, hook)
        if error is not None:
            _lifecycle.fail(host, error)
        else:
            host._become(State.RUNNING)
            self.exchange.say((_say.READY,))

    # --- messages ---

    def _on_handle(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        host = self._host
        if host._state is not State.RUNNING:
            return  # the other side will hear why, and keeps the message
        _, number, source, asked, _, _ = item
        sender = self.exchange.named_or_none(source)
        try:
            message = self.exchange.value(item, buffers)
        except CodecError as error:
            self._unreadable(number, sender, asked, error)
            return
        self._number = self.exchange.closing = number
        answer: Any = Answer(self.exchange, number) if asked else None
        self._envelope = envelope = (message, sender, answer)
        if host._gate or host._queue or host._scheduled or host._current is not None:
            host._post(envelope)
        else:
            host._dispatcher.run_now(host, envelope)

    def _unreadable(
        self, number: int, sender: ActorRef[Any] | None, asked: bool, error: CodecError
    ) -> None:
        if asked:
            self.exchange.fail(number, error)
        else:
            self.dead_letter(error, sender, self._host, "codec")
        self.exchange.say((_say.DONE, number))

    def _on_notice(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        host = self._host
        if host._state is not State.RUNNING:
            return  # as above
        _, number, target, reason, _, _ = item
        ref = self.exchange.named(target)
        self._number = number
        self._envelope = (Terminated(ref, reason), ref, None)
        host._uncommon().watching[ref] = None  # the other side knows that it is
        host._signal(self._envelope[0], ref)

    def settled(self) -> None:
        """See `Bridge`."""
        number = self._number
        if number is None or not self._begun or self._host._gate & BUSY:
            return
        self._aside()
        self._number = self.exchange.closing = None
        error, self._reported = self._reported, None
        self.exchange.say((_say.DONE, number), None if error is None else packed_error(error))

    @property
    def _begun(self) -> bool:
        """Whether the message that the other side waits for has left the mailbox here."""
        host = self._host
        return not (host._queue or host._first is not None or host._gate & SIGNALS)

    def _aside(self) -> None:
        """What has been stashed waits on the other side."""
        stash = self._host._uncommon().stash
        if stash and self._envelope is not None and stash[-1][0] is self._envelope[0]:
            stash.pop()
            self.exchange.say((_say.STASH, self._number))

    def unstash(self) -> None:
        """See `Bridge`."""
        if self._number is not None:
            self._aside()
        self.exchange.say((_say.UNSTASH,))

    # --- failures ---

    def _failed(self, error: BaseException) -> Directive:
        number, self._number = self._number, None
        self.exchange.closing = None
        if number is not None and self._begun:
            assert self._envelope is not None
            self._failure = (error, self._envelope[0])
            self.exchange.say((_say.DONE, number), packed_error(error))
        else:
            self._failure = (error, None)
            self._drop_unread()
            self.exchange.say((_say.FAILED, True), packed_error(error))
        return Directive.RESTART

    def _drop_unread(self) -> None:
        """The other side has it still, and gives it again to whoever goes on."""
        host, given = self._host, self._envelope
        host._first = None
        while host._queue:
            host._queue.popleft()
        rare = host._uncommon()
        if rare.signals and given is not None:
            rare.signals = deque(other for other in rare.signals if other[0] is not given[0])
            if not rare.signals:
                host._gate &= ~SIGNALS

    def reported(self, error: BaseException) -> None:
        """See `Bridge`."""
        self._reported = error

    def _on_resume(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._reported = None
        if self._host._state is State.FAILED:
            _lifecycle._resume(self._host)

    # --- the end ---

    def _on_retire(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        packed = self.exchange.value(item, buffers)
        error, message = self._failure if packed is None else (unpacked_error(packed), None)
        self._ordered = True
        assert error is not None
        self._leave(self._retire(error, message))

    async def _retire(self, error: BaseException, message: Any) -> None:
        host = self._host
        again = None
        if host._actor is not None:
            hook = host._actor.restarting
            again = await _lifecycle._run_hook(host, hook, error, message)
        leave_instance(host)
        await _lifecycle._stop_children(host)
        self._go(again)

    def _on_finish(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._end(lambda: _lifecycle.stop(self._host, "stopped"))

    def _on_cancel(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        self._end(lambda: _lifecycle.kill(self._host))

    def _end(self, order: Callable[[], None]) -> None:
        self._ordered = True
        if self._system.host is not None:
            self._reported = None
            order()
            self._leave(self._until_gone())

    def ending(self) -> None:
        """See `Bridge`."""
        self._number = self.exchange.closing = None
        self._drop_unread()
        if not self._ordered:
            self._reported = None
            self.exchange.say((_say.STOPPING,))
            self._leave(self._until_gone())

    async def _until_gone(self) -> None:
        await _lifecycle.until_gone(self._host)
        self._go(self._reported)

    def _leave(self, leaving: Coroutine[Any, Any, None]) -> None:
        if self._leaving is None:
            self._leaving = self._system._start_task(leaving)
        else:
            leaving.close()

    def _go(self, error: BaseException | None) -> None:
        self.exchange.say((_say.GONE,), None if error is None else packed_error(error))
        if not self.over.done():
            self.over.set_result(None)

    # --- the rest ---

    def _on_load_numpy(self, item: list[Any], buffers: Sequence[Buffer]) -> None:
        import numpy  # noqa: F401, ICN001, PLC0415  # the other side has it, and sends from it

    def dead_letter(
        self, message: Any, sender: ActorRef[Any] | None, recipient: ActorRef[Any], reason: str
    ) -> None:
        """See `Bridge`."""
        header = (_say.DEAD_LETTER, text_or_none(sender), text_of(recipient), reason)
        try:
            self.exchange.say(header, message)
        except CodecError:
            self.exchange.say(header, repr(message)[:_REPR_CHARS])
