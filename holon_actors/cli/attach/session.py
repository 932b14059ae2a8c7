"""Runs one command's questions against one system, from its words to its exit."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from holon_actors.cli.attach.connection import Access, Attached, attached
from holon_actors.cli.attach.targets import Words, find_target
from holon_actors.cli.interrupts import run_interruptible
from holon_actors.cli.settings import Settings

__all__ = ["run_attached"]

T = TypeVar("T")


def run_attached(words: Words, access: Access, body: Callable[[Attached], Awaitable[T]]) -> T:
    """Attach to the system that `words` mean and run `body` with it."""
    target = find_target(words.endpoint)

    async def run() -> T:
        async with attached(target, access) as system:
            return await body(system)

    with _quiet():
        return run_interruptible(run())


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's log of our own node to `--debug`: its errors end the command anyway."""
    settings = click.get_current_context().find_object(Settings) or Settings()
    logger = logging.getLogger("holon_actors")
    handler = logging.NullHandler()
    propagate = logger.propagate
    if not settings.debug:
        logger.addHandler(handler)
        logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagate
