"""What the library logs while a command runs: a line each on stderr, with tracebacks on `--debug`.

A flow file that sets up logging itself is left to have it its own way.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import click

from holon_actors.cli.reporting import note
from holon_actors.cli.settings import Settings

__all__ = ["readable_logs"]

LIBRARY = "holon_actors"


@contextmanager
def readable_logs() -> Iterator[None]:
    """Show the library's warnings and errors as lines for people, inside a click command."""
    logger = logging.getLogger(LIBRARY)
    settings = click.get_current_context().find_object(Settings) or Settings()
    if settings.debug or logger.hasHandlers():
        yield
        return

    handler = _Lines(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Lines(logging.Handler):
    """One line per record; the traceback is for `--debug`."""

    def emit(self, record: logging.LogRecord) -> None:
        line = f"{record.levelname.lower()}: {record.getMessage()}"
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line += f": {type(error).__name__}: {error}"
        note(line)
