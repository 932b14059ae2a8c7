"""The blocking face: the same verbs, without an event loop in sight."""

from __future__ import annotations

import asyncio
import gc
import threading
from typing import Any

import pytest

from holon_actors import (
    Actor,
    ActorStopped,
    AskTimeout,
    Bounded,
    ConfigError,
    DeadLetter,
    EndpointInUse,
    FlowInputError,
    HandlerExited,
    NodeUnreachable,
    Request,
    SystemNotRunning,
    flow,
    message,
    remotable,
)
from holon_actors.blocking import ActorSystem, BlockedLoop, Engine


@message
class Deposit:
    amount: int


@message
class Balance(Request[int]):
    pass


@message
class Never(Request[int]):
    pass


class Account(Actor):
    def __init__(self, opening: int = 0) -> None:
        self.balance = opening
        self.kept: list[Any] = []

    def receive(self, message: Any, sender: Any) -> Any:
        match message:
            case Deposit(amount=amount):
                self.balance += amount
            case Balance():
                return self.balance
            case Never():
                self.kept.append(self.defer_reply())
        return None


@flow
def add(x: int, y: int) -> int:
    return x + y


def test_an_actor_is_told_and_asked_without_await() -> None:
    with ActorSystem("bank") as system:
        account = system.spawn(Account, 10, name="ada")
        account.tell(Deposit(5))
        assert account.ask(Balance(), timeout=1.0) == 15
        assert account.path == "/user/ada"
        assert system.lookup("/user/ada") == account
        assert system.ref(str(account.address)) == account
        assert [a.path for a in system.snapshot()] == ["/user/ada"]


def test_an_ask_ends_with_the_errors_of_the_async_one() -> None:
    with ActorSystem("bank") as system:
        account = system.spawn(Account)
        with pytest.raises(AskTimeout):
            account.ask(Never(), timeout=0.01)
        account.stop()
        with pytest.raises(ActorStopped):
            account.ask(Balance())
        assert not account.is_alive


def test_send_waits_for_room() -> None:
    reported = threading.Event()

    class Slow(Actor):
        def __init__(self) -> None:
            self.handled = 0

        async def receive(self, message: Any, sender: Any) -> None:
            await asyncio.sleep(0)
            self.handled += 1
            if self.handled == 10:
                reported.set()

    with ActorSystem("bank") as system:
        slow = system.spawn(Slow, mailbox=Bounded(1))
        for n in range(10):
            slow.send(n)
        assert reported.wait(10)
        assert system.statistics().dead_letters == 0


def test_events_reach_a_blocking_reader() -> None:
    with ActorSystem("bank") as system:
        letters = system.events.stream(DeadLetter)
        account = system.spawn(Account)
        account.kill()
        with pytest.raises(ActorStopped):
            account.ask(Balance())
        account.tell(Deposit(1))
        assert next(letters).message == Deposit(1)


def test_blocking_inside_the_systems_own_loop_is_refused() -> None:
    class Nosy(Actor):
        def receive(self, message: Any, sender: Any) -> Any:
            return message.ask(Balance())

    with ActorSystem("bank") as system:
        account = system.spawn(Account)
        with pytest.raises(BlockedLoop):
            system.spawn(Nosy).ask(account)


def test_a_pool_answers() -> None:
    with ActorSystem("bank") as system:
        pool = system.spawn_pool(Account, 7, size=2, routing="broadcast")
        assert pool.ask(Balance()) == [7, 7]


def test_flows_run_on_a_blocking_engine() -> None:
    with Engine(max_concurrency=2) as engine:
        assert engine.execute(add, (5, 3)) == 8
        execution = engine.submit(add, {"x": 1, "y": 2})
        assert execution.result(timeout=5.0) == 3
        assert execution.status == "succeeded"
        assert engine.future(add, (2, 2)).result() == 4
        with pytest.raises(FlowInputError):
            engine.execute(add, "nonsense")
        assert engine.stats().succeeded == 3


