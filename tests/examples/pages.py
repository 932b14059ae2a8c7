"""The pages in `docs`, block by block, and what belongs into their blocks of output.

A comment above a block says where it is from: `<!-- FILE -->` for an excerpt,
`<!-- output of FILE -->` for all that a program prints, and `<!-- output of FILE until TEXT -->`
for what it prints before a line that begins with TEXT, "..." and its last line. When the programs
print something else, this brings the pages up to date:

    python -m tests.examples.pages
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).parents[2]
PAGES = sorted((REPOSITORY / "docs").glob("*.md"))

_BLOCK = re.compile(
    r"^(?:<!-- (?P<source>.+?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_OUTPUT = re.compile(r"output of (\S+)(?: until (.+))?")


class Block(NamedTuple):
    """A block of code: its page, its place there, the comment above it, its language and text."""

    page: str
    number: int
    source: str
    language: str
    text: str

    @property
    def output_of(self) -> bool:
        """Whether a program prints it."""
        return bool(_OUTPUT.fullmatch(self.source))


def blocks() -> list[Block]:
    """All blocks of all pages."""
    return [
        Block(path.name, number, found["source"] or "", found["language"], found["text"])
        for path in PAGES
        for number, found in enumerate(_BLOCK.finditer(path.read_text()))
    ]


@cache
def printed_by(path: str) -> list[str]:
    """The lines that a program prints, without spaces at their ends."""
    ended = subprocess.run(
        [sys.executable, "-W", "error", path],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    return [line.rstrip() for line in ended.stdout.splitlines()]


def shown(source: str) -> str:
    """What the block below an "output of" holds."""
    found = _OUTPUT.fullmatch(source)
    assert found is not None, source
    path, end = found.groups()
    lines = printed_by(path)
    if end is not None:
        place = next(n for n, line in enumerate(lines) if line.startswith(end))
        lines = [*lines[:place], "...", lines[-1]]
    return "\n".join(lines) + "\n"


def refresh() -> None:
    """Write what the programs print into the pages."""

    def fresh(found: re.Match[str]) -> str:
        block = found[0]
        source = found["source"] or ""
        if not _OUTPUT.fullmatch(source):
            return block
        return f"<!-- {source} -->\n```{found['language']}\n{shown(source)}```"

    for path in PAGES:
        path.write_text(_BLOCK.sub(fresh, path.read_text()))


if __name__ == "__main__":
    refresh()
