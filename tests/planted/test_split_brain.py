"""Split brain: a leader that counts only those whom it can reach."""

import asyncio
import itertools

from holon_actors import Actor, ActorError, Request, message
from tests.planted.kit import assert_found, assert_right, mutant

NAMES = ("a", "b", "c")
LEASE_S = 1.0
GRANT_S = 1.5  # longer than a lease, so that a voter is never free too soon


@message
class Vote(Request[bool]):
    candidate: str


@message
class Campaign:
    pass


@message
class Counted:
    began: float
    votes: list[bool | None]  # None: not reached


class Elector(Actor):
    """Leads for a while when most have granted it."""

    def __init__(self, name, terms):
        self.name = name
        self.terms = terms
        self.granted_to = None
        self.granted_until = 0.0

    def started(self):
        self.schedule(0.1 * NAMES.index(self.name), Campaign(), every=0.5)

    def receive(self, message, sender):
        match message:
            case Campaign():
                self.pipe_to_self(self.campaign())
            case Vote(candidate=candidate):
                return self.grant(candidate)
            case Counted(began=began, votes=votes):
                if self.has_won(votes):
                    self.terms.append((began, began + LEASE_S, self.name))

    def grant(self, candidate):
        now = self.system.clock()
        if candidate != self.granted_to and now < self.granted_until:
            return False
        self.granted_to, self.granted_until = candidate, now + GRANT_S
        return True

    def has_won(self, votes):
        return 2 * votes.count(True) > len(NAMES)

    async def campaign(self):
        began = self.system.clock()
        votes = await asyncio.gather(*map(self.vote_of, NAMES))
        return Counted(began, votes)

    async def vote_of(self, name):
        if name == self.name:
            return self.grant(name)
        elector = self.system.ref(f"holon://{name}@sim:{name}/user/elector")
        try:
            return await self.ask(elector, Vote(self.name), timeout=0.3)
        except ActorError:
            return None


class ElectorOfTheReachable(Elector):
    def has_won(self, votes):
        return False not in votes


async def scenario(sim, elector=Elector):
    terms = []
    for name in NAMES:
        sim.node(name).spawn(elector, name, terms, name="elector")
    await asyncio.sleep(2)
    if sim.draw("parted", 10) == 9:
        loner = NAMES[sim.draw("loner", 3)]
        sim.network.isolate(loner)
        await asyncio.sleep(sim.draw("parted for", 6))
        sim.network.heal()
    await asyncio.sleep(2)
    terms.sort()
    assert terms, "nobody ever led"
    for (_, end, leader), (began, _, other) in itertools.pairwise(terms):
        assert leader == other or began >= end, f"{leader} and {other} led at {began}"


def test_a_split_brain_is_found():
    assert_found(mutant(scenario, elector=ElectorOfTheReachable), AssertionError, "led at")


def test_an_elector_that_needs_a_majority_is_right():
    assert_right(scenario)
