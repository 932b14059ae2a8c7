"""DOT as SVG, drawn by Graphviz."""

from __future__ import annotations

import shutil
import subprocess

from holon_actors.viz.errors import GraphvizFailed, GraphvizMissing

__all__ = ["to_svg"]

DRAWING_TIMEOUT_S = 60.0


def to_svg(dot_text: str) -> str:
    """The SVG that Graphviz draws. Raises GraphvizMissing, GraphvizFailed."""
    program = shutil.which("dot")
    if program is None:
        raise GraphvizMissing
    try:
        ran = subprocess.run(  # noqa: S603 - the program the user's own PATH names
            [program, "-Tsvg"],
            input=dot_text,
            capture_output=True,
            encoding="utf-8",
            timeout=DRAWING_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise GraphvizFailed(f"no picture within {DRAWING_TIMEOUT_S:g}s") from error
    except OSError as error:
        raise GraphvizFailed(str(error)) from error

    if ran.returncode != 0:
        raise GraphvizFailed(ran.stderr.strip() or f"exit status {ran.returncode}")
    return ran.stdout.rstrip("\n")
