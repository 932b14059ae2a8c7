"""`holon dump`: one file with all that a bug report needs."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import click

from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.dumping import Dump, gather
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import split_words
from holon_actors.cli.errors import OutputRejected
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.output import check_writable, write_file
from holon_actors.cli.reporting import note

__all__ = ["command"]


@click.command(name="dump")
@words_argument("[ENDPOINT] FILE")
@click.option("--alone", is_flag=True, help="Leave out the other members of the cluster.")
@access_options
def command(
    words: tuple[str, ...],
    alone: bool,
    access: Access,
    as_json: bool,
) -> None:
    """Write one file with all that a bug report needs.

    Versions, settings, actors, stacks of all tasks and threads, recent events, links and members,
    as JSON; compressed when FILE ends in .gz, on stdout when it is -. It has no keys, no
    environment and no message's content, but the texts of exceptions: read it before you send it.
    """
    endpoint, file = _words(words)
    check_writable(None if file == "-" else file, "FILE")
    given = split_words(() if endpoint is None else (endpoint,), path=False)

    async def take(system: Attached) -> Dump:
        return await gather(system, access, cluster=not alone)

    dump = run_attached(given, access, take)
    for each in dump.missing:
        note(f"{each['node']} did not give {each['what']} ({each['after_s']:g}s): {each['reason']}")
    _write(dump, file)
    if as_json and file != "-":
        click.echo(dump_json({"file": file, "nodes": len(dump.nodes), "missing": dump.missing}))
    elif file != "-":
        note(f"wrote {file}: {len(dump.nodes)} nodes, {len(dump.missing)} answers missing")


def _words(words: tuple[str, ...]) -> tuple[str | None, str]:
    """The last word is the file, whatever it looks like."""
    if not words:
        raise click.UsageError("give the FILE to write")
    if len(words) > 2:
        raise click.UsageError(f"unexpected argument {words[2]!r}")
    if len(words) == 1 and "://" in words[0]:
        raise click.UsageError("give the FILE to write after the endpoint")
    return (words[0] if len(words) == 2 else None), words[-1]


def _write(dump: Dump, file: str) -> None:
    text = json.dumps(dump.document(), ensure_ascii=False, indent=1)
    if file == "-":
        click.echo(text)
    elif file.endswith(".gz"):
        _write_compressed(text, Path(file))
    else:
        write_file(file, text + "\n", "FILE")


def _write_compressed(text: str, path: Path) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(gzip.compress(text.encode("utf-8", "surrogatepass")))
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        reason = (error.strerror or str(error)).lower()
        raise OutputRejected("FILE", str(path), reason) from error
