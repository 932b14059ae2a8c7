"""Keys at work: what a transport with `Curve` knows of itself and of its peers."""

from __future__ import annotations

from holon_transports.endpoints import Endpoint
from holon_transports.errors import InvalidEndpoint
from holon_transports.security import Curve
from holon_transports.zeromq._dialled import Secured
from holon_transports.zeromq._shell import Shell
from holon_transports.zeromq._zap import Gatekeeper

__all__ = ["Authority"]


class Authority:
    """The keys of a started transport. Raises `KeyFileError` when they cannot be read any more."""

    def __init__(self, shell: Shell, security: Curve) -> None:
        self.keys = security.key_pair()
        self._folder = security.folder()
        self._known = dict(self._folder.names)
        self._shell = shell
        self._gatekeeper = Gatekeeper(shell, self._folder)

    def close(self) -> None:
        self._gatekeeper.close()

    def secure(self, text: str, endpoint: Endpoint, peer: str | None) -> Secured:
        """Whose key is expected at an endpoint. Raises `InvalidEndpoint` or `KeyFileError`."""
        name = endpoint.peer or peer
        if name is None:
            raise InvalidEndpoint(text, "say whose key is expected there: add ?peer=NAME")
        self._folder.refresh()
        return Secured(name, self._folder.key_of(name), self.keys)

    def changes(self) -> dict[str, bytes | None]:
        """The names whose key is another than at the last call, with their key of now."""
        self._folder.refresh()
        before, self._known = self._known, dict(self._folder.names)
        for problem in self._folder.problems:
            self._shell.notices.warn("keys", str(problem))
        return {
            name: self._known.get(name)
            for name in sorted({*before, *self._known})
            if before.get(name) != self._known.get(name)
        }
