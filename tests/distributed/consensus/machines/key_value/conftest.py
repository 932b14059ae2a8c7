"""A group of one that never fails unless told to: what the store's verbs are tried on."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from holon_transports.codec import dumps, loads

from holon_actors.distributed.consensus.errors import CommandFailed, NoLeader, NotYet, QueryFailed
from holon_actors.distributed.consensus.machines.key_value import KeyValue
from holon_actors.testing import Simulation


class LocalGroup:
    """Applies each command on the spot, at the event loop's time, through the codec."""

    def __init__(self, **options):
        self.machine = KeyValue(**options)
        self.down = False
        self.commands = []
        self.reads = 0
        self.changed = asyncio.Event()

    async def propose(self, command, *, timeout):
        self.commands.append(command)
        answer = await self._do(self.machine.apply, command, CommandFailed, timeout)
        self.changed.set()
        return answer

    async def read(self, request, *, timeout):
        self.reads += 1
        ends_at = asyncio.get_running_loop().time() + timeout
        while True:
            self.changed.clear()
            try:
                return await self._do(self.machine.query, request, QueryFailed, timeout)
            except NotYet:
                await self._wait_changed(ends_at)

    async def _wait_changed(self, ends_at):
        """Until a command is applied, or it is time for the machine to be told the time."""
        loop = asyncio.get_running_loop()
        if loop.time() >= ends_at:
            raise NotYet
        due = self.machine.deadline()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(ends_at if due is None else min(due, ends_at)):
                await self.changed.wait()

    async def _do(self, verb, request, failed, timeout):
        await asyncio.sleep(0.001)
        if self.down:
            await asyncio.sleep(timeout)
            raise NoLeader("kv", timeout, "it is down")
        self.machine.advance(asyncio.get_running_loop().time())
        try:
            return loads(dumps(verb(loads(dumps(request)))))
        except (ValueError, LookupError) as error:
            raise failed(type(error).__qualname__, str(error)) from None


@pytest.fixture
def in_simulation():
    """Run a scenario with a store and its group, on virtual time, under some orders of events."""

    def run(scenario, **options):
        async def begin(_):
            group = LocalGroup(**options)
            await scenario(KeyValue.client(group), group)
            left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            assert not [task for task in left if "_keep" in str(task)], "a task was left running"

        for seed in range(5):
            Simulation(seed=seed).run(begin)

    return run
