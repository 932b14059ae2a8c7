"""What links and disks are like, as values."""

from __future__ import annotations

import pytest

from holon_actors.errors import ConfigError
from holon_actors.testing.delays import Constant, Exponential
from holon_actors.testing.profiles import DiskProfile, LinkProfile


@pytest.mark.parametrize(
    ("profile", "text"),
    [
        (LinkProfile(), "LinkProfile()"),
        (
            LinkProfile(loss=0.1, delay=Constant(0.5)),
            "LinkProfile(delay=Constant(s=0.5), loss=0.1)",
        ),
        (DiskProfile(), "DiskProfile()"),
        (DiskProfile(torn=True, capacity=9), "DiskProfile(torn=True, capacity=9)"),
    ],
)
def test_a_profile_prints_what_makes_it_again(profile, text) -> None:
    assert repr(profile) == text
    assert eval(text) == profile


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (LinkProfile, {"loss": 1.1}),
        (LinkProfile, {"duplicate": -1.0}),
        (LinkProfile, {"reorder": 2.0}),
        (LinkProfile, {"delay": 0.1}),
        (LinkProfile, {"late_s": -1.0}),
        (LinkProfile, {"bandwidth": 0.0}),
        (LinkProfile, {"capacity": 0}),
        (DiskProfile, {"sync": 0.1}),
        (DiskProfile, {"survival": 2.0}),
        (DiskProfile, {"error": -1.0}),
        (DiskProfile, {"rot": 2.0}),
        (DiskProfile, {"capacity": -1}),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(kind, wrong) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        kind(**wrong)


def test_profiles_are_values() -> None:
    assert LinkProfile(delay=Exponential(1.0)) == LinkProfile(delay=Exponential(1.0))
    assert len({LinkProfile(), LinkProfile(), LinkProfile(loss=0.1)}) == 2
