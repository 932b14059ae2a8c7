"""The simulator of the Raft core: whole groups in one loop, faults and all checks included.

It runs the plans that the tests of the core run, from seed 0 on.
"""

from time import process_time

from benchmarks.workers._serve import serve, warm_up_size
from tests.distributed.consensus.cluster.running import sweep


def events(seeds: int) -> float:
    """Events per second of CPU time: what a core is told (messages, ticks, calls of clients, what
    disks have done), and faults.
    """
    _run(warm_up_size(seeds))
    started = process_time()
    done = _run(seeds)
    return done / (process_time() - started)


def _run(seeds: int) -> int:
    report, failures = sweep(range(seeds))
    assert not failures, failures[0]
    return report.events


if __name__ == "__main__":
    serve({"raft-simulation": events})
