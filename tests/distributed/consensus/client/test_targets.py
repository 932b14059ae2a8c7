from __future__ import annotations

from holon_actors.distributed.consensus.client.targets import Targets

ABC = {name: f"sim://{name}" for name in "abc"}


def test_all_members_are_tried_before_any_one_twice() -> None:
    targets = Targets(ABC)
    tried, tired = [], []
    for _ in range(6):
        tried.append(targets.pick())
        tired.append(targets.missed(tried[-1]))
    assert tried == ["a", "b", "c"] * 2
    assert tired == [False, False, True] * 2


def test_the_leader_is_asked_until_it_misses() -> None:
    targets = Targets(ABC)
    targets.learn("b", {})
    assert targets.pick() == "b"
    targets.answered()
    assert targets.pick() == "b"
    targets.missed("b")
    assert targets.pick() != ""
    targets.learn("c", {})
    assert targets.pick() == "c"


def test_a_leader_that_nobody_knows_the_address_of_is_not_asked() -> None:
    targets = Targets(ABC)
    targets.learn("z", {})
    assert targets.pick() in ABC
    targets.learn("z", ABC | {"z": "sim://z"})
    assert targets.pick() == "z"


def test_a_leader_that_is_no_member_any_more_is_not_asked() -> None:
    targets = Targets(ABC)
    targets.learn("c", {})
    targets.learn("", {"a": "sim://a"})
    assert targets.pick() == "a"


def test_the_member_at_home_is_asked_first_while_no_leader_is_known() -> None:
    targets = Targets(ABC, home="b")
    assert targets.pick() == "b"
    names = set()
    for _ in range(3):
        targets.missed(targets.pick())
        names.add(targets.pick())
    assert names == set(ABC)
    targets.answered()
    assert targets.pick() == "b"


def test_a_leader_that_is_lost_is_asked_again_only_after_the_others() -> None:
    for leader in ABC:
        targets = Targets(ABC)
        targets.learn(leader, {})
        asked = []
        for _ in ABC:
            asked.append(targets.pick())
            targets.missed(asked[-1])
        assert asked[0] == leader
        assert sorted(asked) == sorted(ABC)
