"""`holon attach`: a prompt at a running system."""

from __future__ import annotations

from dataclasses import replace

import click

from holon_actors.actors.admin import ActorPage, GetIdentity, Identity, ListActors
from holon_actors.cli.attach.connection import Access, Attached
from holon_actors.cli.attach.more import MORE
from holon_actors.cli.attach.options import access_of, node_options
from holon_actors.cli.attach.prompt import VERBS, Prompt, run_verb
from holon_actors.cli.attach.session import run_attached
from holon_actors.cli.attach.targets import Target, Words, find_target, split_words
from holon_actors.cli.attach.views import actors_text, age_text
from holon_actors.cli.jsonable import dump_json
from holon_actors.cli.reporting import note, printable
from holon_actors.cli.settings import Settings
from holon_actors.errors import HolonError

__all__ = ["command"]

COMPLETION_S = 1.0
COMPLETIONS_MAX = 1_000


@click.command(name="attach", context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, metavar="[ENDPOINT] [COMMAND ...]", type=click.UNPROCESSED)
@node_options
@click.pass_context
def command(
    ctx: click.Context,
    /,
    words: tuple[str, ...],
    timeout: float | None,
    key: str | None,
    authorized: str | None,
    insecure: bool,
    as_json: bool,
) -> None:
    """Open a prompt at a running system, or run one COMMAND there.

    The commands are ls, tree, ps, top, tell, ask, stop, trace and dump, as they are without
    `attach`, and events, links, members, settings and statistics. Without a terminal, commands are
    read from stdin, and the first that fails ends it with its exit code.
    """
    endpoint, verb = _split(words)
    access = access_of(timeout, key, authorized, insecure)
    settings = ctx.ensure_object(Settings)
    given = Words(endpoint, None, ())
    target = find_target(endpoint)
    fixed = [_word_for(target), *_options(access, timeout, as_json)]
    if verb:
        run_verb(verb[0], verb[1:], fixed, settings)
        return

    who = run_attached(given, access, _identity)
    _greet(who, as_json)
    prompt = Prompt(
        printable(who.system), fixed, settings, lambda path: _below(given, access, path)
    )
    ctx.exit(prompt.run())


def _split(words: tuple[str, ...]) -> tuple[str | None, tuple[str, ...]]:
    """The endpoint, if there is one, and the command to run."""
    if words and words[0] in (*VERBS, *MORE):
        return None, words
    return split_words(words[:1], path=False).endpoint or (words[0] if words else None), words[1:]


def _word_for(target: Target) -> str:
    """The word that means the same system in every line, also when others start meanwhile."""
    if target.local is not None:
        return f"unix://{target.local.socket}"
    name = "" if target.peer is None else f"?peer={target.peer}"
    return f"{target.endpoint}{name}"


def _options(access: Access, timeout: float | None, as_json: bool) -> list[str]:
    options = ["--json"] if as_json else []
    if timeout is not None:
        options += ["--timeout", str(timeout)]
    if access.insecure:
        options.append("--insecure")
    if access.key is not None and access.authorized is not None:
        options += ["--security", access.key, "--authorized", access.authorized]
    return options


async def _identity(system: Attached) -> Identity:
    identity: Identity = await system.ask(GetIdentity())
    return identity


def _greet(who: Identity, as_json: bool) -> None:
    at = "" if who.endpoint is None else f" at {who.endpoint}"
    text = f"attached to {who.system}{at}: pid {who.pid}, {actors_text(who.actors)}"
    if as_json:
        click.echo(dump_json({"system": who.system, "endpoint": who.endpoint, "pid": who.pid}))
    else:
        note(printable(f"{text}, up {age_text(who.uptime_s)}, holon {who.version}"))


def _below(given: Words, access: Access, path: str) -> list[str]:
    """The paths directly below one, for completion: quick, or none at all."""
    quick = replace(access, timeout_s=COMPLETION_S)

    async def look(system: Attached) -> list[str]:
        page: ActorPage = await system.ask(ListActors(path, "path", 0, COMPLETIONS_MAX, 1))
        return [f"{row.path}/" if row.children else row.path for row in page.rows]

    if path == "/":
        return ["/user/", "/system/"]
    try:
        return run_attached(given, quick, look)
    except (HolonError, OSError):
        return []
