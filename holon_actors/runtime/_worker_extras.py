"""What only some requests to a worker process need: the caller's context, its deadline, a trace."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from holon_actors.runtime._shipping import Request
from holon_actors.runtime.nesting import inherited_deadline

__all__ = ["surrounded"]


@contextmanager
def surrounded(
    request: Request, flow: Any, spans: list[Any], clock: Callable[[], float]
) -> Iterator[Callable[[Any], Any]]:
    """Set up what the request asks for around the call that is yielded. Spans end up in `spans`."""
    now = clock()
    with ExitStack() as stack:
        if request.context is not None:
            context = pickle.loads(request.context)  # noqa: S301  # see _frames
            stack.enter_context(context.active())
        if request.remaining_s is not None:
            token = inherited_deadline.set(now + request.remaining_s)
            stack.callback(inherited_deadline.reset, token)
        if not request.traced:
            yield flow.apply
            return
        from holon_actors.flows.probe import active_probe  # noqa: PLC0415
        from holon_actors.runtime.trace import Recorder, Trace  # noqa: PLC0415

        trace = Trace(flow.meta.name)
        before = active_probe.get()
        stack.callback(active_probe.set, before)
        stack.callback(lambda: spans.extend(trace.spans))
        recorder = Recorder(trace, clock, now, request.attempt)
        yield lambda value: recorder.run(flow, value)
