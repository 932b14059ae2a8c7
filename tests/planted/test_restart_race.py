"""Supervisor restart race: a new instance gets its mail before its settings."""

import asyncio

from holon_actors import Actor, Request, message
from tests.planted.kit import assert_found, assert_right, mutant


@message
class Load:
    paper: str


@message
class NeedsPaper:
    pass


@message
class Print(Request[str]):
    text: str
    is_jammed: bool = False


class PaperJam(Exception):
    pass


class Printer(Actor):
    """Prints on what it was loaded with; until then, pages wait."""

    paper = None

    def restarted(self, error):
        self.tell(self.parent, NeedsPaper())

    def receive(self, message, sender):
        match message:
            case Load(paper=paper):
                self.paper = paper
                self.unstash_all()
            case Print() if self.must_wait():
                self.stash()
            case Print(is_jammed=True):
                raise PaperJam
            case Print(text=text):
                return f"{text} on {self.paper}"

    def must_wait(self):
        return self.paper is None


class PrinterThatIsAlwaysLoaded(Printer):
    def must_wait(self):
        return False


class Office(Actor):
    def __init__(self, printer):
        self.printer = self.spawn(printer, name="printer")
        self.tell(self.printer, Load("A4"))

    async def receive(self, message, sender):
        match message:
            case NeedsPaper():
                self.tell(sender, Load("A4"))


async def scenario(sim, printer=Printer):
    node = sim.node("office")
    node.spawn(Office, printer, name="desk")
    queue = node.lookup("/user/desk/printer")

    async def clerk():
        for _ in range(2):
            await asyncio.sleep(10 + sim.draw("gap", 8))
            try:
                printed = await queue.ask(Print("bill", sim.draw("jam", 8) == 7))
            except PaperJam:
                continue
            assert printed == "bill on A4", printed

    async with asyncio.TaskGroup() as day:
        for _ in range(2):
            day.create_task(clerk())


def test_a_restart_race_is_found():
    assert_found(mutant(scenario, printer=PrinterThatIsAlwaysLoaded), AssertionError, "on None")


def test_a_printer_that_waits_for_paper_is_right():
    assert_right(scenario)
