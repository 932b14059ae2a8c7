"""Actors of a simulation: the kernel's own, that note who sent what to whom, and who waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.actors._cell import Cell
from holon_actors.actors.mailbox import Envelope
from holon_actors.actors.ref import ActorRef

if TYPE_CHECKING:
    from holon_actors.testing._kernel.machine import SimMachine

__all__ = ["SimCell"]


class SimCell(Cell):
    """One actor of a simulated system."""

    __slots__ = ("_machine", "_recorder")

    def __init__(self, system: Any, *args: Any) -> None:
        super().__init__(system, *args)
        self._machine: SimMachine = system._machine
        self._recorder = recorder = self._machine.recorder
        recorder.append((recorder.now_ns, "spawned", recorder.current, self, None))

    def tell(self, message: Any, sender: ActorRef[Any] | None = None) -> None:
        recorder = self._recorder
        recorder.append((recorder.now_ns, "sent", sender or recorder.current, self, message))
        super().tell(message, sender)

    def _post(self, envelope: Envelope) -> None:
        recorder = self._recorder
        asker = envelope[1] or recorder.current
        recorder.append((recorder.now_ns, "asked", asker, self, envelope[0]))
        self._machine.waits.begin(asker, self, envelope)
        super()._post(envelope)
