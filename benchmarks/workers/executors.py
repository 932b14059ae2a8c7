"""The standard library's executors: submit all, then gather, as the engine does.

Two workers each, as many as the engine is given. The thread pool is measured as its fastest
users use it: plain `submit` and `result`, without an event loop in between.
"""

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from time import perf_counter

from benchmarks.workers._serve import serve, warm_up_size

WORKERS = 2


def same(value: int) -> int:
    """Give back the input."""
    return value


def thread(count: int) -> float:
    """Executions per second on threads."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return _rate(pool, count)


def process(count: int) -> float:
    """Executions per second on worker processes that are already up."""
    with ProcessPoolExecutor(WORKERS) as pool:
        return _rate(pool, count)


def _rate(pool: Executor, count: int) -> float:
    _run_all(pool, warm_up_size(count))
    started = perf_counter()
    _run_all(pool, count)
    return count / (perf_counter() - started)


def _run_all(pool: Executor, count: int) -> None:
    futures = [pool.submit(same, 1) for _ in range(count)]
    assert sum(future.result() for future in futures) == count


if __name__ == "__main__":
    serve({"engine-inline": thread, "engine-thread": thread, "engine-process": process})
