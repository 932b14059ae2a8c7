from __future__ import annotations

import asyncio
import pickle

from holon_actors.testing import Event, Simulation, Trace
from tests.testing.kit import Get, Put, Register

# The trace of actors


def test_a_trace_tells_who_sent_what_to_whom_and_when() -> None:
    trace = traced()
    sent = next(event for event in trace if event.kind == "sent" and event.what == "Put(5)")
    assert (sent.time, sent.node, sent.who, sent.whom) == (2.0, "a", "outside", "register@a")
    assert str(sent) == "    2.000000  sent       outside  -> register@a  : Put(5)"
    assert isinstance(trace[:2], Trace)
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


def traced() -> Trace:
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


def test_a_diagram_has_one_line_for_each_event_whatever_is_in_the_texts() -> None:
    odd = 'a;b #c\r\nd "e"\u2028f: %% end'
    events = [Event(0.0, "sent", "a", odd, "b", odd), Event(0.0, "failed", "a", "b", "", odd)]
    lines = Trace(events).mermaid().splitlines()
    assert len(lines) == 5
    assert not any(set(line) & set(";#\r") for line in lines)
