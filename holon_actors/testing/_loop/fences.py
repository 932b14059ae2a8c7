"""What an event loop cannot do inside a simulation, and what to do instead.

Only what goes through the loop is refused here. What a program does behind its back, such as
`time.sleep` or starting a thread by hand, is out of the loop's sight.
"""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

from holon_actors.testing.errors import RealWorldRefused

_SOCKETS = "give the program an in-memory stand-in, such as a pair of asyncio.Queue"
_READY = "wait for an asyncio.Event or asyncio.Queue that the simulated other side fills"
_THREADS = "call the function itself, after asyncio.sleep() for the time that it would take"
_PROCESSES = "start a task that plays the process"
_SIGNALS = "call the handler where the signal would come, by loop.call_later()"

_REFUSED = {
    _THREADS: ("run_in_executor", "set_default_executor"),
    _READY: (
        "add_reader",
        "remove_reader",
        "add_writer",
        "remove_writer",
        "connect_read_pipe",
        "connect_write_pipe",
    ),
    _SOCKETS: (
        "create_connection",
        "create_server",
        "create_unix_connection",
        "create_unix_server",
        "create_datagram_endpoint",
        "connect_accepted_socket",
        "start_tls",
        "sendfile",
        "getaddrinfo",
        "getnameinfo",
        "sock_accept",
        "sock_connect",
        "sock_recv",
        "sock_recv_into",
        "sock_recvfrom",
        "sock_recvfrom_into",
        "sock_sendall",
        "sock_sendto",
        "sock_sendfile",
    ),
    _PROCESSES: ("subprocess_exec", "subprocess_shell"),
    _SIGNALS: ("add_signal_handler", "remove_signal_handler"),
}
REFUSED = {operation: instead for instead, names in _REFUSED.items() for operation in names}


class FencedLoop(asyncio.BaseEventLoop):
    """An event loop without the outside world: each of `REFUSED` raises `RealWorldRefused`."""


def _refusal(operation: str, instead: str) -> Any:
    def refuse(self: FencedLoop, *args: Any, **options: Any) -> NoReturn:
        raise RealWorldRefused(f"loop.{operation}", instead)

    refuse.__name__ = operation
    refuse.__qualname__ = f"FencedLoop.{operation}"
    return refuse


for _operation, _instead in REFUSED.items():
    setattr(FencedLoop, _operation, _refusal(_operation, _instead))
