"""The progress bar."""

import asyncio
import io
from contextlib import redirect_stderr

import pytest

from holon_actors.cli import progress
from holon_actors.cli.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture(autouse=True)
def _on_an_ordinary_terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")


@pytest.fixture
def _at_once(monkeypatch):
    monkeypatch.setattr(progress, "PATIENCE_S", 0)


@pytest.mark.usefixtures("_at_once")
async def test_nothing_is_drawn_where_there_is_no_terminal_even_with_colour(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    with progress_bar("run", 2) as bar:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        bar.advance()
    assert capsys.readouterr().err == ""


async def test_nothing_is_drawn_for_a_quick_run():
    with redirect_stderr(Terminal()) as terminal, progress_bar("run", 2) as bar:
        bar.advance()
    assert terminal.getvalue() == ""


async def test_a_long_run_shows_its_title_and_steps_and_is_wiped_after():
    with redirect_stderr(Terminal()) as terminal, progress_bar("weather [bold]", 2) as bar:
        bar.advance()
        bar.show()
        bar.advance()
    drawn = terminal.getvalue()
    assert "weather [bold]" in drawn
    assert "2/2" in drawn
    assert drawn.endswith("\x1b[2K")


@pytest.mark.usefixtures("_at_once")
async def test_the_bar_appears_by_itself_after_a_while():
    with redirect_stderr(Terminal()) as terminal, progress_bar("run"):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert "run" in terminal.getvalue()


@pytest.mark.usefixtures("_at_once")
async def test_without_colour_when_the_user_wants_none(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    with redirect_stderr(Terminal()) as terminal, progress_bar("run", 2):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert "run" in terminal.getvalue()
    assert "\x1b[3" not in terminal.getvalue()
    assert "\x1b[9" not in terminal.getvalue()
