from __future__ import annotations

import asyncio
import pickle

from holon_actors.testing import Simulation
from holon_actors.testing import Trace as Events
from holon_actors.testing._trace import Step, Trace
from tests.testing.kit import Get, Put, Register


def test_the_fingerprint_is_that_of_the_steps_whether_kept_or_not() -> None:
    kept, hashed, other = Trace(), Trace(keep=False), Trace()
    for trace in (kept, hashed):
        trace.record(1, "run", "a")
        trace.record(2, "timer", "b")
    other.record(1, "run", "a")
    other.record(2, "run", "b")
    assert kept.fingerprint() == hashed.fingerprint() != other.fingerprint()
    assert kept.steps == [Step(1, "run", "a"), Step(2, "timer", "b")]
    assert hashed.steps == []


def test_labels_with_line_ends_do_not_run_into_one_another() -> None:
    one, two = Trace(), Trace()
    one.record(1, "run", "a\n2 run 1 b")
    two.record(1, "run", "a")
    two.record(2, "run", "b")
    assert one.fingerprint() != two.fingerprint()


# The trace of actors


def test_a_trace_tells_who_sent_what_to_whom_and_when() -> None:
    trace = traced()
    sent = next(event for event in trace if event.kind == "sent" and event.what == "Put(5)")
    assert (sent.time, sent.node, sent.who, sent.whom) == (2.0, "a", "outside", "register@a")
    assert str(sent) == "    2.000000  sent       outside  -> register@a  : Put(5)"
    assert isinstance(trace[:2], Events)
    assert str(trace).splitlines() == [str(event) for event in trace]
    assert len(trace[-3:]) == 3
    assert repr(trace) == f"<Trace of {len(trace)} events>"


def test_a_trace_is_drawn_as_a_sequence_diagram() -> None:
    lines = traced().mermaid().splitlines()
    assert lines[0] == "sequenceDiagram"
    ids = {line.split()[3]: line.split()[1] for line in lines if "participant" in line}
    register, outside = ids["register@a"], ids["outside"]
    assert f"    {outside}->>{register}: Put(5)" in lines
    assert f"    {outside}->>{register}: Get()" in lines
    assert f"    {register}-->>{outside}: 5" in lines
    assert f"    Note over {ids['a']}: crashed" in lines
    assert f"    {outside}-x{register}: 'too late, no.1' (crashed)" in lines


def test_a_diagram_is_bounded() -> None:
    assert len(traced().mermaid(3).splitlines()) < 12
    assert traced().mermaid(0) == "sequenceDiagram"


def test_a_trace_is_copied_as_text() -> None:
    trace = traced()
    copied = pickle.loads(pickle.dumps(trace))
    assert list(copied) == list(trace)
    assert copied.fingerprint() == trace.fingerprint()


def traced() -> Events:
    async def scenario(sim: Simulation) -> None:
        register = sim.node("a", bind=None).spawn(Register, name="register")
        await asyncio.sleep(2)
        register.tell(Put(5))
        await register.ask(Get())
        sim.crash("a")
        register.tell("too late; #1")

    simulation = Simulation(1)
    simulation.run(scenario)
    return simulation.trace
