"""Runs test cases one after the other on one engine, and judges what comes of each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from holon_actors.cli.cases import Case, judge_error, judge_result
from holon_actors.cli.difference import MISSING, Difference
from holon_actors.cli.errors import FlowFailed, FlowTimedOut, InputRejected, ResultNotJson
from holon_actors.cli.execution import Plan, make_engine, run_flow
from holon_actors.cli.jsonable import plain
from holon_actors.cli.loading import input_when_none_given
from holon_actors.cli.outcomes import Outcome
from holon_actors.flows import Flow
from holon_actors.runtime import Engine

__all__ = ["Suite", "run_suite"]

# Why a case failed, and at which places; both empty when it passed.
Finding = tuple[str, list[Difference]]


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Cases with the flow each is for, and how to run them."""

    trials: list[tuple[Flow[Any, Any], Case]]
    plan: Plan
    fail_fast: bool = False


async def run_suite(suite: Suite, advance: Callable[[], None]) -> list[Outcome]:
    """An outcome per case, in order; `advance` is called after each."""
    outcomes: list[Outcome] = []
    async with make_engine(suite.plan) as engine:
        for flow, case in suite.trials:
            outcomes.append(await _try(engine, flow, case, suite.plan))
            advance()
            if suite.fail_fast and outcomes[-1].status == "failed":
                break

    skipped = suite.trials[len(outcomes) :]
    return outcomes + [_outcome(flow, case, "skipped") for flow, case in skipped]


async def _try(engine: Engine, flow: Flow[Any, Any], case: Case, plan: Plan) -> Outcome:
    loop = asyncio.get_running_loop()
    started = loop.time()
    reason, places = await _finding(engine, flow, case, plan)
    outcome = _outcome(flow, case, "failed" if reason else "passed")
    return replace(outcome, duration_s=loop.time() - started, reason=reason, places=places)


async def _finding(engine: Engine, flow: Flow[Any, Any], case: Case, plan: Plan) -> Finding:
    timeout_s = case.timeout_s if case.timeout_s is not None else plan.timeout_s
    try:
        value = input_when_none_given(flow) if case.input is MISSING else case.input
        run = await run_flow(engine, flow, value, replace(plan, timeout_s=timeout_s))
        return judge_result(case, plain(run.result))
    except FlowFailed as error:
        return judge_error(case, error.error), []
    except (FlowTimedOut, InputRejected, ResultNotJson) as error:
        return judge_error(case, error), []


def _outcome(flow: Flow[Any, Any], case: Case, status: Any) -> Outcome:
    return Outcome(name=case.name, flow=flow.meta.name, status=status)
