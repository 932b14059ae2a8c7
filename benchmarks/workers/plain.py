"""The limits: the least that plain Python can do for the same work, with no actor system at all.

tell: a deque and a bare method call. ping-pong: two deques, a queue of the ready, and method calls.
ask: an asyncio future resolved by `call_soon`. skynet: one asyncio task per node.
"""

import asyncio
from collections import deque
from time import perf_counter

from benchmarks.workers._serve import on_loop, serve, warm_up_size


class Counter:
    """What an actor's handler does, without the actor."""

    def __init__(self) -> None:
        self.handled = 0

    def receive(self, message: object, sender: object) -> None:
        self.handled += 1


def tell(count: int) -> float:
    """Messages per second through a deque."""
    _tell_all(warm_up_size(count))
    started = perf_counter()
    _tell_all(count)
    return count / (perf_counter() - started)


def _tell_all(count: int) -> None:
    counter = Counter()
    mailbox: deque[object] = deque()
    put, take, receive = mailbox.append, mailbox.popleft, counter.receive
    message = object()
    for _ in range(count):
        put(message)
    while mailbox:
        receive(take(), None)
    assert counter.handled == count


class Desk:
    """A mailbox, and nothing else of an actor's cell."""

    __slots__ = ("mailbox", "player", "queued", "ready")

    def __init__(self, ready: "deque[Desk]", player: "Player") -> None:
        self.mailbox: deque[tuple[int, Desk]] = deque()
        self.ready = ready
        self.player = player
        self.queued = False

    def tell(self, message: int, sender: "Desk") -> None:
        self.mailbox.append((message, sender))
        if not self.queued:
            self.queued = True
            self.ready.append(self)


class Player:
    """Sends a ball back, one lower, with the calls that an actor's public face takes."""

    def receive(self, message: int, sender: Desk) -> None:
        if message > 0:
            self.tell(sender, message - 1)

    def tell(self, desk: Desk, message: int) -> None:
        desk.tell(message, self.desk)

    desk: Desk


def ping_pong(count: int) -> float:
    """Messages per second between two mailboxes, by the barest loop."""
    _rally(warm_up_size(count))
    started = perf_counter()
    _rally(count)
    return count / (perf_counter() - started)


def _rally(count: int) -> None:
    ready: deque[Desk] = deque()
    players = Player(), Player()
    for player in players:
        player.desk = Desk(ready, player)
    players[0].desk.tell(count - 1, players[1].desk)
    while ready:
        desk = ready.popleft()
        receive = desk.player.receive
        while desk.mailbox:
            message, sender = desk.mailbox.popleft()
            receive(message, sender)
        desk.queued = False


async def ask(count: int) -> float:
    """Futures per second, each resolved on the next turn of the loop."""
    await _ask_all(warm_up_size(count))
    started = perf_counter()
    await _ask_all(count)
    return count / (perf_counter() - started)


async def _ask_all(count: int) -> None:
    loop = asyncio.get_running_loop()
    for _ in range(count):
        future = loop.create_future()
        loop.call_soon(future.set_result, 1)
        await future


async def skynet(leaves: int) -> float:
    """Seconds for a tree of tasks, ten children to a node, to sum its leaves."""
    await _node(0, max(leaves // 100, 10))
    started = perf_counter()
    total = await _node(0, leaves)
    elapsed = perf_counter() - started
    assert total == leaves * (leaves - 1) // 2
    return elapsed


async def _node(first: int, leaves: int) -> int:
    if leaves == 1:
        return first
    share = leaves // 10
    # Awaiting each in turn is a third faster than gather or a TaskGroup: the fairest limit.
    children = [asyncio.create_task(_node(first + i * share, share)) for i in range(10)]
    total = 0
    for child in children:
        total += await child
    return total


if __name__ == "__main__":
    serve({"tell": tell, "ping-pong": ping_pong, "ask": on_loop(ask), "skynet": on_loop(skynet)})
