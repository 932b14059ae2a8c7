"""One measurement in one process, with real workers."""

import psutil
import pytest

from benchmarks.process import MeasurementFailed, measure, value_of
from benchmarks.work import Entrant

PLAIN = Entrant(system="limit", worker="plain", size=100)


@pytest.mark.parametrize("work", ["tell", "ask", "skynet"])
def test_a_worker_gives_its_value(work: str) -> None:
    assert measure(work, PLAIN, 100) > 0


def test_a_worker_that_raises_says_why() -> None:
    with pytest.raises(MeasurementFailed, match="KeyError: 'no such work'"):
        measure("no such work", PLAIN, 100)


def test_a_worker_that_does_not_exist_says_so() -> None:
    with pytest.raises(MeasurementFailed, match="no_such_worker"):
        measure("tell", Entrant(system="x", worker="no_such_worker", size=1), 1)


def test_a_worker_out_of_time_is_killed() -> None:
    with pytest.raises(MeasurementFailed, match=r"no result within 0\.2 s"):
        measure("ask", PLAIN, 10**9, timeout_s=0.2)
    assert psutil.Process().children() == []


def test_the_value_is_read_from_the_last_line() -> None:
    assert value_of('a peer says hello\n{"value": 2.5}\n') == 2.5


@pytest.mark.parametrize("output", ["", "hello", "3", "{}", '{"value": "many"}', '{"value": null}'])
def test_output_without_a_value_is_a_failure(output: str) -> None:
    with pytest.raises(MeasurementFailed, match="no value"):
        value_of(output)


@pytest.mark.parametrize("value", ["0", "-1.5", "NaN", "Infinity"])
def test_a_value_no_ratio_can_be_made_of_is_a_failure(value: str) -> None:
    with pytest.raises(MeasurementFailed, match="nothing to compare with"):
        value_of(f'{{"value": {value}}}')
