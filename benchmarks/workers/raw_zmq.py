"""The limits between two processes: pyzmq by itself, with blocking calls and no event loop.

remote-tell: PUSH to PULL, 100 bytes, one message a frame. remote-ask: DEALER to ROUTER and back,
each answer awaited before the next question. remote-array: 1 MiB arrays of numpy, `copy=False` at
both ends, made into arrays again; raft-catch-up is the same. The options `ipc` (the default) and
`tcp` choose the link.
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter

import numpy as np
import zmq

from benchmarks.workers._serve import options, serve, warm_up_size

Socket = zmq.Socket[bytes]

MESSAGE = bytes(100)
ARRAY_BYTES = 1024 * 1024
READY = b"ready"
PATIENCE_MS = 30_000


def tell(count: int) -> float:
    """Messages per second, one way."""
    return _one_way(count, "push", _take_message)


def array(count: int) -> float:
    """Bytes per second in arrays, one way."""
    return ARRAY_BYTES * _one_way(count, "push-arrays", _take_array)


def _one_way(count: int, peer: str, take: Callable[[Socket], None]) -> float:
    """How many per second come from a peer, from its first send on."""
    warm_up = warm_up_size(count)
    with _socket(zmq.PULL) as socket, _peer(peer, socket, warm_up, count) as peer_process:
        _expect_ready(socket)
        _take_all(socket, warm_up, take)
        started = perf_counter()
        _go(peer_process)
        _take_all(socket, count, take)
        return count / (perf_counter() - started)


def _take_all(socket: Socket, count: int, take: Callable[[Socket], None]) -> None:
    for _ in range(count):
        take(socket)


def _take_message(socket: Socket) -> None:
    assert len(socket.recv()) == len(MESSAGE)


def _take_array(socket: Socket) -> None:
    values = np.frombuffer(socket.recv(copy=False).buffer, dtype=np.float64)
    assert values.nbytes == ARRAY_BYTES


def ask(count: int) -> float:
    """Round trips per second, one at a time."""
    with _socket(zmq.DEALER) as socket, _peer("echo", socket, 0, 0):
        _ask_all(socket, warm_up_size(count))
        started = perf_counter()
        _ask_all(socket, count)
        return count / (perf_counter() - started)


def _ask_all(socket: Socket, count: int) -> None:
    for _ in range(count):
        socket.send(MESSAGE)
        assert len(socket.recv()) == len(MESSAGE)


@contextmanager
def _socket(kind: int) -> Iterator[Socket]:
    """A bound socket of this side."""
    with (
        tempfile.TemporaryDirectory() as folder,
        zmq.Context() as context,
        context.socket(kind) as socket,
    ):
        socket.linger = 0
        socket.rcvtimeo = PATIENCE_MS
        socket.bind("tcp://127.0.0.1:*" if "tcp" in options() else f"ipc://{folder}/socket")
        yield socket


@contextmanager
def _peer(role: str, socket: Socket, *numbers: int) -> Iterator[subprocess.Popen[bytes]]:
    """The other side: this module in another process."""
    bound = socket.last_endpoint
    assert isinstance(bound, bytes)
    endpoint = bound.rstrip(b"\0").decode()
    command = [sys.executable, "-m", "benchmarks.workers.raw_zmq", role, endpoint]
    with subprocess.Popen([*command, *map(str, numbers)], stdin=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def _expect_ready(socket: Socket) -> None:
    assert socket.recv() == READY


def _go(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    process.stdin.write(b"\n")
    process.stdin.flush()


def push(content: bytes | memoryview, endpoint: str, warm_up: str, count: str) -> None:
    """The peer of `tell` and `array`: sends `content` again and again, in two parts."""
    flags, copy = 0, isinstance(content, bytes)
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.connect(endpoint)
        socket.send(READY)
        for part in (int(warm_up), int(count)):
            for _ in range(part):
                socket.send(content, flags, copy)
            sys.stdin.readline()


def echo(endpoint: str, *_numbers: str) -> None:
    """The peer of `ask`."""
    with zmq.Context() as context, context.socket(zmq.ROUTER) as socket:
        socket.connect(endpoint)
        while True:
            socket.send_multipart(socket.recv_multipart())


PEERS: dict[str, Callable[..., None]] = {
    "push": partial(push, MESSAGE),
    "push-arrays": partial(push, np.ones(ARRAY_BYTES // 8).data.cast("B")),
    "echo": echo,
}

if __name__ == "__main__":
    if sys.argv[1] in PEERS:
        PEERS[sys.argv[1]](*sys.argv[2:])
    else:
        works = {"remote-tell": tell, "remote-ask": ask, "remote-array": array}
        serve(works | {"raft-catch-up": array})
