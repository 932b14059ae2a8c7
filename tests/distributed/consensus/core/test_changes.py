"""Plans of changes of members."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.distributed.consensus.core import changes, reasons
from holon_actors.distributed.consensus.core.configuration import Configuration
from holon_actors.distributed.consensus.core.inputs import Change
from tests.distributed.consensus.core.kit import voters

ABC = voters("a", "b", "c", learners="l")


def at(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"at-{name}") for name in names)


def test_new_voters_are_learners_first_and_nobody_s_vote_changes() -> None:
    """Thesis 4.2.1."""
    assert changes.prepare(ABC, Change(1, add=at("d"), learn=at("e"))) == voters(
        "a", "b", "c", learners="del"
    )
    assert changes.prepare(ABC, Change(1, promote=("l",), remove=("a",))) == ABC


def test_votes_change_through_a_joint_configuration() -> None:
    """Thesis 4.3."""
    change = Change(1, add=at("d"), promote=("l",), demote=("b",), remove=("c",))
    joint = changes.enter(changes.prepare(ABC, change), change)
    assert joint.voters == ("a", "d", "l")
    assert joint.outgoing == ("a", "b", "c")
    assert (joint.learners, joint.learners_next) == ((), ("b",))
    assert dict(joint.addresses) == dict(at("a", "b", "c", "d", "l"))
    assert changes.leave(joint) == voters("a", "d", "l", learners="b")


def test_learners_come_and_go_in_one_step() -> None:
    change = Change(1, learn=at("e"), remove=("l",))
    after = changes.enter(changes.prepare(ABC, change), change)
    assert after == voters("a", "b", "c", learners="e")
    assert not after.joint


def test_nothing_asked_for_changes_nothing() -> None:
    assert changes.enter(changes.prepare(ABC, Change(1)), Change(1)) == ABC


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        (Change(1, add=at("a")), (reasons.DUPLICATE_MEMBER, "a")),
        (Change(1, add=(("l", "elsewhere"),)), (reasons.DUPLICATE_MEMBER, "l")),
        (Change(1, add=at("l")), None),
        (Change(1, add=at("d", "d")), (reasons.DUPLICATE_MEMBER, "d")),
        (Change(1, add=at("d"), remove=("d",)), (reasons.DUPLICATE_MEMBER, "d")),
        (Change(1, demote=("a",), remove=("a",)), (reasons.DUPLICATE_MEMBER, "a")),
        (Change(1, add=(("d", "at-a"),)), (reasons.DUPLICATE_MEMBER, "d")),
        (Change(1, learn=(("d", "x"), ("e", "x"))), (reasons.DUPLICATE_MEMBER, "e")),
        (Change(1, learn=at("l")), (reasons.DUPLICATE_MEMBER, "l")),
        (Change(1, learn=at("a")), (reasons.DUPLICATE_MEMBER, "a")),
        (Change(1, promote=("a",)), (reasons.DUPLICATE_MEMBER, "a")),
        (Change(1, promote=("x",)), (reasons.NOT_A_MEMBER, "x")),
        (Change(1, demote=("l",)), (reasons.NOT_A_MEMBER, "l")),
        (Change(1, remove=("x",)), (reasons.NOT_A_MEMBER, "x")),
        (Change(1, remove=("a", "b", "c")), (reasons.LAST_VOTER, "a, b, c")),
        (Change(1, demote=("a", "b"), remove=("c",)), (reasons.LAST_VOTER, "a, b, c")),
        (Change(1, remove=("a", "b", "c"), promote=("l",)), None),
        (Change(1, remove=("a", "b")), None),
        (Change(1, remove=("l",)), None),
        (Change(1, add=at("d"), learn=at("e")), None),
        (Change(1), None),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_name_it_is_about(
    change: Change, refusal: tuple[str, str] | None
) -> None:
    assert changes.refusal(ABC, change) == refusal


NAMES = tuple("abcdefgh")
names = st.lists(st.sampled_from(NAMES), unique=True, max_size=4).map(tuple)
pairs = names.map(lambda group: at(*group))
any_change = st.builds(
    Change, st.just(1), add=pairs, learn=pairs, promote=names, demote=names, remove=names
)


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    roles = {name: draw(st.sampled_from("vl-")) for name in NAMES}
    roles[draw(st.sampled_from(NAMES))] = "v"
    return voters(
        *(name for name in NAMES if roles[name] == "v"),
        learners=[name for name in NAMES if roles[name] == "l"],
    )


@given(configurations(), any_change)
def test_a_change_that_is_not_refused_ends_as_was_asked_by_valid_steps(
    before: Configuration, change: Change
) -> None:
    if changes.refusal(before, change) is not None:
        return
    prepared = changes.check(changes.prepare(before, change))
    assert (prepared.voters, prepared.outgoing) == (before.voters, ())
    entered = changes.check(changes.enter(prepared, change))
    after = changes.check(changes.leave(entered)) if entered.joint else entered
    new = {name for name, _ in change.add}
    gone = {*change.demote, *change.remove}
    assert {*after.voters} == ({*before.voters} - gone) | new | {*change.promote}
    assert {*after.learners} == (
        ({*before.learners} | {name for name, _ in change.learn} | {*change.demote})
        - new
        - {*change.promote}
        - {*change.remove}
    )
    assert after.voters
    assert not after.joint
    if entered.joint:
        assert entered.outgoing == before.voters


@pytest.mark.parametrize(
    "wrong",
    [
        Configuration(voters=("b", "a"), addresses=at("a", "b")),
        Configuration(voters=("a", "a"), addresses=at("a")),
        Configuration(voters=("a",), learners=("a",), addresses=at("a")),
        Configuration(voters=("a",), outgoing=("b",), learners=("b",), addresses=at("a", "b")),
        Configuration(voters=("a",), outgoing=("a",), learners_next=("a",), addresses=at("a")),
        Configuration(voters=("a",), learners_next=("b",), addresses=at("a", "b")),
        Configuration(voters=("a",)),
        Configuration(voters=("a",), addresses=at("a", "b")),
    ],
)
def test_an_invalid_configuration_is_a_bug(wrong: Configuration) -> None:
    with pytest.raises(AssertionError):
        changes.check(wrong)


def test_only_a_joint_configuration_can_be_left() -> None:
    with pytest.raises(AssertionError):
        changes.leave(ABC)
