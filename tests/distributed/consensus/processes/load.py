"""Clients that write down what they asked and what came of it: a history to be judged.

As a process: `python load.py SEED SECONDS NAME=ENDPOINT...` prints the history as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from dataclasses import dataclass, field
from typing import Any

from holon_actors import HolonError
from holon_actors.distributed.consensus import OutcomeUnknown, RaftGroup, RaftSettings
from holon_actors.testing import Operation

CLIENTS = 6
KEYS_PER_ERA = 3
# The checker's work grows with the operations of a key: after so many a client goes to new keys.
CALLS_PER_ERA = 12
# Longer than members are paused for: an answer of one that comes back is heard.
_ASK_TIMEOUT_S = 5.0


@dataclass
class History:
    """What clients asked, and the answers they know of."""

    operations: list[Operation] = field(default_factory=list)
    written: dict[str, set[int]] = field(
        default_factory=dict
    )  # by key: the values of answered puts
    failed: int = 0

    @property
    def answered(self) -> int:
        return sum(operation.end is not None for operation in self.operations)


async def run_load(
    members: dict[str, str],
    history: History,
    seed: int,
    stop: asyncio.Event,
    *,
    insecure: bool = False,
) -> None:
    """Ask until `stop` is set; fills `history`. Half of the clients soon look for another leader;
    the others wait for the one they have asked, and hear what it says when it comes back.
    """
    hasty = RaftSettings(attempt_s=0.3)
    async with (
        RaftGroup.client(members, insecure=insecure) as patient_group,
        RaftGroup.client(members, insecure=insecure, settings=hasty) as hasty_group,
        asyncio.TaskGroup() as tasks,
    ):
        for number in range(CLIENTS):
            group = hasty_group if number % 2 else patient_group
            rng = random.Random(f"{seed}-{number}")
            tasks.create_task(_client(group, history, number, rng, stop))


async def _client(
    group: Any, history: History, number: int, rng: random.Random, stop: asyncio.Event
) -> None:
    values = iter(range(number, 1 << 60, CLIENTS))
    name, calls = f"{number}", 0
    while not stop.is_set():
        call = _call(rng, f"{calls // CALLS_PER_ERA}-{rng.randrange(KEYS_PER_ERA)}", values)
        calls += 1
        start = asyncio.get_running_loop().time()
        try:
            result = await _ask(group, call)
        except OutcomeUnknown:
            # It may happen at any time from now on: this client is pending for ever.
            history.operations.append(Operation(name, call, None, start, None))
            name = f"{number}-{calls}"
        except HolonError:
            history.failed += 1  # it had no effect, and says so
        else:
            end = asyncio.get_running_loop().time()
            history.operations.append(Operation(name, call, result, start, end))


def _call(rng: random.Random, key: str, values: Any) -> tuple[Any, ...]:
    match rng.choice(["get", "put", "put", "cas"]):
        case "get":
            return ("get", key)
        case "put":
            return ("put", key, next(values))
        case _:
            return ("cas", key, rng.choice([None, *range(CLIENTS)]), next(values))


async def _ask(group: Any, call: tuple[Any, ...]) -> Any:
    if call[0] == "get":
        return await group.read(call[1], timeout=_ASK_TIMEOUT_S)
    return await group.propose(list(call), timeout=_ASK_TIMEOUT_S)


async def main(seed: str, seconds: str, *peers: str) -> None:
    members = dict(peer.split("=", 1) for peer in peers)
    history, stop = History(), asyncio.Event()
    asyncio.get_running_loop().call_later(float(seconds), stop.set)
    await run_load(members, history, int(seed), stop, insecure=True)
    operations = [[o.client, o.call, o.result, o.start, o.end] for o in history.operations]
    print(json.dumps([operations, history.failed]))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
