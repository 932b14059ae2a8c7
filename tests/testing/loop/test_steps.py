from __future__ import annotations

from holon_actors.testing._loop.steps import Step, Trace


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
