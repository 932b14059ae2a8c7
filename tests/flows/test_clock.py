from __future__ import annotations

from holon_actors.flows import SystemClock, current_clock, using_clock
from tests.support.flow_clock import FakeClock


def test_the_clock_is_the_systems_unless_another_is_in_use() -> None:
    assert isinstance(current_clock(), SystemClock)
    fake = FakeClock()
    with using_clock(fake) as used:
        assert current_clock() is used is fake
    assert isinstance(current_clock(), SystemClock)


def test_the_system_clock_goes_forward_and_its_numbers_are_fractions() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0)
    assert clock.monotonic() >= before
    drawn = [clock.random() for _ in range(100)]
    assert all(0 <= number < 1 for number in drawn)
    assert len(set(drawn)) > 90
