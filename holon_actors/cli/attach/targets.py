"""Which system a command line means, and which actor: `[ENDPOINT] [PATH] ...`.

ENDPOINT is `tcp://host:port`, `ipc://path`, an address `holon://name@host:port/path`, or the name
or process number of a system of this user on this machine; without it, the only one there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from holon_actors.cli.attach.errors import NoSystem, SystemsAmbiguous

if TYPE_CHECKING:
    from holon_actors.actors.admin import LocalSystem

__all__ = ["Target", "Words", "find_target", "no_more", "split_words"]

_SOCKET = "unix://"
_JSON_STARTS = frozenset('{["-0123456789')


@dataclass(frozen=True)
class Words:
    """The words of a command line, told apart. `rest` is what follows the path."""

    endpoint: str | None
    path: str | None
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Target:
    """A system to attach to: `local` at its socket, or at `endpoint`, where the system `peer` is
    expected (None: whoever is there).
    """

    label: str
    local: LocalSystem | None = None
    endpoint: str | None = None
    peer: str | None = None


def split_words(words: Sequence[str], *, path: bool = True) -> Words:
    """Tell ENDPOINT, PATH and the rest apart. Without `path`, none is looked for."""
    left = list(words)
    endpoint = left.pop(0) if left and _is_endpoint(left[0]) else None
    where: str | None = None
    if endpoint is not None and endpoint.startswith("holon://"):
        endpoint, where = _split_address(endpoint)
    if path and left and left[0].startswith("/"):
        where = left.pop(0)
    return Words(endpoint, where, tuple(left))


def no_more(words: Words) -> None:
    """Refuse words that mean nothing to a command. Raises UsageError."""
    if words.rest:
        raise click.UsageError(f"unexpected argument {words.rest[0]!r}")


def _is_endpoint(word: str) -> bool:
    if "://" in word:
        return True
    if word.isdigit():
        return True
    return not (word.startswith("/") or word[:1] in _JSON_STARTS)


def _split_address(text: str) -> tuple[str, str | None]:
    """`holon://name@host:port/user/ada#7` as `holon://name@host:port` and `/user/ada`."""
    rest = text.removeprefix("holon://").partition("#")[0]
    system, slash, path = rest.partition("/")
    return f"holon://{system}", f"/{path}" if slash and path else None


def find_target(endpoint: str | None) -> Target:
    """The system that `endpoint` means. Raises `NoSystem`, `SystemsAmbiguous`."""
    if endpoint is not None and endpoint.startswith("holon://"):
        return _of_address(endpoint)
    if endpoint is not None and endpoint.startswith(_SOCKET):
        return _local(endpoint)
    if endpoint is not None and "://" in endpoint:
        bare, _, query = endpoint.partition("?")
        peer = query.removeprefix("peer=") if query.startswith("peer=") else None
        _check(endpoint)
        return Target(label=bare, endpoint=bare, peer=peer)
    return _local(endpoint)


def _check(endpoint: str) -> None:
    from holon_actors.actors.errors import InvalidAddress  # noqa: PLC0415  # not for --help
    from holon_actors.actors.remote.endpoints import endpoint_text  # noqa: PLC0415  # as above

    try:
        endpoint_text(endpoint)
    except InvalidAddress as error:
        raise click.UsageError(str(error)) from None


def _of_address(text: str) -> Target:
    name, at, endpoint = text.removeprefix("holon://").partition("@")
    if not at:
        return _local(name)
    from holon_actors.actors.remote.endpoints import endpoint_url  # noqa: PLC0415  # not for --help

    return Target(label=f"{name}@{endpoint}", endpoint=endpoint_url(endpoint), peer=name)


def _local(wanted: str | None) -> Target:
    from holon_actors.actors.admin import local_systems  # noqa: PLC0415  # not for --help

    found = local_systems()
    fitting = [each for each in found if wanted in _words_for(each)]
    if not fitting:
        raise NoSystem(_nobody(wanted, found))
    if len(fitting) > 1:
        raise SystemsAmbiguous(tuple(_described(each) for each in fitting))
    return Target(label=f"{fitting[0].name} (pid {fitting[0].pid})", local=fitting[0])


def _words_for(system: LocalSystem) -> tuple[str | None, ...]:
    """What may stand for a local system on the command line."""
    return None, system.name, str(system.pid), f"{_SOCKET}{system.socket}"


def _nobody(wanted: str | None, found: list[LocalSystem]) -> str:
    if wanted is None:
        return (
            "no system of yours that can be attached to runs here: one that listens can, and any "
            "with HOLON_ATTACH=1; or give an endpoint such as tcp://127.0.0.1:7400"
        )
    there = "; ".join(_described(each) for each in found) or "none"
    return f"no system {wanted!r} of yours runs here (there is {there})"


def _described(system: LocalSystem) -> str:
    at = "" if system.endpoint is None else f" at {system.endpoint}"
    return f"{system.name} (pid {system.pid}){at}"
