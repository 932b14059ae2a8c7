"""A way to ask the `/system/admin` of one system: at its local socket, or as a node among nodes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from holon_transports import CodecError, Curve, EndpointRefused

from holon_actors.actors import ActorSystem, AskTimeout, NodeUnreachable
from holon_actors.actors.address import Address
from holon_actors.actors.admin import LocalSystem, LoopBlocked, Refused, local_systems
from holon_actors.actors.admin.framing import read_value, write_value
from holon_actors.actors.errors import ActorStopped
from holon_actors.actors.ref import ActorRef
from holon_actors.actors.remote.endpoints import endpoint_text
from holon_actors.cli.attach.errors import Declined, NodeNotAnswering, NodeNotReached
from holon_actors.cli.attach.targets import Target
from holon_actors.cli.errors import InputRejected
from holon_actors.cli.reporting import note
from holon_actors.errors import ConfigError, HolonError

__all__ = ["Access", "Attached", "attached"]

_ADMIN = "/system/admin"
_CLIENT = "holon-cli"
# What it takes at the least to see a blocked loop from outside.
_BESIDE_S = 2.0


@dataclass(frozen=True, kw_only=True)
class Access:
    """How to reach a node: with which keys, and how long to wait for each answer (seconds)."""

    key: str | None = None
    authorized: str | None = None
    insecure: bool = False  # beyond this machine without keys
    timeout_s: float = 5.0


class Link(Protocol):
    """One way to ask."""

    async def ask(self, request: Any, timeout_s: float) -> Any:
        """The answer. Raises `NodeNotReached`, TimeoutError."""
        ...


class Attached:
    """A system that answers."""

    def __init__(self, link: Link, target: Target, timeout_s: float) -> None:
        self._link = link
        self._target = target
        self._timeout_s = timeout_s
        self._warned = False
        self.label = target.label
        self.blocked: LoopBlocked | None = None  # what was seen when its event loop was blocked

    async def ask(self, request: Any, timeout_s: float | None = None) -> Any:
        """The answer to a request. `timeout_s` is for requests that themselves take their time.

        Raises `Declined`, `NodeNotAnswering`, `NodeNotReached`.
        """
        limit = self._timeout_s if timeout_s is None else timeout_s
        try:
            answer = await self._link.ask(request, limit)
        except TimeoutError:
            answer = await self._from_beside(request, limit)
        self.blocked = answer if isinstance(answer, LoopBlocked) else None
        if isinstance(answer, LoopBlocked):
            if answer.answer is None:
                raise NodeNotAnswering(self.label, _named(request), None, _blocker(answer))
            self._warn(answer)
            answer = answer.answer
        if isinstance(answer, Refused):
            raise Declined(answer.kind, answer.error, answer.text)
        return answer

    async def _from_beside(self, request: Any, limit: float) -> Any:
        """A node on this machine that does not answer can be seen from outside of its loop."""
        endpoint = self._target.endpoint
        beside = None if endpoint is None else _same_place(endpoint)
        if beside is not None:
            async with _local_link(beside) as link:
                try:
                    return await link.ask(request, max(limit, _BESIDE_S))
                except TimeoutError:
                    pass
        hint = "its event loop may be blocked: attach on its own machine to see by what"
        raise NodeNotAnswering(self.label, _named(request), limit, hint)

    def _warn(self, blocked: LoopBlocked) -> None:
        if not self._warned:
            self._warned = True
            note(f"warning: {self.label}: {_blocker(blocked)}; seen from outside of it")


def _named(request: Any) -> str:
    return type(request).__name__


def _blocker(blocked: LoopBlocked) -> str:
    """By whom the loop is blocked, and where it is now."""
    who = f" by {blocked.path} handling {blocked.message}" if blocked.path else ""
    frames = blocked.stack.frames
    where = f", now at {frames[-1].file}:{frames[-1].line} in {frames[-1].function}"
    return (
        f"its event loop has been blocked for {blocked.seconds:.1f}s{who}{where if frames else ''}"
    )


@asynccontextmanager
async def attached(target: Target, access: Access) -> AsyncIterator[Attached]:
    """Attach to a system for as long as the block lasts. Raises `NodeNotReached`."""
    if target.local is not None:
        async with _local_link(target.local) as link:
            yield Attached(link, target, access.timeout_s)
        return
    client = ActorSystem(
        _client_name(access), security=_security(access), insecure=access.insecure, attach=False
    )
    async with client as system:
        try:
            remote: Link = await _remote_link(system, target, access.timeout_s)
        except NodeNotReached:
            # One on this machine whose loop is blocked cannot shake hands either.
            beside = _same_place(target.endpoint or "")
            if beside is None:
                raise
            async with _local_link(beside) as link:
                yield Attached(link, target, max(access.timeout_s, _BESIDE_S))
            return
        yield Attached(remote, target, access.timeout_s)


def _same_place(endpoint: str) -> LocalSystem | None:
    """The local system that listens at an endpoint."""
    text = endpoint_text(endpoint)
    return next((each for each in local_systems() if each.endpoint == text), None)


# --- the socket of a local system ---


class _LocalLink:
    """One request at a time. After one that was given up the stream is opened anew: its answer may
    still come.
    """

    def __init__(self, system: LocalSystem) -> None:
        self._system = system
        self._turn = asyncio.Lock()
        self._stream: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, request: Any, timeout_s: float) -> Any:
        async with self._turn:
            answered = False
            try:
                async with asyncio.timeout(timeout_s):
                    reader, writer = await self._opened()
                    write_value(writer, request)
                    await writer.drain()
                    answer = await read_value(reader)
                    answered = True
                    return answer
            except (asyncio.IncompleteReadError, OSError, CodecError) as error:
                if isinstance(error, TimeoutError):
                    raise
                raise NodeNotReached(_name(self._system), _why(error)) from error
            finally:
                if not answered:
                    await self.close()

    async def _opened(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._stream is None:
            self._stream = await asyncio.open_unix_connection(self._system.socket)
        return self._stream

    async def close(self) -> None:
        """Hang up."""
        if self._stream is None:
            return
        (_, writer), self._stream = self._stream, None
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass  # the other end hung up first


def _name(system: LocalSystem) -> str:
    return f"{system.name} (pid {system.pid})"


def _why(error: Exception) -> str:
    if isinstance(error, CodecError):
        return str(error)
    return "it has ended" if isinstance(error, EOFError) else str(error)


@asynccontextmanager
async def _local_link(system: LocalSystem) -> AsyncIterator[_LocalLink]:
    link = _LocalLink(system)
    try:
        yield link
    finally:
        await link.close()


# --- a node among nodes ---


class _RemoteLink:
    def __init__(self, admin: ActorRef[Any], label: str) -> None:
        self._admin = admin
        self._label = label

    async def ask(self, request: Any, timeout_s: float) -> Any:
        try:
            return await self._admin.ask(request, timeout_s)
        except AskTimeout as error:
            raise TimeoutError from error
        except NodeUnreachable as error:
            raise _not_reached(self._label, error) from error
        except ActorStopped as error:
            raise NodeNotReached(self._label, "it lets nobody attach (attach=False)") from error


async def _remote_link(system: ActorSystem, target: Target, timeout_s: float) -> _RemoteLink:
    assert target.endpoint is not None
    name = target.peer
    try:
        if name is None:
            name = (await system.connect(target.endpoint, timeout_s)).name
    except NodeUnreachable as error:
        raise _not_reached(target.label, error) from error
    address = Address(name, _ADMIN, None, endpoint_text(target.endpoint))
    return _RemoteLink(system.ref(address), target.label)


def _not_reached(label: str, error: NodeUnreachable) -> HolonError:
    """What the user can do about it: an endpoint that is no good is their own slip."""
    cause = error.__cause__
    if isinstance(cause, (ConfigError, EndpointRefused)):
        return InputRejected(
            label, cause.reason if isinstance(cause, EndpointRefused) else str(cause)
        )
    return NodeNotReached(label, error.reason)


def _client_name(access: Access) -> str:
    """With keys a system's name is that of its key."""
    return _CLIENT if access.key is None else Path(access.key).name.removesuffix(".key_secret")


def _security(access: Access) -> Curve | None:
    if access.key is None or access.authorized is None:
        return None
    return Curve(key=access.key, authorized=access.authorized)
