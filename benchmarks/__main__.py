"""`python -m benchmarks`."""

import signal
import sys
from types import FrameType

from benchmarks.cli import main


def _terminate(number: int, frame: FrameType | None) -> None:
    """Unwind instead of dying on the spot, so that the running worker is killed too."""
    sys.exit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _terminate)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)  # the worker is dead by now; a traceback would say nothing more
