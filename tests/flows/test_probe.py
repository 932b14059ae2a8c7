from __future__ import annotations

import asyncio
import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from holon_actors import flows
from holon_actors.flows import Flow, failure_path, flow, probing


class Recorder:
    def __init__(self) -> None:
        self.events: list[tuple[str, str, Any]] = []

    def enter(self, path: str, flow: Flow[Any, Any], value: Any) -> Any:
        self.events.append(("enter", path, value))
        return value

    def exit(self, path: str, flow: Flow[Any, Any], result: Any) -> None:
        self.events.append(("exit", path, result))

    def fail(self, path: str, flow: Flow[Any, Any], error: BaseException) -> None:
        self.events.append(("fail", path, error))

    @property
    def paths(self) -> list[str]:
        return [path for kind, path, _ in self.events if kind == "enter"]


@flow
def inc(x: int) -> int:
    return x + 1


@flow
async def slow_inc(x: int) -> int:
    await asyncio.sleep(0)
    return x + 1


@flow
def broken(x: int) -> int:
    raise LookupError(x)


everything = (
    inc
    | flows.parallel(a=inc.retry(2), b=inc.maybe())
    | (lambda both: [both["a"], both["b"]])
    | flows.map(inc)
    | flows.filter(lambda x: x > 0)
    | flows.reduce(lambda total, x: total + x, 0)
    | flows.when(lambda x: x > 0, inc, inc)
    | flows.loop(inc, lambda x: x < 12)
    | inc.memoize().timeout(5).result()
)


def test_a_probe_sees_each_node_under_its_id_in_the_graph() -> None:
    recorder = Recorder()
    with probing(recorder):
        traced = everything(1)
    assert traced == everything(1)
    ids = {node.id for node in everything.graph().nodes}
    assert set(recorder.paths) <= ids
    assert recorder.paths[:4] == [
        "pipe",
        "pipe[0]/inc",
        "pipe[1]/parallel",
        "pipe[1]/parallel.a/retry",
    ]
    assert len(recorder.events) == 2 * len(recorder.paths)


async def test_async_nodes_are_probed_too() -> None:
    recorder = Recorder()
    mixed = inc | flows.parallel([slow_inc, inc]) | flows.map(slow_inc)
    with probing(recorder):
        assert await mixed(1) == [4, 4]
    assert set(recorder.paths) == {node.id for node in mixed.graph().nodes}


def test_a_probe_may_replace_the_input_of_a_node() -> None:
    class Doubling(Recorder):
        def enter(self, path: str, flow: Flow[Any, Any], value: Any) -> Any:
            return value * 2 if path == "pipe[1]/inc" else value

    with probing(Doubling()):
        assert (inc | inc)(1) == 5


def test_a_probe_hears_of_failures_and_of_nothing_after() -> None:
    recorder = Recorder()
    with probing(recorder), pytest.raises(LookupError) as caught:
        (inc | broken | inc)(1)
    failures = [(path, error) for kind, path, error in recorder.events if kind == "fail"]
    assert failures == [("pipe[1]/broken", caught.value), ("pipe", caught.value)]
    assert failure_path(caught.value) == "pipe[1]/broken"


def test_a_direct_call_of_a_leaf_is_probed() -> None:
    recorder = Recorder()
    with probing(recorder):
        assert inc(x=1) == 2
    assert recorder.paths == ["inc"]


def test_flows_called_inside_a_leaf_are_not_reported() -> None:
    outer = flow(lambda x: (inc | inc)(x), name="outer")
    recorder = Recorder()
    with probing(recorder):
        assert (outer | inc)(1) == 4
    assert recorder.paths == ["pipe", "pipe[0]/outer", "pipe[1]/inc"]


def test_a_probe_follows_its_context_into_a_thread() -> None:
    recorder = Recorder()
    with ThreadPoolExecutor(1) as pool, probing(recorder):
        context = contextvars.copy_context()
        assert pool.submit(context.run, inc.apply, 1).result() == 2
    assert recorder.paths == ["inc"]
    assert inc(1) == 2
    assert recorder.paths == ["inc"]


def test_cancellation_is_a_failure_to_the_probe() -> None:
    async def forever(x: int) -> None:
        await asyncio.Event().wait()

    async def main() -> None:
        with probing(recorder):
            task = asyncio.ensure_future(flow(forever).apply(1))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    recorder = Recorder()
    asyncio.run(main())
    assert [kind for kind, _, _ in recorder.events] == ["enter", "fail"]
