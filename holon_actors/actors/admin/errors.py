"""What goes wrong between somebody who attaches and the system that they attach to."""

from __future__ import annotations

from holon_actors.actors.errors import ActorError
from holon_actors.errors import ConfigError

__all__ = ["AttachClosed", "AttachError", "MessageRejected", "RuntimeFolderRefused"]


class AttachError(ActorError):
    """Base of the errors of attaching."""


class MessageRejected(AttachError, ValueError):
    """Text is not a message that can be delivered here: correct it."""


class AttachClosed(AttachError, ConnectionError):
    """The local system does not answer any more: it has ended, or is ending.

    `reason` says how that was seen.
    """

    def __init__(self, system: str, reason: str) -> None:
        super().__init__(f"{system}: {reason}")
        self.system = system
        self.reason = reason


class RuntimeFolderRefused(AttachError, ConfigError):
    """The folder where local systems are found is not safe to use: `path`, `reason`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
