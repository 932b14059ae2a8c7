"""The table: every work, who takes part in it, and what must hold.

The one place to change a target, a size or a peer. Sizes differ by system so that each measurement
lasts about as long; every value is a rate or a per-item cost, so they compare.
"""

from benchmarks.units import (
    GIGABYTES_PER_S,
    KIB,
    MILLIONS_PER_S,
    MILLISECONDS,
    SECONDS,
    THOUSANDS_PER_S,
    VIRTUAL_SECONDS,
)
from benchmarks.work import OURS, Absolute, Entrant, Relative, Work

# Threads that hand over on every message are faster when they cannot land on two cores.
PYKKA_PINNED = "Pykka, one core"
# Stock PySyncObj never flushes its journal; the other does, after each entry.
PYSYNCOBJ = "PySyncObj, no sync"
PYSYNCOBJ_SYNCED = "PySyncObj, msync"
COMMITS = "holon, commands"
BEFORE = "holon, before"
ONE_GROUP = "holon, one group"
PYTHON_PEERS = ("Pykka", PYKKA_PINNED, "Thespian", "xoscar")


def _ours(size: int, worker: str = "holon_kernel") -> Entrant:
    return Entrant(system=OURS, worker=worker, size=size)


def _peer(system: str, worker: str, size: int, *options: str) -> Entrant:
    return Entrant(system=system, worker=worker, size=size, options=options)


def _simulated(name: str, title: str, size: int) -> Work:
    """Messages of simulated actors, beside the same actors on a real loop."""
    return Work(
        name=name,
        title=title,
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(size, "holon_simulation"),
            _peer("holon, real loop", "holon_simulation", 4 * size, "real"),
        ),
        targets=(Absolute(bound=150_000),),
    )


# Two processes: our own two links, the limit, and who does the same.
def _remote(size: int, raw: int = 0, xoscar: int = 0, ray: int = 0) -> tuple[Entrant, ...]:
    entrants = [
        _ours(size, "holon_remote"),
        _peer("holon, tcp", "holon_remote", size, "tcp"),
    ]
    if raw:
        entrants.append(_peer("raw pyzmq", "raw_zmq", raw))
        entrants.append(_peer("raw pyzmq, tcp", "raw_zmq", raw, "tcp"))
    if xoscar:
        entrants.append(_peer("xoscar", "xoscar_remote", xoscar))
    if ray:
        entrants.append(_peer("Ray", "ray_actors", ray))
    return tuple(entrants)


