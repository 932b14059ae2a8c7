"""The socket of a local system: who is answered, and what happens while its loop is blocked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from holon_actors import Actor, ActorSystem
from holon_actors.actors.admin import (
    ActorPage,
    Deliver,
    GetIdentity,
    GetStacks,
    Identity,
    Inspect,
    ListActors,
    LoopBlocked,
    Refused,
    _local_server,
    local_systems,
)
from holon_actors.actors.admin.framing import (
    read_blocking,
    read_value,
    write_blocking,
    write_value,
)
from tests.actors.kit import until


class Hog(Actor):
    """Blocks the event loop until the test lets it go."""

    def __init__(self, reached: threading.Event, let_go: threading.Event) -> None:
        self.reached, self.let_go = reached, let_go

    def receive(self, message, sender):
        self.reached.set()
        assert self.let_go.wait(30)


class Elsewhere:
    """A system on a thread of its own, so that a test can look at it while its loop is blocked."""

    def __init__(self) -> None:
        self.reached, self.let_go = threading.Event(), threading.Event()
        self.ready = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.main()))
        self.thread.start()
        assert self.ready.wait(10)

    async def main(self) -> None:
        self.end = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        async with ActorSystem("bank", attach=True, slow_handler=60) as system:
            self.system = system
            self.hog = system.spawn(Hog, self.reached, self.let_go, name="hog")
            self.ready.set()
            await self.end.wait()

    def block(self) -> None:
        self.hog.tell("work")
        self.hog.tell("more")
        assert self.reached.wait(10)

    def close(self) -> None:
        if not self.thread.is_alive():
            return
        self.let_go.set()
        self.loop.call_soon_threadsafe(self.end.set)
        self.thread.join()


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Elsewhere]:
    monkeypatch.setattr(_local_server, "BLOCKED_S", 0.05)
    system = Elsewhere()
    yield system
    system.close()


@contextlib.contextmanager
def connected() -> Iterator[socket.socket]:
    (path,) = (Path(os.environ["XDG_RUNTIME_DIR"]) / "holon").glob("*.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(20)
        stream.connect(str(path))
        yield stream


def asked(stream: socket.socket, request: Any) -> Any:
    write_blocking(stream, request)
    return read_blocking(stream)


def test_it_answers_like_the_actor_request_after_request(elsewhere):
    with connected() as stream:
        assert isinstance(asked(stream, GetIdentity()), Identity)
        page = asked(stream, ListActors("/user"))
        assert [row.path for row in page.rows] == ["/user/hog"]
        assert asked(stream, Inspect("/user/nobody")).kind == "not-found"
        assert isinstance(asked(stream, "what?"), Refused)


def test_a_blocked_loop_is_seen_from_outside_with_who_blocks_it(elsewhere):
    with connected() as stream:
        elsewhere.block()
        answer = asked(stream, ListActors("/user"))
        assert isinstance(answer, LoopBlocked)
        assert (answer.path, answer.message) == ("/user/hog", "str")
        assert answer.stack.frames[0].function == "Hog.receive"
        assert isinstance(answer.answer, ActorPage)
        assert answer.answer.rows[0].mailbox_depth == 1
        assert asked(stream, Inspect("/user/hog")).answer.row.current_message == "str"
        assert asked(stream, GetStacks()).answer.threads
        elsewhere.let_go.set()
        while isinstance(asked(stream, GetIdentity()), LoopBlocked):
            pass


def test_an_order_to_a_blocked_loop_is_not_carried_out_later(elsewhere):
    with connected() as stream:
        elsewhere.block()
        answer = asked(stream, Deliver("/user/hog", '"late"', ask=False))
        assert isinstance(answer, LoopBlocked)
        assert answer.answer is None
        elsewhere.let_go.set()
        while isinstance(answer := asked(stream, Inspect("/user/hog")), LoopBlocked):
            pass
        assert answer.row.processed + answer.row.mailbox_depth == 2


@pytest.mark.parametrize(
    "garbage",
    [b"GET / HTTP/1.1\r\n\r\n", struct.pack("!I", 2**31), struct.pack("!I", 3) + b"\xc1\xc1\xc1"],
)
def test_garbage_is_hung_up_on_and_harms_nobody(elsewhere, garbage):
    with connected() as stream, connected() as other:
        stream.sendall(garbage)
        stream.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError, EOFError):
            assert read_blocking(stream).error == "CodecError"
            assert stream.recv(1) == b""
        assert isinstance(asked(other, GetIdentity()), Identity)


def test_a_mistake_of_the_admin_is_an_answer_like_any_other(elsewhere):
    with connected() as stream:
        assert isinstance(asked(stream, GetIdentity()), Identity)
        elsewhere.system.lookup("/system/admin")._actor._reader = None
        answer = asked(stream, GetIdentity())
        assert (answer.kind, answer.error) == ("failed", "AttributeError")


def test_an_answer_that_cannot_travel_is_refused(elsewhere, monkeypatch):
    monkeypatch.setattr(
        "holon_actors.actors.admin._facts.version_of", lambda package: {1: object()}
    )
    with connected() as stream:
        assert asked(stream, GetIdentity()).error == "CodecError"
        assert isinstance(asked(stream, ListActors()), ActorPage)


def test_more_than_so_many_connections_are_refused(elsewhere, monkeypatch):
    monkeypatch.setattr(_local_server, "_CONNECTIONS_MAX", 2)
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            stream = stack.enter_context(connected())
            assert isinstance(asked(stream, GetIdentity()), Identity)
        with connected() as one_more, pytest.raises((EOFError, OSError)):
            asked(one_more, GetIdentity())


def test_another_user_is_not_answered(elsewhere, monkeypatch):
    monkeypatch.setattr(_local_server.os, "getuid", lambda: 4_000_000)
    if os.geteuid() == 0:
        monkeypatch.setattr(_local_server.struct, "unpack", lambda *_: (1, 4_000_001, 1))
    with connected() as stream, pytest.raises((EOFError, OSError)):
        asked(stream, GetIdentity())


def test_the_end_of_the_system_hangs_up(elsewhere):
    with connected() as stream:
        assert isinstance(asked(stream, GetIdentity()), Identity)
        elsewhere.close()
        with pytest.raises((EOFError, OSError)):
            asked(stream, GetIdentity())


async def test_a_shutdown_does_not_wait_for_an_answer_that_takes_long():
    async with ActorSystem("bank", attach=True) as system:

        class Deaf(Actor):
            def receive(self, message, sender):
                self.defer_reply()

        system.spawn(Deaf, name="deaf")
        (found,) = local_systems()
        reader, writer = await asyncio.open_unix_connection(found.socket)
        write_value(writer, Deliver("/user/deaf", "1", True, 60.0))
        await until(lambda: system.lookup("/user/deaf")._processed)
    with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        assert (await read_value(reader)).kind == "stopped"
    writer.close()
    await writer.wait_closed()
