"""Runs seeds of the simulator of the core.

python -m tests.distributed.consensus.cluster 17            replay seed 17 and print its trace
python -m tests.distributed.consensus.cluster 0 20000       run these seeds
"""

from __future__ import annotations

import sys
import time

from tests.distributed.consensus.cluster.running import replay, sweep


def main(arguments: list[str]) -> int:
    if len(arguments) == 1:
        trace, error = replay(int(arguments[0]))
        print("\n".join(trace.lines))  # noqa: T201
        print(f"{type(error).__name__}: {error}" if error else "nothing is wrong")  # noqa: T201
        return 1 if error else 0
    first, end = map(int, arguments)
    begun = time.perf_counter()
    report, failures = sweep(range(first, end), failures_max=10)
    took = time.perf_counter() - begun
    print(*failures, sep="\n")  # noqa: T201
    print(f"{report} in {took:.1f} s: {report.events / took:,.0f} events/s")  # noqa: T201
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
