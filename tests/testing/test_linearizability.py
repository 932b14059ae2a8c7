from __future__ import annotations

import random
from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holon_actors.testing import InvalidHistory, Operation, Verdict, check_linearizable, models


class Cells:
    """A register whose state is a list, which cannot be hashed."""

    def initial(self) -> list[Any]:
        return [0]

    def apply(self, state: list[Any], call: Any) -> tuple[list[Any], Any]:
        return (state, state[0]) if call == ("read",) else ([call[1]], None)


CALLS: dict[str, tuple[Any, Any]] = {
    "register": (
        models.Register(0),
        st.sampled_from([("read",), ("write", 1), ("write", 2), ("cas", 1, 2), ("cas", 0, 1)]),
    ),
    "cells": (Cells(), st.sampled_from([("read",), ("write", 1), ("write", 2)])),
    "keys": (
        models.KeyValue(),
        st.sampled_from(
            [("get", "a"), ("get", "b"), ("put", "a", 1), ("put", "b", 1), ("cas", "a", 1, 2)]
        ),
    ),
    "lock": (
        models.Lock(),
        st.sampled_from([("acquire", 1), ("acquire", 2), ("release", 1), ("release", 2)]),
    ),
    "queue": (models.FifoQueue(), st.sampled_from([("put", 1), ("put", 2), ("get",)])),
    "counter": (models.Counter(), st.sampled_from([("read",), ("add", 1), ("add", 2)])),
}
ANSWERS = st.sampled_from([None, True, False, 0, 1, 2, 3])


def fits(order: tuple[Operation, ...], model: Any) -> bool:
    """Whether `order` keeps to the times and gives the recorded answers."""
    state = model.initial()
    for place, operation in enumerate(order):
        if any(o.end is not None and o.end < operation.start for o in order[place + 1 :]):
            return False
        state, result = model.apply(state, operation.call)
        if operation.end is not None and result != operation.result:
            return False
    return True


def brute_force(history: list[Operation], model: Any) -> bool:
    completed = [op for op in history if op.end is not None]
    pending = [op for op in history if op.end is None]
    return any(
        fits(order, model)
        for count in range(len(pending) + 1)
        for chosen in combinations(pending, count)
        for order in permutations([*completed, *chosen])
    )


def cut_after(history: list[Operation], returned: Operation) -> list[Operation]:
    """What was known when `returned` had just returned; no two times are equal."""
    assert returned.end is not None
    return [
        op
        if op.end is not None and op.end <= returned.end
        else Operation(op.client, op.call, None, op.start)
        for op in history
        if op.start <= returned.end
    ]


def confirm(verdict: Verdict, history: list[Operation], model: Any) -> None:
    """The verdict, what it names and what it shows, all by brute force."""
    assert bool(verdict) == brute_force(history, model), verdict.explanation
    if verdict:
        assert {op for op in history if op.end is not None} <= set(verdict.linearization)
        assert fits(verdict.linearization, model)
    else:
        ends = sorted((op for op in history if op.end is not None), key=lambda op: op.end or 0)
        refuted = [op for op in ends if not brute_force(cut_after(history, op), model)]
        assert verdict.impossible == refuted[0]


@st.composite
def histories(draw: st.DrawFn, calls: st.SearchStrategy[Any]) -> list[Operation]:
    """Up to six calls of three clients, at times all different, with any answers."""
    size = draw(st.integers(1, 6))
    events = draw(st.permutations([i for i in range(size) for _ in range(2)]))
    first: dict[int, int] = {}
    spans: list[tuple[int, int | None]] = []
    for time, i in enumerate(events):
        if i in first:
            spans.append((first[i], time))
        first.setdefault(i, time)
    history = []
    free: dict[int, float] = {}
    for start, end in sorted(spans):
        over = None if draw(st.integers(0, 5)) == 0 else end
        client = next((c for c in free if free[c] < start), len(free))
        free[client] = float("inf") if over is None else over
        history.append(Operation(client, draw(calls), draw(ANSWERS), start, over))
    return history


@pytest.mark.parametrize("name", CALLS)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_it_agrees_with_trying_all_orders(name: str, data: st.DataObject) -> None:
    model, calls = CALLS[name]
    history = data.draw(histories(calls))
    confirm(check_linearizable(history, model), history, model)


def executed(model: Any, calls: Any, clients: int, count: int, seed: int) -> list[Operation]:
    """A real execution: each call takes effect at one instant between its start and its end."""
    chance = random.Random(seed)
    state = model.initial()
    running: dict[int, list[Any]] = {}
    history: list[Operation] = []
    time = 0
    while len(history) < count:
        time += 1
        client = chance.randrange(clients)
        if client not in running:
            running[client] = [calls(chance), time]
        elif len(running[client]) == 2:
            state, result = model.apply(state, running[client][0])
            running[client].append(result)
        else:
            call, start, result = running.pop(client)
            history.append(Operation(client, call, result, start, time))
    pending = (Operation(c, known[0], None, known[1]) for c, known in running.items())
    return [*history, *pending]


def some_call(chance: random.Random) -> tuple[Any, ...]:
    key, value = chance.randrange(5), chance.randrange(5)
    return chance.choice([("get", key), ("put", key, value), ("cas", key, value, value + 1)])


