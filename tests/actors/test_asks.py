"""The time limits of asks, on a virtual clock."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors import ActorSystem, AskTimeout, ConfigError
from tests.actors.kit import Note, Scripted, virtual
from tests.support.virtual_time import run_virtual


def sleeper(me: Any, message: Any, sender: Any) -> Any:
    async def nap() -> Any:
        await asyncio.sleep(message if isinstance(message, (int, float)) else 60)
        return message

    return nap()


@virtual
async def test_an_ask_without_an_answer_ends_with_the_facts() -> None:
    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, sleeper)
        ref.tell(30)
        await asyncio.sleep(0.5)
        ref.tell("unread")
        with pytest.raises(AskTimeout) as caught:
            await ref.ask(Note("hello"), timeout=2.0)
        error = caught.value
        assert isinstance(error, TimeoutError)
        assert (error.address, error.message_type, error.timeout_s) == (ref.address, "Note", 2.0)
        assert error.depth == 2
        assert error.doing == "handling int for 2.5 s"
        for fact in (str(ref.address), "Note", "2 s", "handling int", "2 unread"):
            assert fact in str(error)
        assert system.clock() == pytest.approx(2.5)
        ref.kill()


@virtual
async def test_a_timed_out_message_may_still_be_handled_and_its_answer_is_late() -> None:
    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, sleeper)
        with pytest.raises(AskTimeout):
            await ref.ask(3, timeout=1.0)
        await asyncio.sleep(5)
        assert system.statistics().late_answers == 1
        assert await ref.ask(0.5, timeout=1.0) == 0.5


@virtual
async def test_the_system_s_time_limit_is_for_asks_without_one() -> None:
    async with ActorSystem("test", ask_timeout=7.0) as system:
        ref = system.spawn(Scripted, sleeper)
        with pytest.raises(AskTimeout) as caught:
            await ref.ask("x")
        assert caught.value.timeout_s == 7.0
        assert system.clock() == pytest.approx(7.0)
        ref.kill()


@virtual
async def test_without_limit_an_ask_waits_as_long_as_it_takes() -> None:
    async with ActorSystem("test") as system:
        assert await system.spawn(Scripted, sleeper).ask(100_000, timeout=math.inf) == 100_000


@virtual
async def test_a_limit_of_zero_ends_at_once() -> None:
    async with ActorSystem("test") as system:
        with pytest.raises(AskTimeout):
            await system.spawn(Scripted, sleeper).ask(1, timeout=0.0)
        assert system.clock() < 0.1


@virtual
async def test_the_time_of_an_ask_counts_from_the_asking() -> None:
    async with ActorSystem("test") as system:
        ref = system.spawn(Scripted, sleeper)
        first = asyncio.ensure_future(ref.ask("a", timeout=5.0))
        await asyncio.sleep(3)
        second = asyncio.ensure_future(ref.ask("b", timeout=5.0))
        await asyncio.wait([first])
        assert system.clock() == pytest.approx(5.0)
        assert not second.done()
        await asyncio.wait([second])
        assert system.clock() == pytest.approx(8.0)
        assert isinstance(first.exception(), AskTimeout)
        assert isinstance(second.exception(), AskTimeout)
        ref.kill()


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 10),  # asked at
            st.sampled_from([1, 2, 4]),  # time limit
            st.sampled_from([0.5, 1.5, 3.5, 9.5]),  # answered after
        ),
        max_size=12,
    )
)
def test_every_ask_ends_at_its_answer_or_its_limit(plan: list[tuple[int, int, float]]) -> None:
    async def one(system: ActorSystem, at: int, limit: int, work: float) -> None:
        await asyncio.sleep(at)
        began = system.clock()
        ref = system.spawn(Scripted, sleeper)
        if work < limit:
            assert await ref.ask(work, timeout=limit) == work
            assert system.clock() - began == pytest.approx(work)
        else:
            with pytest.raises(AskTimeout):
                await ref.ask(work, timeout=limit)
            assert system.clock() - began == pytest.approx(limit, abs=1e-5)

    async def main() -> None:
        async with ActorSystem("test") as system:
            await asyncio.gather(*(one(system, *step) for step in plan))

    run_virtual(main())


@virtual
async def test_a_doing_of_an_idle_actor_says_so() -> None:
    """The handler deferred its answer and went on to nothing."""

    def handle(me: Any, message: Any, sender: Any) -> None:
        me.kept = me.defer_reply()

    async with ActorSystem("test") as system:
        with pytest.raises(AskTimeout) as caught:
            await system.spawn(Scripted, handle).ask("x", timeout=1.0)
        assert (caught.value.doing, caught.value.depth) == ("idle", 0)


@pytest.mark.parametrize("value", [0, -1, float("nan")])
async def test_a_default_limit_out_of_range_is_refused(value: float) -> None:
    with pytest.raises(ConfigError, match="ask_timeout"):
        ActorSystem("test", ask_timeout=value)


async def test_a_limit_that_is_no_number_keeps_the_timers_in_order(system: ActorSystem) -> None:
    ref = system.spawn(Scripted, sleeper)
    asking = asyncio.create_task(ref.ask("x", timeout=math.nan))
    await asyncio.sleep(0)
    (bucket,) = system._asks._buckets.values()
    assert bucket._timer is not None
    assert not math.isnan(bucket._timer.when())
    with pytest.raises(AskTimeout):
        await asking
    ref.kill()


async def test_ever_new_time_outs_leave_no_timers_behind(system: ActorSystem) -> None:
    async def handle(me: Any, message: Any, sender: Any) -> None:
        await asyncio.sleep(0)

    ref = system.spawn(Scripted, handle)
    for n in range(300):
        await ref.ask(1, timeout=100 + n)
    assert len(system._asks._buckets) < 50