WORKS: tuple[Work, ...] = (
    Work(
        name="tell",
        title="tell, one sender, one actor",
        unit=MILLIONS_PER_S,
        entrants=(
            _ours(1_000_000),
            _peer("Pykka", "pykka_threads", 200_000),
            _peer(PYKKA_PINNED, "pykka_threads", 200_000, "one-core"),
            _peer("Thespian", "thespian_simple", 100_000),
            _peer("xoscar", "xoscar_local", 50_000),
            _peer("deque + call", "plain", 5_000_000),
            _peer("BEAM", "beam", 3_000_000),
            _peer("BEAM +S 1", "beam", 3_000_000, "+S", "1"),
        ),
        targets=(
            Relative(factor=6, peers=PYTHON_PEERS),
            Relative(factor=0.15, peers=("deque + call",)),
        ),
    ),
    Work(
        name="ping-pong",
        title="ping-pong of two actors, per message",
        unit=MILLIONS_PER_S,
        entrants=(
            _ours(1_000_000),
            _peer("Pykka", "pykka_threads", 100_000),
            _peer(PYKKA_PINNED, "pykka_threads", 100_000, "one-core"),
            _peer("Thespian", "thespian_simple", 100_000),
            _peer("xoscar", "xoscar_local", 50_000),
            _peer("deques + calls", "plain", 1_000_000),
            _peer("BEAM", "beam", 2_000_000),
            _peer("BEAM +S 1", "beam", 2_000_000, "+S", "1"),
        ),
        targets=(
            Relative(factor=10, peers=("Pykka", PYKKA_PINNED)),
            Relative(factor=0.6, peers=("BEAM",)),
            Relative(factor=0.6, peers=("BEAM +S 1",)),
        ),
    ),
    Work(
        name="ask",
        title="ask from outside, sequential",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(100_000),
            _peer("Pykka", "pykka_threads", 50_000),
            _peer(PYKKA_PINNED, "pykka_threads", 50_000, "one-core"),
            _peer("Thespian", "thespian_simple", 100_000),
            _peer("xoscar", "xoscar_local", 20_000),
            _peer("xoscar direct", "xoscar_local", 200_000, "direct"),
            _peer("future + call_soon", "plain", 200_000),
        ),
        targets=(Relative(factor=1.7, peers=PYTHON_PEERS),),
    ),
    Work(
        name="ask-actor",
        title="ask actor to actor, async handler",
        unit=THOUSANDS_PER_S,
        entrants=(_ours(100_000), _peer("xoscar direct", "xoscar_local", 200_000)),
        targets=(Relative(factor=0.4, peers=("xoscar direct",)),),
    ),
    Work(
        name="spawn",
        title="spawn, until the last actor answers",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(100_000),
            _peer("Pykka", "pykka_threads", 2_000),
            _peer("Thespian", "thespian_simple", 20_000),
            _peer("xoscar", "xoscar_local", 20_000),
            _peer("BEAM", "beam", 200_000),
        ),
        targets=(Absolute(bound=100_000),),
    ),
    Work(
        name="memory",
        title="idle actor, growth of resident memory",
        unit=KIB,
        entrants=(
            _ours(100_000),
            _peer("holon, once used", "holon_kernel", 100_000, "used"),
            _peer("Pykka", "pykka_threads", 2_000),
            _peer("Thespian", "thespian_simple", 100_000),
            _peer("xoscar", "xoscar_local", 100_000),
            _peer("BEAM", "beam", 100_000),
        ),
        targets=(Absolute(bound=1.3 * 1024),),
    ),
    Work(
        name="skynet",
        title="skynet, until every actor stopped",
        unit=SECONDS,
        entrants=(_ours(100_000), _peer("asyncio tasks", "plain", 100_000)),
        targets=(Relative(factor=1, peers=("asyncio tasks",)),),
    ),
    Work(
        name="engine-inline",
        title="engine, no-op flow, inline",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(50_000, "holon_engine"),
            _peer("ThreadPoolExecutor", "executors", 50_000),
        ),
        targets=(Relative(factor=1, peers=("ThreadPoolExecutor",)),),
    ),
    Work(
        name="engine-thread",
        title="engine, no-op flow, thread",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(50_000, "holon_engine"),
            _peer("ThreadPoolExecutor", "executors", 50_000),
        ),
        targets=(Relative(factor=1, peers=("ThreadPoolExecutor",)),),
    ),
    Work(
        name="engine-process",
        title="engine, no-op flow, process",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(10_000, "holon_engine"),
            _peer("ProcessPoolExecutor", "executors", 20_000),
        ),
        targets=(Relative(factor=0.5, peers=("ProcessPoolExecutor",)),),
    ),
    Work(
        name="help",
        title="holon --help, wall",
        unit=MILLISECONDS,
        entrants=(_ours(10, "holon_command"), _peer("python -c pass", "bare_python", 10)),
        targets=(Absolute(bound=0.150),),
    ),
    Work(
        name="run",
        title="holon run of a no-op, wall",
        unit=MILLISECONDS,
        entrants=(_ours(10, "holon_command"), _peer("python -c pass", "bare_python", 10)),
        targets=(Absolute(bound=0.350),),
    ),
    _simulated("sim-ping-pong", "simulated ping-pong, per message", 200_000),
    _simulated("sim-fan-in", "simulated fan-in, 100 to 1", 200_000),
    _simulated("sim-ring", "simulated ring of 1,000", 200_000),
    Work(
        name="sim-hop",
        title="turn of the simulated loop",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(500_000, "holon_simulation"),
            _peer("asyncio", "holon_simulation", 500_000, "real"),
        ),
        targets=(Relative(factor=1, peers=("asyncio",)),),
    ),
    Work(
        name="sim-idle",
        title="idle cluster of three nodes",
        unit=VIRTUAL_SECONDS,
        entrants=(_ours(600, "holon_simulation"),),
        targets=(Absolute(bound=100),),
    ),
    Work(
        name="remote-tell",
        title="tell to another process, 100 bytes",
        unit=THOUSANDS_PER_S,
        entrants=_remote(400_000, raw=500_000, xoscar=20_000),
        targets=(
            Relative(factor=10, peers=("xoscar",)),
            Relative(factor=1, peers=("raw pyzmq",)),
        ),
    ),
    Work(
        name="remote-ask",
        title="ask of another process, sequential",
        unit=THOUSANDS_PER_S,
        entrants=_remote(10_000, raw=20_000, xoscar=5_000, ray=2_000),
        targets=(
            Relative(factor=1.3, peers=("xoscar",)),
            Relative(factor=0.4, peers=("raw pyzmq",)),
        ),
    ),
    Work(
        name="remote-ask-64",
        title="ask of another process, 64 in flight",
        unit=THOUSANDS_PER_S,
        entrants=_remote(64_000, xoscar=12_800, ray=12_800),
        targets=(Relative(factor=1.5, peers=("xoscar",)),),
    ),
    Work(
        name="remote-ask-1000",
        title="ask of another process, 1,000 in flight",
        unit=THOUSANDS_PER_S,
        entrants=_remote(100_000, xoscar=10_000, ray=10_000),
        targets=(Relative(factor=8, peers=("Ray",)),),
    ),
    Work(
        name="remote-array",
        title="1 MiB arrays to another process",
        unit=GIGABYTES_PER_S,
        entrants=_remote(1_000, raw=3_000, xoscar=300),
        targets=(Relative(factor=0.6, peers=("raw pyzmq",)),),
    ),
    Work(
        name="process-actor",
        title="actor in a process, spawn to first answer",
        unit=MILLISECONDS,
        entrants=(
            _ours(20, "holon_process"),
            _peer("holon, first", "holon_process", 5, "first"),
            _peer("Ray", "ray_actors", 10),
        ),
        targets=(Relative(factor=3, peers=("Ray",)),),
    ),
    Work(
        name="raft-commit-1000",
        title="Raft: durable commands, 1,000 in flight",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(100_000, "holon_raft"),
            _peer(PYSYNCOBJ, "pysyncobj_raft", 100_000, "unsynced"),
            _peer(PYSYNCOBJ_SYNCED, "pysyncobj_raft", 2_000, "msync"),
        ),
        targets=(
            Relative(factor=1, peers=(PYSYNCOBJ,)),
            Relative(factor=5, peers=(PYSYNCOBJ_SYNCED,)),
        ),
    ),
    Work(
        name="raft-commit",
        title="Raft: one durable command at a time, median",
        unit=MILLISECONDS,
        entrants=(
            _ours(1_000, "holon_raft"),
            _peer(PYSYNCOBJ, "pysyncobj_raft", 1_000, "unsynced"),
            _peer(PYSYNCOBJ_SYNCED, "pysyncobj_raft", 1_000, "msync"),
        ),
        targets=(Relative(factor=1, peers=(PYSYNCOBJ_SYNCED,)),),
    ),
    Work(
        name="raft-read-1000",
        title="Raft: linearizable reads, 1,000 in flight",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(200_000, "holon_raft"),
            _peer(COMMITS, "holon_raft", 100_000, "commits"),
        ),
        targets=(Relative(factor=1.5, peers=(COMMITS,)),),
    ),
    Work(
        name="raft-catch-up",
        title="Raft: new member, snapshot of 1 GiB",
        unit=GIGABYTES_PER_S,
        entrants=(
            _ours(1_024, "holon_raft_catch_up"),
            _peer("raw pyzmq, tcp", "raw_zmq", 3_000, "tcp"),
        ),
        targets=(Relative(factor=0.3, peers=("raw pyzmq, tcp",)),),
    ),
    Work(
        name="raft-catch-up-p99",
        title="Raft: command meanwhile, 99 of 100",
        unit=MILLISECONDS,
        entrants=(
            _ours(1_024, "holon_raft_catch_up"),
            _peer(BEFORE, "holon_raft_catch_up", 1_024, "before"),
        ),
        targets=(Relative(factor=0.34, peers=(BEFORE,)),),
    ),
    Work(
        name="raft-restart",
        title="Raft: start with 1,000,000 entries",
        unit=SECONDS,
        entrants=(_ours(1_000_000, "holon_raft_restart"),),
        targets=(Absolute(bound=5),),
    ),
    Work(
        name="raft-groups",
        title="Raft: durable commands of 100 groups",
        unit=THOUSANDS_PER_S,
        entrants=(
            _ours(20_000, "holon_raft_groups"),
            _peer(ONE_GROUP, "holon_raft_groups", 100_000, "one"),
        ),
        targets=(Relative(factor=0.1, peers=(ONE_GROUP,)),),
    ),
    Work(
        name="raft-idle",
        title="Raft: 100 idle groups, CPU a second",
        unit=MILLISECONDS,
        entrants=(_ours(100, "holon_raft_groups"),),
        targets=(Absolute(bound=0.2),),
    ),
    Work(
        name="raft-simulation",
        title="Raft: events of simulated cores, checked",
        unit=THOUSANDS_PER_S,
        entrants=(_ours(2_000, "raft_simulation"),),
        targets=(Absolute(bound=200_000),),
    ),
)