def test_an_execution_can_be_cancelled() -> None:
    release = threading.Event()

    @flow
    def wait() -> None:
        release.wait(30)

    with Engine(max_concurrency=1) as engine:
        execution = engine.submit(wait)
        with pytest.raises(TimeoutError):
            execution.result(timeout=0.01)
        assert execution.cancel()
        release.set()


def test_nothing_runs_on_after_the_block() -> None:
    before = set(threading.enumerate())
    with ActorSystem("bank") as system:
        system.spawn(Account, dispatcher="thread").ask(Balance())
    with Engine() as engine:
        engine.execute(add, (1, 1))
    assert set(threading.enumerate()) <= before


class Exits(Actor):
    def receive(self, message: Any, sender: Any) -> Any:
        if message == "exit":
            raise SystemExit(3)
        return message


def test_a_handler_s_exit_reaches_its_asker_and_leaves_the_system_running() -> None:
    with ActorSystem("exits") as system:
        ref = system.spawn(Exits)
        with pytest.raises(HandlerExited):
            ref.ask("exit")
        assert ref.ask("x") == "x"


def test_everything_ends_at_once_after_a_shutdown() -> None:
    with ActorSystem("over") as system:
        ref = system.spawn(Exits)
        report = system.shutdown()
    assert system.shutdown() is report
    for verb in (ref.ask, ref.send):
        with pytest.raises(ActorStopped):
            verb("x")
    ref.tell("x")
    ref.stop()
    with pytest.raises(SystemNotRunning):
        system.spawn(Exits)
    gc.collect()  # nothing complains of never having been awaited


def test_tasks_that_were_left_running_are_cancelled_at_the_end() -> None:
    ends: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ends.append("cancelled")

    class Leaves(Actor):
        def receive(self, message: Any, sender: Any) -> None:
            self.task = asyncio.create_task(forever())

    with ActorSystem("leaves") as system:
        system.spawn(Leaves).ask(1)
    assert ends == ["cancelled"]


@remotable
class Opened(Account):
    """Other systems may spawn it."""


def test_systems_that_listen_reach_one_another_without_await() -> None:
    with (
        ActorSystem("one", bind="tcp://127.0.0.1:0", attach=False) as one,
        ActorSystem("two", bind="tcp://127.0.0.1:0", attach=False) as two,
    ):
        account = two.spawn(Account, 10, name="ada")
        assert two.endpoint is not None
        far = one.ref(str(account.address))
        far.tell(Deposit(5))
        far.send(Deposit(1))
        assert far.ask(Balance()) == 16
        assert one.connect(f"tcp://{two.endpoint}").name == "two"
        spawned = one.spawn_remote(f"tcp://{two.endpoint}", Opened, 3, name="bob")
        assert spawned.ask(Balance()) == 3
        assert two.lookup("/user/bob") is not None
        gone = one.ref("holon://three@127.0.0.1:9/user/x")
        with pytest.raises(NodeUnreachable):
            gone.ask(Balance(), timeout=30)


def test_a_cluster_is_joined_and_left_without_await() -> None:
    with (
        ActorSystem("one", bind="tcp://127.0.0.1:0", attach=False) as one,
        ActorSystem("two", bind="tcp://127.0.0.1:0", attach=False) as two,
    ):
        one.cluster.join(f"tcp://{two.endpoint}")
        assert {(m.name, m.state) for m in one.cluster.members} == {
            ("one", "alive"),
            ("two", "alive"),
        }
        with pytest.raises(ConfigError, match="leave"):
            one.cluster.down("one")
        one.cluster.leave()
        assert ("one", "left") in {(m.name, m.state) for m in one.cluster.members}


def test_a_system_that_cannot_listen_leaves_no_thread_behind() -> None:
    with ActorSystem("one", bind="tcp://127.0.0.1:0", attach=False) as one:
        with pytest.raises(EndpointInUse):
            ActorSystem("two", bind=f"tcp://{one.endpoint}", attach=False)
        assert "holon-blocking two" not in [thread.name for thread in threading.enumerate()]
