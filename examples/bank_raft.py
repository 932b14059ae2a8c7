"""A bank on three processes that survives `kill -9`.

    python examples/bank_raft.py

Starts three members of a Raft group and moves money between accounts all the time. Meanwhile it
kills each member in turn, the one that leads among them, starts it again, and then kills all three
at once. No money is lost, and every transfer has happened exactly once.
"""

import asyncio
import json
import logging
import random
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from holon_actors import message
from holon_actors.distributed.consensus import RaftGroup, StateMachine

ACCOUNTS = ("ada", "bob", "cleo", "dan")
OPENING = 100


@message(name="bank.Transfer")
class Transfer:
    source: str
    target: str
    amount: int


class Bank(StateMachine):
    """What all three members have: they apply the same commands in the same order."""

    def __init__(self):
        self.accounts = dict.fromkeys(ACCOUNTS, OPENING)
        self.transfers = 0

    def apply(self, command):
        if self.accounts[command.source] < command.amount:
            return False
        self.accounts[command.source] -= command.amount
        self.accounts[command.target] += command.amount
        self.transfers += 1
        return True

    def query(self, request):
        return {"accounts": self.accounts, "transfers": self.transfers}

    def snapshot(self):
        return {"accounts": self.accounts, "transfers": self.transfers}

    def restore(self, state):
        self.accounts = state["accounts"]
        self.transfers = state["transfers"]


async def be_member(name, members, folder):
    async with RaftGroup(name, members, Bank(), Path(folder) / name, group="bank"):
        await asyncio.Event().wait()


class Member:
    """One of the three processes."""

    def __init__(self, name, members, folder):
        self.command = [sys.executable, __file__, name, json.dumps(members), str(folder)]
        self.start()

    def start(self):
        self.process = subprocess.Popen(self.command)  # noqa: S603  # our own

    def kill(self):
        self.process.kill()  # SIGKILL: it has no time to say or save anything
        self.process.wait()


class Tellers:
    """Move money all the time, several at once, and count what the bank has confirmed."""

    def __init__(self, client):
        self.client = client
        self.confirmed = 0
        self.longest_s = 0.0
        self.closing = False
        self.progress = asyncio.Condition()

    async def work(self):
        while not self.closing:
            source, target = random.sample(ACCOUNTS, 2)
            began = time.monotonic()
            transfer = Transfer(source, target, random.randint(1, 50))  # noqa: S311
            moved = await self.client.propose(transfer, timeout=20.0)
            self.confirmed += moved
            self.longest_s = max(self.longest_s, time.monotonic() - began)
            async with self.progress:
                self.progress.notify_all()

    async def wait_confirmed(self, more):
        goal = self.confirmed + more
        self.longest_s = 0.0
        async with self.progress:
            await self.progress.wait_for(lambda: self.confirmed >= goal)


async def run(members, processes):
    async with RaftGroup.client(members, group="bank") as client:
        tellers = Tellers(client)
        async with asyncio.TaskGroup() as tasks:
            for _ in range(8):
                tasks.create_task(tellers.work())
            await make_trouble(tellers, processes)
            tellers.closing = True
        await check(client, tellers.confirmed)


async def make_trouble(tellers, processes):
    await tellers.wait_confirmed(300)
    print(f"{tellers.confirmed} transfers are confirmed")
    for name, process in processes.items():  # one of them leads
        process.kill()
        await tellers.wait_confirmed(200)
        print(f"{name} was killed: no transfer took longer than {tellers.longest_s:.1f} s")
        process.start()
    for process in processes.values():
        process.kill()
    for process in processes.values():
        process.start()
    await tellers.wait_confirmed(200)
    print(f"all three were killed: no transfer took longer than {tellers.longest_s:.1f} s")


async def check(client, confirmed):
    bank = await client.read(None, timeout=20.0)
    total = sum(bank["accounts"].values())
    print(f"{total} in the bank, {confirmed} transfers confirmed, {bank['transfers']} made")
    assert total == OPENING * len(ACCOUNTS)
    assert bank["transfers"] == confirmed


def free_endpoints(names):
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in names]
        ports = [each.getsockname()[1] for each in sockets]
    return {name: f"tcp://127.0.0.1:{port}" for name, port in zip(names, ports, strict=True)}


def main():
    logging.basicConfig(level=logging.ERROR)  # that links break is the point here
    if len(sys.argv) > 1:
        name, members, folder = sys.argv[1:]
        asyncio.run(be_member(name, json.loads(members), folder))
        return
    members = free_endpoints("abc")
    with tempfile.TemporaryDirectory() as folder:
        processes = {name: Member(name, members, folder) for name in members}
        try:
            asyncio.run(run(members, processes))
        finally:
            for process in processes.values():
                process.kill()


if __name__ == "__main__":
    main()
