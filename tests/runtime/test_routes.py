"""Who decides where a flow runs, and what is said about it."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from holon_actors.errors import ConfigError
from holon_actors.flows import flow
from holon_actors.runtime import Engine, WrongIsolation
from holon_actors.runtime.routes import Routes
from tests.runtime.sample_flows import add, add_async, echo


@flow(isolation="process")
def apart(value: Any) -> Any:
    return value


def test_the_call_decides_before_the_flow_and_the_flow_before_the_engine() -> None:
    routes = Routes("engine", "inline")
    assert routes.isolation_of(apart, "thread") == "thread"
    assert routes.isolation_of(apart, None) == "process"
    assert routes.isolation_of(add, None) == "inline"


def test_auto_asked_for_is_not_overruled() -> None:
    routes = Routes("engine", "inline")
    assert routes.isolation_of(apart, "auto") == "thread"
    assert routes.isolation_of(add_async, "auto") == "loop"


def test_an_async_flow_cannot_run_inline() -> None:
    with pytest.raises(WrongIsolation):
        Routes("engine", "inline").isolation_of(add_async, None)


def test_what_cannot_be_looked_up_is_refused() -> None:
    routes = Routes("engine", "auto")
    not_a_flow: Any = [add]
    with pytest.raises(ConfigError, match="expected a flow"):
        routes.isolation_of(not_a_flow, None)
    not_a_name: Any = ["thread"]
    with pytest.raises(ConfigError, match="isolation"):
        routes.isolation_of(add, not_a_name)


async def test_a_timeout_that_cannot_stop_its_flow_is_named_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "holon_actors.runtime.routes")
    async with Engine() as engine:
        for _ in range(3):
            await engine.execute(echo, 1, timeout=30)
        await engine.execute(add, (1, 2))
        await engine.execute(add_async, (1, 2), timeout=30)
    (record,) = [one for one in caplog.records if one.name == "holon_actors.runtime.routes"]
    assert "'echo'" in record.getMessage()
