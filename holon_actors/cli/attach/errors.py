"""What ends a command that talks to a running system. `cli/exits.py` gives each its exit code.

Light on purpose: the exit codes need these classes whatever the command was.
"""

from __future__ import annotations

from holon_actors.errors import HolonError

__all__ = [
    "Declined",
    "NoSystem",
    "NodeNotAnswering",
    "NodeNotReached",
    "SystemsAmbiguous",
]


class NoSystem(HolonError, LookupError):
    """No system of that name, or none at all, runs here: start it, or give an endpoint."""


class SystemsAmbiguous(HolonError, LookupError):
    """Several local systems fit: name one of `systems`."""

    def __init__(self, systems: tuple[str, ...]) -> None:
        super().__init__(f"several systems run here, name one: {'; '.join(systems)}")
        self.systems = systems


class NodeNotReached(HolonError, ConnectionError):
    """The node cannot be reached: `node`, `reason`."""

    def __init__(self, node: str, reason: str) -> None:
        super().__init__(f"{node}: {reason}")
        self.node = node
        self.reason = reason


class NodeNotAnswering(HolonError, TimeoutError):
    """The node is there, and does not answer: its event loop may be blocked.

    `node` is who, `request` what was asked, `timeout_s` how long it was waited for (None:
    until it was clear that none would come), `reason` what is known or may help.
    """

    def __init__(self, node: str, request: str, timeout_s: float | None, reason: str) -> None:
        within = "" if timeout_s is None else f" within {timeout_s:g}s"
        super().__init__(f"{node} did not answer {request}{within}: {reason}")
        self.node = node
        self.request = request
        self.timeout_s = timeout_s
        self.reason = reason


class Declined(HolonError):
    """The node has answered that it cannot do what was asked.

    `kind` is that of `Refused`, `error` the name of the error's class there.
    """

    def __init__(self, kind: str, error: str, text: str) -> None:
        named = kind == "failed" and error and not text.startswith(error)
        super().__init__(f"{error}: {text}" if named else text)
        self.kind = kind
        self.error = error
