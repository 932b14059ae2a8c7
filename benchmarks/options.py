"""The options of the harness, checked before anything is measured."""

import argparse
from pathlib import Path

from benchmarks.table import WORKS

PURPOSE = "Measure Holon and its peers in one go and judge the ratios."


def options_parser() -> argparse.ArgumentParser:
    """The parser of `python -m benchmarks`; a wrong option ends with exit code 2 and its reason."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=PURPOSE)
    names = ",".join(work.name for work in WORKS)
    parser.add_argument("--only", type=_names, metavar="WORK,...", help=f"some of {names}")
    parser.add_argument("--quick", action="store_true", help="a tenth of the work, once")
    parser.add_argument("--repeat", type=_positive, metavar="N", help="repeats (default 5)")
    parser.add_argument("--json", type=_file, metavar="FILE", help="write values and machine facts")
    parser.add_argument(
        "--uvloop", action="store_true", help="also Holon on uvloop, for information"
    )
    parser.add_argument("--check", action="store_true", help="exit 1 when a target is missed")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def _file(text: str) -> Path:
    """Checked before minutes of measuring, not after."""
    path = Path(text)
    if not path.parent.is_dir() or path.is_dir():
        raise argparse.ArgumentTypeError(f"{text} is not a file in an existing folder")
    return path


def _names(text: str) -> list[str]:
    known = {work.name for work in WORKS}
    names = [name.strip() for name in text.split(",")]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise argparse.ArgumentTypeError(
            f"no work named {', '.join(unknown)}; there are {', '.join(w.name for w in WORKS)}"
        )
    return names
