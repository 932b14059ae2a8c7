"""The arguments and options that all commands against a running system share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar

import click

from holon_actors.cli.params import DURATION, debug_option, json_option

if TYPE_CHECKING:
    from holon_actors.cli.attach.connection import Access

__all__ = ["access_of", "access_options", "node_options", "sort_option", "words_argument"]

F = TypeVar("F", bound=Callable[..., Any])


def words_argument(metavar: str) -> Callable[[F], F]:
    """The positional words, passed on as `words`."""
    return click.argument("words", nargs=-1, metavar=metavar)


def node_options(function: F) -> F:
    """`--timeout`, keys and `--insecure`, which `access_of` takes, `--json` and `--debug`."""
    options = (
        click.option(
            "--timeout",
            type=DURATION,
            metavar="DURATION",
            help='Wait this long for an answer ("250ms"), then leave with 124.  [default: 5s]',
        ),
        click.option(
            "--security",
            "key",
            metavar="KEY",
            help="The secret key (NAME.key_secret of `holon keygen`) to reach a node with.",
        ),
        click.option(
            "--authorized",
            metavar="FOLDER",
            help="The folder with the public keys of the nodes that --security may talk to.",
        ),
        click.option(
            "--insecure", is_flag=True, help="Reach a node on another machine without keys."
        ),
        json_option,
        debug_option,
    )
    for option in reversed(options):
        function = option(function)
    return function


def access_options(function: F) -> F:
    """`node_options` for a command that takes them as one `access`."""

    @wraps(function)
    def command(
        *,
        timeout: float | None,
        key: str | None,
        authorized: str | None,
        insecure: bool,
        **others: Any,
    ) -> Any:
        return function(access=access_of(timeout, key, authorized, insecure), **others)

    return node_options(command)  # type: ignore[return-value]


def sort_option(sorts: tuple[str, ...], default: str) -> Callable[[F], F]:
    """`--sort`, for a table of actors."""
    return click.option(
        "--sort",
        type=click.Choice(sorts),
        default=default,
        show_default=True,
        help="depth: most unread messages first; age: the oldest unread; busy: longest at one "
        "message.",
    )


def access_of(
    timeout: float | None, key: str | None, authorized: str | None, insecure: bool
) -> Access:
    """The options as one value. Raises UsageError when only one half of the keys is there."""
    from holon_actors.cli.attach.connection import Access  # noqa: PLC0415  # not for --help

    if (key is None) != (authorized is None):
        raise click.UsageError("--security and --authorized belong together")
    if timeout is None:
        return Access(key=key, authorized=authorized, insecure=insecure)
    return Access(key=key, authorized=authorized, insecure=insecure, timeout_s=timeout)
