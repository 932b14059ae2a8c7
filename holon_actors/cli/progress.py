"""A progress bar for runs that take long enough to make a person wonder.

It appears on a terminal only, and only after a while, so a quick run never pays for importing it.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar", "progress_bar"]

PATIENCE_S = 1.0


@contextmanager
def progress_bar(title: str, total: int | None = None) -> Iterator[ProgressBar]:
    """A bar while the block runs, inside a running event loop.

    `total` is how many steps there are; without it the bar only shows that time passes.
    """
    bar = ProgressBar(title, total)
    timer = None
    if sys.stderr.isatty():
        timer = asyncio.get_running_loop().call_later(PATIENCE_S, bar.show)
    try:
        yield bar
    finally:
        if timer is not None:
            timer.cancel()
        bar.hide()


class ProgressBar:
    """A bar that may or may not be on the screen; `advance` works either way."""

    def __init__(self, title: str, total: int | None) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._display: Progress | None = None
        self._row: TaskID | None = None

    def advance(self) -> None:
        """One step is done."""
        self._done += 1
        if self._display is not None and self._row is not None:
            self._display.update(self._row, completed=self._done)

    def show(self) -> None:
        """Draw the bar, and keep it moving from a thread of its own."""
        from rich.console import Console  # noqa: PLC0415 - quick runs do not pay for it
        from rich.progress import (  # noqa: PLC0415
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
        )

        steps = () if self._total is None else (TextColumn("{task.completed}/{task.total}"),)
        self._display = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            *steps,
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
        )
        self._row = self._display.add_task(self._title, total=self._total, completed=self._done)
        self._display.start()

    def hide(self) -> None:
        """Take the bar off the screen, if it is there."""
        if self._display is not None:
            self._display.stop()
            self._display = None
