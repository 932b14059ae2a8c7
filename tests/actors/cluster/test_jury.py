"""The end of a suspect: polls, confirmations, and what a confirmation binds to."""

from __future__ import annotations

from random import Random

from holon_actors.actors.cluster.effects import Effects
from holon_actors.actors.cluster.messages import Confirm, Gossip, Poll
from holon_actors.actors.cluster.record import Record, Vote
from holon_actors.actors.cluster.settings import SwimSettings
from holon_actors.actors.cluster.swim import Swim

SETTINGS = SwimSettings()


def voter(*others: str) -> Swim:
    """Node "v" among others, all with votes."""
    swim = Swim("v", "V", 1_000, SETTINGS, Random(1), 0.0)
    swim.receive(others[0], Gossip(tuple(member(other) for other in others)), 0.0)
    return swim


def member(address: str) -> Record:
    return Record(address, address.upper(), 1_000, voter=True)


def accused(address: str, *accusers: str, members: int = 3) -> Record:
    record = member(address)
    for accuser in accusers:
        record = record.accused(Vote(accuser, 1_001, members))
    return record


def accuse(swim: Swim, address: str) -> None:
    swim._view.accuse(address, 1_000, 0, 0.0)
    swim._effects(0.0)


def poll(swim: Swim, asker: str, target: str, now: float, number: int = 1) -> list[Confirm]:
    sent = swim.receive(asker, Poll(number, target, 1_000, 0, (member(asker),)), now).send
    return [message for _, message in sent if isinstance(message, Confirm)]


def confirmations(effects: Effects) -> list[tuple[str, Poll]]:
    return [(address, m) for address, m in effects.send if isinstance(m, Poll)]


def state(swim: Swim, address: str) -> str:
    return next(r.state for r in swim.members if r.address == address)


def test_a_voter_confirms_what_it_accuses_itself() -> None:
    swim = voter("a", "b", "c")
    accuse(swim, "c")
    assert len(poll(swim, "a", "c", 0.1)) == 1


def test_a_voter_does_not_confirm_the_accusations_of_others() -> None:
    swim = voter("a", "b", "c")
    swim.receive("b", Gossip((member("b"), accused("c", "a", "b", members=4))), 0.1)
    assert poll(swim, "a", "c", 0.1) == []


def test_a_voter_does_not_confirm_for_a_life_that_was_refuted() -> None:
    swim = voter("a", "b", "c")
    accuse(swim, "c")
    refuted = Record("c", "C", 1_000, 1, voter=True)
    swim.receive("c", Gossip((refuted,)), 0.1)
    assert poll(swim, "a", "c", 0.1) == []


def test_who_confirmed_does_not_confirm_the_opposite_for_some_time() -> None:
    swim = voter("a", "b", "c", "d")
    accuse(swim, "a")
    accuse(swim, "c")
    assert len(poll(swim, "a", "c", 0.1)) == 1
    assert poll(swim, "b", "a", 0.2, number=2) == []
    later = 0.2 + SETTINGS.pledge_s
    assert len(poll(swim, "b", "a", later, number=3)) == 1


def test_a_suspect_is_polled_about_and_downed_once_a_majority_confirms() -> None:
    swim = voter("a", "b", "c")
    accuse(swim, "c")
    swim.receive("b", Gossip((member("b"), accused("c", "a", "b", members=4))), 0.1)
    now, polled = 0.1, []
    while not polled and now < 20:
        now += 0.05
        polled = confirmations(swim.tick(now))
    assert {address for address, _ in polled} == {"a", "b"}
    assert state(swim, "c") == "suspect"
    number = polled[0][1].number
    swim.receive("a", Confirm(number, (member("a"),)), now)
    assert state(swim, "c") == "suspect"  # two of four
    effects = swim.receive("b", Confirm(number, (member("b"),)), now)
    assert state(swim, "c") == "down"
    assert [change.kind for change in effects.changes] == ["down"]


def test_a_confirmation_that_nobody_asked_for_counts_for_nothing() -> None:
    swim = voter("a", "b", "c")
    accuse(swim, "c")
    for accuser in ("a", "b"):
        swim.receive(accuser, Confirm(1, (member(accuser),)), 0.1)
    assert state(swim, "c") == "suspect"


def test_a_confirmation_after_a_refutation_counts_for_nothing() -> None:
    swim = voter("a", "b", "c")
    accuse(swim, "c")
    swim.receive("b", Gossip((member("b"), accused("c", "a", "b", members=4))), 0.1)
    now, polled = 0.1, []
    while not polled and now < 20:
        now += 0.05
        polled = confirmations(swim.tick(now))
    swim.receive("c", Gossip((Record("c", "C", 1_000, 1, voter=True),)), now)
    for accuser in ("a", "b"):
        swim.receive(accuser, Confirm(polled[0][1].number, (member(accuser),)), now)
    assert state(swim, "c") == "alive"