def register_call(chance: random.Random) -> tuple[Any, ...]:
    return chance.choice([("read",), ("write", chance.randrange(5)), ("cas", 1, 2)])


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("name", ["register", "keys", "counter", "lock", "queue", "cells"])
def test_a_real_execution_is_accepted_and_a_changed_answer_judged(name: str, seed: int) -> None:
    model, calls = CALLS[name]
    choices = calls.elements
    history = executed(model, lambda chance: chance.choice(choices), 3, 5, seed)
    assert check_linearizable(history, model)
    chance = random.Random(seed)
    at = chance.randrange(5)
    old = history[at]
    answer = chance.choice([a for a in (None, True, 0, 1, 2, 3) if a != old.result])
    history[at] = Operation(old.client, old.call, answer, old.start, old.end)
    confirm(check_linearizable(history, model), history, model)


@pytest.mark.parametrize(
    ("model", "calls", "read"),
    [(models.Register(0), register_call, "read"), (models.KeyValue(), some_call, "get")],
)
def test_a_thousand_calls_of_ten_clients_are_judged(model: Any, calls: Any, read: str) -> None:
    history = executed(model, calls, 10, 1_000, seed=1)
    assert check_linearizable(history, model)
    at = max(i for i, op in enumerate(history[:900]) if op.call[0] == read)
    old = history[at]
    history[at] = Operation(old.client, old.call, "never written", old.start, old.end)
    verdict = check_linearizable(history, model)
    assert not verdict
    assert verdict.impossible is history[at]


def test_a_stale_read_is_named_with_what_it_should_have_been() -> None:
    write = Operation("ada", ("write", 7), None, 0, 1)
    read = Operation("bob", ("read",), 0, 2, 3)
    verdict = check_linearizable([write, read], models.Register(0))
    assert not verdict
    assert verdict.impossible is read
    assert verdict.linearization == (write,)
    assert "'bob'" in verdict.explanation
    assert "answer 7" in verdict.explanation


def test_the_first_impossible_answer_is_the_first_whatever_later_ones_say() -> None:
    # The read alone could come after the swap; only the swap's own answer, later, rules it out.
    swap = Operation("ada", ("cas", 0, 5), False, 0, 9)
    read = Operation("bob", ("read",), 5, 1, 2)
    verdict = check_linearizable([swap, read], models.Register(0))
    assert verdict.impossible is swap


def test_a_pending_call_may_have_happened_or_not() -> None:
    pending = Operation("ada", ("write", 1), "ignored", 0)
    old = Operation("bob", ("read",), 0, 1, 2)
    new = Operation("bob", ("read",), 1, 3, 4)
    assert check_linearizable([pending, old], models.Register(0)).linearization == (old,)
    verdict = check_linearizable([pending, old, new], models.Register(0))
    assert verdict.linearization == (old, pending, new)
    again = Operation("bob", ("read",), 0, 5, 6)
    assert check_linearizable([pending, old, new, again], models.Register(0)).impossible is again


def test_calls_of_different_clients_at_one_instant_come_in_any_order() -> None:
    read = Operation("ada", ("read",), 1, 5, 5)
    write = Operation("bob", ("write", 1), None, 5, 5)
    assert check_linearizable([read, write], models.Register(0)).linearization == (write, read)


def test_calls_of_one_client_at_one_instant_come_in_the_order_of_the_history() -> None:
    read = Operation("ada", ("read",), 1, 5, 5)
    write = Operation("ada", ("write", 1), None, 5, 5)
    assert check_linearizable([write, read], models.Register(0))
    assert not check_linearizable([read, write], models.Register(0))


def test_a_call_that_only_clears_the_way_for_the_next_of_its_client_is_kept() -> None:
    # Before the first return, the read matters only because the write of its client follows it.
    seen = Operation("bob", ("read",), 1, 2, 5)
    read = Operation("ada", ("read",), "never written", 3, 5)
    write = Operation("ada", ("write", 1), None, 5, 7)
    assert check_linearizable([seen, read, write], models.Register(0)).impossible is read


@pytest.mark.parametrize("seed", range(20))
def test_partitions_give_one_order_that_keeps_to_the_times(seed: int) -> None:
    history = executed(models.KeyValue(), some_call, 8, 100, seed)
    verdict = check_linearizable(history, models.KeyValue())
    assert verdict
    assert fits(verdict.linearization, models.KeyValue())


def test_an_empty_history_is_linearizable() -> None:
    assert check_linearizable([], models.Register())


ONE = Operation("ada", ("read",), 0, 1, 3)


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        ([Operation("ada", ("read",), 0, 2, 1)], "ends before it starts"),
        ([Operation("ada", ("read",), 0, float("nan"), 1)], "not a number"),
        ([ONE, ONE], "in the history twice"),
        ([ONE, Operation("ada", ("read",), 0, 2, 4)], "overlaps"),
        ([ONE, Operation("ada", ("read",), 0, 1, 3)], "overlaps"),
        ([Operation("ada", ("read",), 0, 1), ONE], "overlaps|still waits"),
    ],
)
def test_what_is_no_history_is_refused(history: list[Operation], reason: str) -> None:
    with pytest.raises(InvalidHistory, match=reason) as caught:
        check_linearizable(history, models.Register(0))
    assert caught.value.operation in history
