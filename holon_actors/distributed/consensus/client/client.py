"""`RaftClient`: a group's calls for those who are not members of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from holon_actors.actors import ActorSystem
from holon_actors.actors.remote.endpoints import endpoint_text
from holon_actors.distributed.consensus.client.calls import Calls
from holon_actors.distributed.consensus.client.courier import Courier, member_name
from holon_actors.distributed.consensus.client.targets import Targets
from holon_actors.distributed.consensus.settings import RaftSettings
from holon_actors.errors import ConfigError

if TYPE_CHECKING:
    from holon_transports.security import Curve

__all__ = ["RaftClient"]

_HEARTBEAT_S = 0.5


class RaftClient:
    """Follows the leader, and asks other members when one does not answer.

        async with RaftGroup.client(members) as client:
            await client.propose({"add": 1}, timeout=2.0)

    `members` are some of the group's by name; the others it is told of. It opens nothing until it
    is first used. Without a `system` it makes one of its own, called `name`, with `security` and
    `insecure`. `settings` should be the group's. Raises `ConfigError` and `InvalidAddress`.
    """

    def __init__(
        self,
        members: Mapping[str, str],
        *,
        group: str = "raft",
        name: str = "raft-client",
        settings: RaftSettings | None = None,
        system: ActorSystem | None = None,
        security: Curve | None = None,
        insecure: bool = False,
    ) -> None:
        if not members:
            raise ConfigError("members= is empty: name one member at least")
        for url in members.values():
            endpoint_text(url)
        member_name(group)
        self.group = group
        self._settings = settings or RaftSettings()
        self._targets = Targets(members)
        self._system = system
        self._own_system: ActorSystem | None = None
        if system is None:
            self._system = self._own_system = ActorSystem(
                name, security=security, insecure=insecure, heartbeat=_HEARTBEAT_S
            )
        self._open_calls: Calls | None = None
        self._closed = False

    async def propose(self, command: Any, timeout: float | None = None) -> Any:
        """See `RaftGroup.propose`."""
        return await self._calls.propose(command, timeout)

    async def read(
        self, request: Any = None, timeout: float | None = None, *, lease: bool = False
    ) -> Any:
        """See `RaftGroup.read`."""
        return await self._calls.read(request, timeout, lease)

    @property
    def leader(self) -> str | None:
        """Who leads, as far as this client knows; None: it has not heard of anybody."""
        return self._targets.leader or None

    async def close(self) -> None:
        """Let go of the session, and of the system if it is the client's own."""
        self._closed = True
        if self._open_calls is not None:
            self._open_calls.close()
            self._open_calls = None
        if self._own_system is not None:
            await self._own_system.shutdown()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    @property
    def _calls(self) -> Calls:
        if self._closed:
            raise ConfigError("the client is closed: make another one")
        if self._open_calls is None:
            system = self._system
            assert system is not None
            system.clock()  # it runs from here on
            courier = Courier(system, self.group, self._targets, self._settings.attempt_s)
            self._open_calls = Calls(system, courier, self.group, self._settings)
        return self._open_calls
