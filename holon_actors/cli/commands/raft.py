"""`holon raft`: the Raft groups of a running system, and changes of who takes part."""

from __future__ import annotations

from typing import Any

import click

from holon_actors.cli.attach.connection import Access
from holon_actors.cli.attach.options import access_options, words_argument
from holon_actors.cli.commands.raft_member import Member, run_on_member
from holon_actors.cli.commands.raft_views import log_rows, member_rows, status_text
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.output import terminal_width
from holon_actors.cli.reporting import note
from holon_actors.cli.table import table_text
from holon_actors.distributed.consensus.wire.requests import (
    ChangeMembers,
    Describe,
    HandOver,
    ReadLog,
    TakeSnapshot,
)

__all__ = ["command"]

Words = tuple[str, ...]


@click.group(
    name="raft",
    epilog="Each COMMAND has --json, --timeout, --debug and the options for keys: see its --help.",
)
def command() -> None:
    """Look at the Raft groups of a running system, and change who takes part.

    ENDPOINT is tcp://host:port, ipc://path or the name of a local system: that of any member. GROUP
    may be left out where there is only one. What only the leader does goes on to the leader.
    """


@command.command(name="status")
@words_argument("[ENDPOINT] [GROUP]")
@access_options
def _status(words: Words, access: Access, as_json: bool) -> None:
    """Show how a member is.

    Its role, its log, and the others as far as it knows them.
    """

    async def look(member: Member, _: Words) -> None:
        status = await member.ask(Describe())
        if as_json:
            click.echo(dump_json(_without_type(status)))
            return
        click.echo(status_text(status))
        click.echo(table_text(member_rows(status), of="members", width=terminal_width()))
        if status["joint"]:
            note("the members are being changed: old and new ones decide together")
        if status["node"] not in [each["name"] for each in status["members"]]:
            note("as far as it knows, it takes no part in the group")

    run_on_member(words, access, look)


@command.command(name="members")
@words_argument("[ENDPOINT] [GROUP]")
@access_options
def _members(words: Words, access: Access, as_json: bool) -> None:
    """List the members of a group."""

    async def look(member: Member, _: Words) -> None:
        status = await member.ask(Describe())
        if as_json:
            click.echo(dump_json([_without_type(each) for each in status["members"]]))
        else:
            click.echo(table_text(member_rows(status), of="members", width=terminal_width()))

    run_on_member(words, access, look)


@command.command(name="log")
@words_argument("[ENDPOINT] [GROUP]")
@click.option(
    "--last",
    type=click.IntRange(min=1, max=10_000),
    default=20,
    show_default=True,
    metavar="N",
    help="Show the last N entries.",
)
@access_options
def _log(words: Words, last: int, access: Access, as_json: bool) -> None:
    """Show the end of a member's log."""

    async def look(member: Member, _: Words) -> None:
        lines = await member.ask(ReadLog(last))
        if as_json:
            click.echo(dump_json([_without_type(line) for line in lines]))
        else:
            click.echo(table_text(log_rows(lines), of="entries", width=terminal_width()))

    run_on_member(words, access, look)


@command.command(name="add")
@words_argument("ENDPOINT [GROUP] NAME ADDRESS")
@click.option("--learner", is_flag=True, help="It gets the log and has no vote.")
@access_options
def _add(words: Words, learner: bool, access: Access, as_json: bool) -> None:
    """Add a member.

    Start it first, to join. It learns until it has caught up, and votes from then on.
    """

    async def add(member: Member, rest: Words) -> None:
        name, address = rest
        new = {name: address}
        request = _change(learn=new) if learner else _change(add=new)
        await _ask_leader(member, request, as_json)

    run_on_member(words, access, add, needs=("NAME", "ADDRESS"))


@command.command(name="remove")
@words_argument("ENDPOINT [GROUP] NAME")
@access_options
def _remove(words: Words, access: Access, as_json: bool) -> None:
    """Remove a member.

    Its process goes on until you end it.
    """

    async def remove(member: Member, rest: Words) -> None:
        await _ask_leader(member, _change(remove=list(rest)), as_json)

    run_on_member(words, access, remove, needs=("NAME",))


@command.command(name="promote")
@words_argument("ENDPOINT [GROUP] NAME")
@access_options
def _promote(words: Words, access: Access, as_json: bool) -> None:
    """Give a learner a vote, once it has caught up."""

    async def promote(member: Member, rest: Words) -> None:
        await _ask_leader(member, _change(promote=list(rest)), as_json)

    run_on_member(words, access, promote, needs=("NAME",))


@command.command(name="transfer")
@words_argument("ENDPOINT [GROUP]")
@click.option("--to", "target", default="", metavar="NAME", help="Whom; else whoever is furthest.")
@access_options
def _transfer(words: Words, target: str, access: Access, as_json: bool) -> None:
    """Make another member the leader."""

    async def transfer(member: Member, _: Words) -> None:
        await _ask_leader(member, HandOver(target), as_json)

    run_on_member(words, access, transfer)


@command.command(name="snapshot")
@words_argument("ENDPOINT [GROUP]")
@access_options
def _snapshot(words: Words, access: Access, as_json: bool) -> None:
    """Have a member take a snapshot.

    It writes its state down, and forgets the log before it.
    """

    async def take(member: Member, _: Words) -> None:
        index = await member.ask_leader(TakeSnapshot())
        click.echo(dump_json({"index": index}) if as_json else f"snapshot at index {index}")

    run_on_member(words, access, take)


def _change(
    *,
    add: dict[str, str] | None = None,
    learn: dict[str, str] | None = None,
    promote: list[str] | None = None,
    remove: list[str] | None = None,
) -> ChangeMembers:
    return ChangeMembers(add or {}, learn or {}, promote or [], [], remove or [])


async def _ask_leader(member: Member, request: Any, as_json: bool) -> None:
    await member.ask_leader(request)
    if as_json:
        click.echo(dump_json({"group": member.group, "done": True}))


def _without_type(answer: dict[str, Any]) -> dict[str, Any]:
    """Fields of Holon's own need no class: the command says what they are."""
    return {
        name: [_without_type(each) for each in value] if _is_list(value) else value
        for name, value in answer.items()
        if name != "type"
    }


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)
