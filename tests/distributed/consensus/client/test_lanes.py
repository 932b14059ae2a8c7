"""What a client knows of its batches, whatever members answer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from typing import Any

import pytest
from holon_transports import CodecError

from holon_actors import ActorSystem, ConfigError, RemoteError
from holon_actors.distributed.consensus import (
    CoreSettings,
    NoLeader,
    NotYet,
    OutcomeUnknown,
    ProposalTooLarge,
    RaftSettings,
    SessionExpired,
)
from holon_actors.distributed.consensus.client.calls import Calls
from holon_actors.distributed.consensus.client.courier import Miss
from holon_actors.distributed.consensus.commands.outcomes import (
    EXPIRED,
    NOT_YET,
    UNREADABLE,
    Packed,
    Refusal,
)
from holon_actors.distributed.consensus.core import reasons
from holon_actors.distributed.consensus.wire.requests import (
    Answers,
    OpenSession,
    Reads,
    Submit,
    WaitingRead,
)
from holon_actors.testing import Simulation

SETTINGS = RaftSettings(batches_max=2, batch_bytes=100)


class Script:
    """In the place of a courier: answers by a script, and keeps what it was asked."""

    def __init__(self, system: ActorSystem) -> None:
        self.system = system
        self.asked: list[Any] = []
        self.sessions = 0
        self.answer: Callable[[Any], Any] = fine
        self.delay = 0.1

    async def ask(self, request: Callable[[], Any], attempt_s: float | None = None) -> Any:
        await asyncio.sleep(self.delay / 2)  # the link comes up
        asked = request()
        if asked is None:
            return Miss("nobody waits", maybe=False), False
        if asked == OpenSession():
            self.sessions += 1
            return Answers([self.sessions], "", {}), False
        self.asked.append(asked)
        await asyncio.sleep(self.delay / 2)
        answer = self.answer(asked)
        if isinstance(answer, Exception):
            raise answer
        return (answer if isinstance(answer, Miss) else Answers(answer, "", {})), False

    def tell(self, request: Any) -> None:
        self.asked.append(request)

    def close(self) -> None:
        pass


def fine(request: Any) -> list[Any]:
    from holon_actors.distributed.consensus.commands.commands import read_body

    return [command.value for command in read_body(request.body)]


def refuse(reason: str, unknown: bool = False) -> Callable[[Any], Any]:
    return lambda request: [Refusal(reason, "", unknown)]


def with_script(test: Callable[[Script, Calls], Any]) -> Callable[[], None]:
    async def scenario(sim: Simulation) -> None:
        system = sim.node("client")
        script = Script(system)
        calls = Calls(system, script, "g", SETTINGS)  # type: ignore[arg-type]
        async with asyncio.timeout(100):
            await test(script, calls)
        calls.close()

    return lambda: Simulation(strategy="fifo").run(scenario)


@with_script
async def test_a_refused_command_is_sent_again_with_its_number_and_session(script, calls) -> None:
    script.answer = refuse(reasons.NO_LEADER)
    call = asyncio.create_task(calls.propose("x", 5.0))
    await asyncio.sleep(1)
    script.answer = fine
    assert await call == "x"
    assert len(script.asked) > 2
    assert len({(one.session, one.below, one.body) for one in script.asked}) == 1


@with_script
async def test_what_was_only_refused_has_not_happened(script, calls) -> None:
    script.delay = 0.0
    script.answer = refuse(reasons.NO_LEADER)
    with pytest.raises(NoLeader, match="no-leader"):
        await calls.propose("x", 1.0)


@pytest.mark.parametrize(
    "answer",
    [
        lambda request: Miss("the link was lost", maybe=True),
        refuse(reasons.LOST_LEADERSHIP, unknown=True),
    ],
)
def test_what_may_have_happened_is_of_unknown_outcome_for_good(answer) -> None:
    @with_script
    async def run(script: Script, calls: Calls) -> None:
        script.answer = answer
        call = asyncio.create_task(calls.propose("x", 2.0))
        await asyncio.sleep(0.5)
        script.answer = refuse(reasons.NO_LEADER)
        with pytest.raises(OutcomeUnknown):
            await call

    run()


@with_script
async def test_what_is_with_a_member_is_of_unknown_outcome(script, calls) -> None:
    script.delay = 4.0
    with pytest.raises(OutcomeUnknown, match="awaited"):
        await calls.propose("x", 5.0)


@with_script
async def test_a_command_that_is_given_up_before_it_is_sent_is_never_sent(script, calls) -> None:
    await calls.propose("first", 5.0)
    script.delay = 4.0
    with pytest.raises(NoLeader):
        await calls.propose("x", 1.0)
    await asyncio.sleep(10)
    assert len(script.asked) == 1


@with_script
async def test_a_command_that_was_given_up_is_left_out_of_what_goes_again(script, calls) -> None:
    script.delay = 0.0
    script.answer = refuse(reasons.BUSY)
    short = asyncio.create_task(calls.propose("short", 1.0))
    long = asyncio.create_task(calls.propose("long", 9.0))
    with pytest.raises(NoLeader):
        await short
    script.answer = lambda request: [None, "done"]
    assert await long == "done"
    assert script.asked[0].left_out == []
    assert script.asked[-1].left_out == [1]


@with_script
async def test_a_forgotten_client_sends_what_was_refused_in_a_new_session(script, calls) -> None:
    await calls.propose("first", 5.0)
    script.answer = lambda r: [Refusal(EXPIRED, "", False)] if r.session == 1 else fine(r)
    assert await calls.propose("second", 5.0) == "second"
    assert [one.session for one in script.asked] == [1, 1, 2]


@with_script
async def test_what_may_have_happened_in_a_forgotten_session_is_not_sent_again(script, calls):
    await calls.propose("first", 5.0)
    answers = [Miss("lost", maybe=True), [Refusal(EXPIRED, "", False)]]
    script.answer = lambda request: answers.pop(0)
    with pytest.raises(SessionExpired):
        await calls.propose("x", 5.0)


@with_script
async def test_a_new_session_of_one_batch_does_not_take_another_along(script, calls) -> None:
    """The first batch may have been applied in the old session, so in a new one it would be applied
    a second time.
    """
    await calls.propose("zero", 5.0)

    def answer(request: Submit) -> Any:
        if request.session == 1:
            first = request.body == script.asked[1].body
            return Miss("lost", maybe=True) if first else [Refusal(EXPIRED, "", False)]
        return fine(request)

    script.answer = answer
    one = asyncio.create_task(calls.propose("one", 5.0))
    await asyncio.sleep(0.06)
    two = asyncio.create_task(calls.propose("two", 5.0))
    assert await two == "two"
    with pytest.raises(SessionExpired):
        await one
    bodies = [request.body for request in script.asked if request.session == 2]
    assert script.asked[1].body not in bodies


@with_script
async def test_calls_that_come_while_all_ways_are_taken_go_together(script, calls) -> None:
    await calls.propose("first", 5.0)
    tasks = []
    for number in range(6):
        tasks.append(asyncio.create_task(calls.propose(number, 5.0)))
        await asyncio.sleep(0.01)
    assert await asyncio.gather(*tasks) == list(range(6))
    assert [len(fine(one)) for one in script.asked] == [1, 1, 1, 4]
    assert [one.below for one in script.asked] == [1, 2, 2, 4]


@with_script
async def test_a_batch_has_a_bounded_size(script, calls) -> None:
    tasks = [asyncio.create_task(calls.propose("y" * 60, 5.0)) for _ in range(6)]
    await asyncio.gather(*tasks)
    assert [len(fine(one)) for one in script.asked] == [2, 2, 2]


@with_script
async def test_a_command_that_no_member_takes_is_too_large(script, calls) -> None:
    script.answer = refuse(reasons.TOO_LARGE)
    with pytest.raises(ProposalTooLarge):
        await calls.propose("x", 5.0)


@with_script
async def test_reads_are_asked_again_until_somebody_answers(script, calls) -> None:
    script.answer = lambda request: Miss("lost", maybe=True)
    call = asyncio.create_task(calls.read("x", 5.0, lease=True))
    await asyncio.sleep(1)
    script.answer = fine
    assert await call == "x"
    assert all(type(one) is Reads and one.lease for one in script.asked)
    script.answer = refuse(reasons.NO_LEADER)
    with pytest.raises(NoLeader):
        await calls.read("x", 1.0, lease=False)


@with_script
async def test_an_error_that_a_member_should_not_have_leaves_the_outcome_unknown(script, calls):
    script.answer = lambda request: RemoteError("Odd", "what", "")
    with pytest.raises(OutcomeUnknown, match="what") as raised:
        await calls.propose("x", 5.0)
    assert isinstance(raised.value.__cause__, RemoteError)
    with pytest.raises(RemoteError):
        await calls.read("x", 5.0, lease=False)


@with_script
async def test_answers_that_do_not_fit_are_not_taken(script, calls) -> None:
    script.delay = 0.0
    script.answer = lambda request: [1, 2]
    with pytest.raises(OutcomeUnknown, match="2 answers to 1"):
        await calls.propose("x", 1.0)
    with pytest.raises(NoLeader, match="2 answers to 1"):
        await calls.read("x", 1.0, False)


@pytest.mark.parametrize(
    "answer",
    [
        refuse(reasons.TOO_LARGE),
        refuse(UNREADABLE),
        lambda request: CodecError("a class that is not known"),
    ],
)
def test_no_later_refusal_makes_what_may_have_happened_undone(answer) -> None:
    @with_script
    async def run(script: Script, calls: Calls) -> None:
        script.answer = lambda request: Miss("the link was lost", maybe=True)
        call = asyncio.create_task(calls.propose("x", 2.0))
        await asyncio.sleep(0.5)
        script.answer = answer
        with pytest.raises(OutcomeUnknown):
            await call

    run()


@with_script
async def test_what_no_member_can_read_is_an_error_of_the_command(script, calls) -> None:
    script.answer = lambda request: [Refusal(UNREADABLE, "no class Nonsense", False)]
    with pytest.raises(CodecError, match="Nonsense"):
        await calls.propose("x", 1.0)


@with_script
async def test_an_answer_that_cannot_travel_is_of_unknown_outcome(script, calls) -> None:
    script.answer = lambda request: CodecError("300000000 bytes at once")
    with pytest.raises(OutcomeUnknown, match="300000000"):
        await calls.propose("x", 1.0)
    with pytest.raises(CodecError):
        await calls.read("x", 1.0, False)


@with_script
async def test_a_result_that_cannot_be_read_here_is_of_unknown_outcome(script, calls) -> None:
    script.answer = lambda request: [Packed(b"\xff")]
    with pytest.raises(OutcomeUnknown, match="cannot be read"):
        await calls.propose("x", 1.0)
    with pytest.raises(CodecError):
        await calls.read("x", 1.0, False)


@with_script
async def test_a_time_limit_that_is_none_is_refused_and_one_that_is_over_is_kept(
    script, calls
) -> None:
    for call in (lambda t: calls.propose("x", t), lambda t: calls.read("x", t, False)):
        with pytest.raises(ConfigError, match="nan"):
            await call(math.nan)
        for over in (0, -1.0, -math.inf):
            with pytest.raises(NoLeader):
                await call(over)
    with pytest.raises(ConfigError, match="nan"):
        await calls.change(OpenSession(), math.nan)
    await asyncio.sleep(1.0)
    assert not script.asked, "nothing of it was sent"


def test_commands_that_are_too_large_together_go_one_by_one() -> None:
    async def scenario(sim: Simulation) -> None:
        system = sim.node("client")
        script = Script(system)
        core = CoreSettings(proposal_bytes_max=20_000)
        settings = RaftSettings(batch_bytes=18_000, core=core)
        calls = Calls(system, script, "g", settings)  # type: ignore[arg-type]
        values = [str(number) * 15_000 for number in range(3)]
        answers = await asyncio.gather(*(calls.propose(value, 5.0) for value in values))
        assert answers == values
        assert max(len(one.body) for one in script.asked) < 20_000
        calls.close()

    Simulation(strategy="fifo").run(scenario)


# --- reads that wait ---


def not_yet(request: Any) -> list[Any]:
    return [Refusal(NOT_YET, "", False)] * len(fine(request))


@with_script
async def test_a_read_without_an_answer_goes_on_alone_and_holds_nobody_up(script, calls) -> None:
    script.answer = lambda request: [
        Refusal(NOT_YET, "", False) if value == "later" else value for value in fine(request)
    ]
    later = asyncio.create_task(calls.read("later", 50.0, False))
    assert await asyncio.gather(*(calls.read(n, 5.0, False) for n in range(3))) == [0, 1, 2]
    await asyncio.sleep(1)
    script.answer = fine
    assert await later == "later"
    assert [type(one) for one in script.asked[:2]] == [Reads, WaitingRead]
    assert 48.0 < script.asked[1].wait_s < 50.0


@pytest.mark.parametrize("others", [0, 1])
def test_a_read_whose_time_is_over_while_it_waits_says_so(others: int) -> None:
    @with_script
    async def run(script: Script, calls: Calls) -> None:
        script.answer = not_yet
        reads = [calls.read("x", 2.0, False) for _ in range(1 + others)]
        ended = await asyncio.gather(*reads, return_exceptions=True)
        assert [type(error) for error in ended] == [NotYet] * len(reads)

    run()


@with_script
async def test_more_reads_may_wait_than_batches_may_be_on_the_way(script, calls) -> None:
    script.answer = not_yet
    waiting = [asyncio.create_task(calls.read(n, 500.0, False)) for n in range(100)]
    await asyncio.sleep(1)
    script.delay = 20.0
    script.answer = fine
    assert await asyncio.gather(*waiting) == list(range(100))


@with_script
async def test_closing_ends_reads_that_wait(script, calls) -> None:
    script.answer = not_yet
    read = asyncio.create_task(calls.read("x", None, False))
    await asyncio.sleep(1)
    calls.close()
    with pytest.raises(NoLeader, match="closed"):
        await read
