"""`holon keygen`: a node's keys for encrypted links."""

from __future__ import annotations

import shlex
import socket

import click
from holon_transports.keys import KeyPairFiles, write_key_pair

from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.params import debug_option, json_option
from holon_actors.cli.reporting import note

__all__ = ["command"]


@click.command(name="keygen")
@click.argument("folder", metavar="DIR")
@click.option("--name", help="The system that the keys are for.  [default: this host's name]")
@json_option
@debug_option
def command(folder: str, name: str | None, as_json: bool) -> None:
    """Make the keys of a node for encrypted links.

    Writes NAME.key, which its peers put in their folders of authorised keys, and NAME.key_secret,
    which stays with the node and is for its user alone. Existing files are never overwritten.
    """
    files = write_key_pair(folder, name or socket.gethostname().partition(".")[0])
    if as_json:
        click.echo(dump_json(_facts(files)))
        return
    click.echo(f"{files.public_path}")
    click.echo(f"{files.secret_path}")
    if name is None:
        note(f"These are the keys of {files.name!r}, this host's name; --name takes another.")
    click.echo(
        f"Give peers {shlex.quote(str(files.public_path))}; show the other file to nobody.",
        err=True,
    )


def _facts(files: KeyPairFiles) -> dict[str, str]:
    return {
        "name": files.name,
        "public_key": files.public_key,
        "public_path": str(files.public_path),
        "secret_path": str(files.secret_path),
    }
