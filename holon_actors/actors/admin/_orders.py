"""Carries out what changes something: deliver a message, stop an actor."""

from __future__ import annotations

import asyncio
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from holon_actors.actors import _lifecycle
from holon_actors.actors._cell import Cell
from holon_actors.actors._inspect import doing
from holon_actors.actors._machine import RealMachine
from holon_actors.actors.admin._delivery import message_from
from holon_actors.actors.admin._plain import plain
from holon_actors.actors.admin._reader import Reader, not_found
from holon_actors.actors.admin.errors import MessageRejected
from holon_actors.actors.admin.messages import Asked, Deliver, Done, Refused, StopActor
from holon_actors.actors.errors import ActorStopped, AskTimeout, MailboxFull

if TYPE_CHECKING:
    from holon_actors.actors.system import ActorSystem

__all__ = ["deliver", "refusal", "stop"]


async def deliver(system: ActorSystem, reader: Reader, order: Deliver) -> Any:
    """Tell or ask; an ask is answered with what the actor answered, in plain values."""
    cell = _single(reader, order.path)
    if isinstance(cell, Refused):
        return cell
    await _load_pydantic(system)
    try:
        message = message_from(order.text, system.ref, near=cell._cls.__module__)
        if order.ask:
            return Asked(plain(await cell.ask(message, order.timeout_s)))
        return await _send(cell, message, order.timeout_s)
    except Exception as error:  # noqa: BLE001  # whatever the actor raised is the answer
        return refusal(error)


async def _send(cell: Cell, message: Any, timeout_s: float) -> Asked | Refused:
    try:
        async with asyncio.timeout(timeout_s):
            await cell.send(message)
    except TimeoutError:
        text = f"the mailbox of {cell.path} had no room within {timeout_s:g} s"
        return Refused("timeout", "MailboxFull", text)
    return Asked(None)


async def stop(reader: Reader, order: StopActor) -> Any:
    """End an actor and wait until it has gone."""
    cell = _single(reader, order.path)
    if isinstance(cell, Refused):
        return cell
    if cell.path.startswith("/system/"):
        return Refused("rejected", "ConfigError", f"{cell.path} ends with the system")
    if order.kill:
        cell.kill()
    else:
        cell.stop()
    try:
        async with asyncio.timeout(order.timeout_s):
            await _lifecycle.until_gone(cell)
    except TimeoutError:
        text = f"{cell.path} has not ended within {order.timeout_s:g} s ({doing(cell)})"
        return Refused("timeout", "TimeoutError", text)
    return Done()


def refusal(error: Exception) -> Refused:
    """What went wrong, for whoever is attached."""
    match error:
        case AskTimeout():
            kind = "timeout"
        case ActorStopped():
            kind = "stopped"
        case MailboxFull():
            kind = "busy"
        case MessageRejected():
            kind = "rejected"
        case _:
            kind = "failed"
    return Refused(kind, type(error).__name__, str(error))


def _single(reader: Reader, path: str) -> Cell | Refused:
    tops = [] if reader.is_root(path) else reader.tops(path)
    return tops[0] if tops else not_found(path)


async def _load_pydantic(system: ActorSystem) -> None:
    """Importing it takes long enough to be a blocked loop."""
    if "pydantic" not in sys.modules and isinstance(system._machine, RealMachine):
        await asyncio.to_thread(import_module, "pydantic")
