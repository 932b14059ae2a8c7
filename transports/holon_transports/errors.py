"""What goes wrong between nodes, named for what the caller does next."""

from __future__ import annotations

from holon_actors.errors import ConfigError, HolonError

__all__ = [
    "CodecError",
    "EndpointInUse",
    "EndpointRefused",
    "InvalidEndpoint",
    "KeyFileError",
    "TransportClosed",
    "TransportError",
]


class TransportError(HolonError):
    """Frames cannot be carried: see the kinds below for what to do."""


class CodecError(HolonError, ValueError):
    """A value cannot be turned into bytes, or bytes that came are not a value that is allowed here.

    `message` is the wire name of the message class or None outside of one, `field` the field in it
    or None, `reason` what is wrong. Nothing was sent, nothing was half taken in.
    """

    def __init__(
        self, reason: str, *, message: str | None = None, field: str | None = None
    ) -> None:
        where = ".".join(part for part in (message, field) if part)
        super().__init__(f"{where}: {reason}" if where else reason)
        self.reason = reason
        self.message = message
        self.field = field


class InvalidEndpoint(TransportError, ConfigError):
    """An endpoint is malformed, or cannot be used for this: correct it.

    `endpoint` is the text as it was given, `reason` what is wrong with it.
    """

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"endpoint {endpoint!r}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class EndpointInUse(TransportError, OSError):
    """Somebody else listens at `endpoint`: end it, or choose another one."""

    def __init__(self, endpoint: str, reason: str = "somebody listens there already") -> None:
        super().__init__(f"endpoint {endpoint!r}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class EndpointRefused(TransportError, PermissionError):
    """The rules of security forbid `endpoint`; `reason` says what would allow it."""

    def __init__(self, endpoint: str, reason: str) -> None:
        super().__init__(f"endpoint {endpoint!r}: {reason}")
        self.endpoint = endpoint
        self.reason = reason


class TransportClosed(TransportError, RuntimeError):
    """A verb of a transport that is closed, or was not started: our caller has a mistake."""


class KeyFileError(TransportError, ConfigError):
    """A key file, or a folder of them, cannot be used: do to `path` what `reason` says."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"key {path!r}: {reason}")
        self.path = path
        self.reason = reason
