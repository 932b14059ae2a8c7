"""The BEAM: compiles `beam_bench.erl` into a temporary folder and runs it under `erl`.

Options after work and size go to `erl` as they are: `+S 1` is one scheduler, where two processes
take turns on one core instead of waking each other across two.
"""

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

SOURCE = Path(__file__).with_name("beam_bench.erl")


def main() -> None:
    """Run the work named on the command line; the Erlang program prints the JSON line."""
    work, size, *options = sys.argv[1:]
    call = f"beam_bench:main({work.replace('-', '_')}, {int(size)})."
    with TemporaryDirectory(prefix="holon-beam-") as folder:
        subprocess.run(["erlc", "-o", folder, str(SOURCE)], check=True)
        subprocess.run(["erl", *options, "-noshell", "-pa", folder, "-eval", call], check=True)


if __name__ == "__main__":
    main()
