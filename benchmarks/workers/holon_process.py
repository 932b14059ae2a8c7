"""Actors in processes of their own: from `spawn` to the first answer, median seconds.

The system has had one such actor before, so what starts the processes is up; with the option
`first` each is the first of its system.
"""

import statistics
from time import perf_counter

from benchmarks.workers._serve import on_loop, options, serve
from holon_actors import Actor, ActorSystem


class Echo(Actor):
    """Echoes."""

    def receive(self, message: bytes, sender: object) -> bytes:
        return message


async def _first_answer(system: ActorSystem) -> float:
    started = perf_counter()
    actor = system.spawn(Echo, dispatcher="process")
    await actor.ask(b"", timeout=30.0)
    took = perf_counter() - started
    actor.stop()
    return took


async def first_answers(count: int) -> float:
    """Median seconds to the first answer of an actor."""
    if "first" in options():
        return statistics.median([await _of_a_new_system() for _ in range(count)])
    async with ActorSystem("bench", attach=False) as system:
        await _first_answer(system)
        return statistics.median([await _first_answer(system) for _ in range(count)])


async def _of_a_new_system() -> float:
    async with ActorSystem("bench", attach=False) as system:
        return await _first_answer(system)


if __name__ == "__main__":
    serve({"process-actor": on_loop(first_answers)})
