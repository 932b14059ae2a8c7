"""The probe seam: how an engine traces, and a debugger steps through, a running flow.

A probe is told of every node that starts, ends or fails, under the node's id in
`flow.graph()`. With no probe active a call pays one look-up. A probe sees the flow that was
called under it; a flow that some leaf calls from inside its own code is that leaf's business
and is not reported, so an id always means a node of the one graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from holon_actors.flows.flow import Flow


class Probe(Protocol):
    """Watches the nodes of a running flow. Called from whichever thread or task runs the node."""

    def enter(self, path: str, flow: Flow[Any, Any], value: Any) -> Any:
        """A node is about to run on `value`; the returned value is the one it gets."""
        ...

    def exit(self, path: str, flow: Flow[Any, Any], result: Any) -> None:
        """The node returned `result`."""
        ...

    def fail(self, path: str, flow: Flow[Any, Any], error: BaseException) -> None:
        """The node raised `error`, or was cancelled."""
        ...


active_probe: ContextVar[Probe | None] = ContextVar("holon_flow_probe", default=None)


@contextmanager
def probing(probe: Probe) -> Iterator[Probe]:
    """Report the flows called in this block, and in threads and tasks it starts, to `probe`."""
    token = active_probe.set(probe)
    try:
        yield probe
    finally:
        active_probe.reset(token)
