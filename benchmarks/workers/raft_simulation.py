"""The simulator of the Raft core: whole groups in one loop, faults and all checks included.

It runs the plans that the tests of the core run, from seed 0 on.
"""

from time import process_time

from benchmarks.workers._serve import serve, warm_up_size
from tests.distributed.consensus.cluster.running import run_seed


def events(seeds: int) -> float:
    """Events per second of CPU time: what a core is told (messages, ticks, calls of clients, what
    disks have done), and faults.
    """
    _run(warm_up_size(seeds))
    started = process_time()
    done = _run(seeds)
    return done / (process_time() - started)


def _run(seeds: int) -> int:
    return sum(run_seed(seed).events for seed in range(seeds))


if __name__ == "__main__":
    serve({"raft-simulation": events})
