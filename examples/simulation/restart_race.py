"""A printer is restarted, and prints on nothing before it is given paper again.

python examples/simulation/restart_race.py
"""

import asyncio

from holon_actors import Actor, Request, message
from holon_actors.testing import Simulation, SimulationFailure, explore


@message
class Load:
    paper: str


@message
class NeedsPaper:
    pass


@message
class Print(Request[str]):
    page: str
    is_crumpled: bool = False


class PaperJam(Exception):
    """The printer has to be opened."""


class Printer(Actor):
    """Asks its office for paper when it has been restarted."""

    paper: str | None = None

    def restarted(self, error):
        self.tell(self.parent, NeedsPaper())

    def receive(self, message, sender):
        match message:
            case Load(paper=paper):
                self.paper = paper
            case Print(is_crumpled=True):
                raise PaperJam
            case Print(page=page):
                return f"{page} on {self.paper}"


class FixedPrinter(Printer):
    """Puts pages aside until there is paper."""

    def receive(self, message, sender):
        if isinstance(message, Print) and self.paper is None:
            return self.stash()
        if isinstance(message, Load):
            self.unstash_all()
        return super().receive(message, sender)


class Office(Actor):
    def __init__(self, printer: type[Printer]) -> None:
        self.tell(self.spawn(printer, name="printer"), Load("A4"))

    def receive(self, message, sender):
        self.tell(sender, Load("A4"))


async def scenario(sim: Simulation, printer: type[Printer] = Printer) -> None:
    node = sim.node("office")
    node.spawn(Office, printer, name="desk")
    queue = node.lookup("/user/desk/printer")
    assert queue is not None

    async def clerk() -> None:
        await asyncio.sleep(sim.draw("comes after", 20))
        try:
            printed = await queue.ask(Print("bill", is_crumpled=sim.draw("crumpled", 4) == 3))
        except PaperJam:
            return
        assert printed == "bill on A4", f"printed: {printed}"

    await asyncio.gather(clerk(), clerk(), clerk())


async def fixed(sim: Simulation) -> None:
    await scenario(sim, FixedPrinter)


if __name__ == "__main__":
    try:
        explore(scenario)
    except SimulationFailure as failure:
        print(failure)
    print(f"fixed: {explore(fixed).runs} runs without a failure")
