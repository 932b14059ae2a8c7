"""How a composition executes: bodies and parts become plain nested callables, once per flow.

There are two compilations. The plain one costs nothing per call beyond the user's functions
and the combinators themselves; the path of a failure is put together while the error travels
up, so success never pays for it. The traced one, used while a probe is active, also reports
every node under its id in the graph.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from holon_actors.flows._body import AsyncCall, Part, SyncCall, Wiring, lift
from holon_actors.flows.errors import add_note, failure_path, set_failure_path
from holon_actors.flows.probe import active_probe

if TYPE_CHECKING:
    from holon_actors.flows.flow import Flow


def compile_plain(flow: Flow[Any, Any]) -> SyncCall | AsyncCall:
    """The callable that applies `flow` to one input."""
    body, label = flow.body, flow.label
    if body.is_async:
        return body.asynchronous(Wiring(label, [_async_part(flow, part) for part in body.parts]))
    return body.sync(Wiring(label, [_sync_part(flow, part) for part in body.parts]))


def compile_traced(flow: Flow[Any, Any], path: str) -> SyncCall | AsyncCall:
    """As `compile_plain`, reporting to the active probe; `path` is the id of `flow`."""
    body, label = flow.body, flow.label
    wiring = Wiring(label, [_traced_part(flow, part, path) for part in body.parts])
    if body.is_async:
        return _report_async(body.asynchronous(wiring), flow, path)
    return _report_sync(body.sync(wiring), flow, path)


def _sync_part(parent: Flow[Any, Any], part: Part) -> SyncCall:
    if parent.body.locates:
        return part.flow.compiled
    return locate_sync(part.flow.compiled, f"{parent.label}{part.selector}/", part.flow)


def _async_part(parent: Flow[Any, Any], part: Part) -> AsyncCall:
    call: Any = part.flow.compiled
    if parent.body.locates:
        return call if part.flow.is_async else lift(call)
    prefix = f"{parent.label}{part.selector}/"
    if part.flow.is_async:
        return locate_async(call, prefix, part.flow)
    return lift(locate_sync(call, prefix, part.flow))


def _traced_part(parent: Flow[Any, Any], part: Part, parent_path: str) -> Any:
    child = part.flow
    call: Any = compile_traced(child, child_path(parent_path, part))
    if not parent.body.locates:
        prefix = f"{parent.label}{part.selector}/"
        locate: Any = locate_async if child.is_async else locate_sync
        call = locate(call, prefix, child)
    return call if child.is_async or not parent.is_async else lift(call)


def child_path(parent_path: str, part: Part) -> str:
    """The id of a part: its parent's id, the way to the part, its own label."""
    return f"{parent_path}{part.selector}/{part.flow.label}"


def locate_sync(call: SyncCall, prefix: str, child: Flow[Any, Any]) -> SyncCall:
    """`call`, with its failures recorded as having come through `prefix`."""

    def located(value: Any) -> Any:
        try:
            return call(value)
        except Exception as error:
            extend_path(error, prefix, child)
            raise

    return located


def locate_async(call: AsyncCall, prefix: str, child: Flow[Any, Any]) -> AsyncCall:
    """`call`, with its failures recorded as having come through `prefix`."""

    async def located(value: Any) -> Any:
        try:
            return await call(value)
        except Exception as error:
            extend_path(error, prefix, child)
            raise

    return located


def extend_path(error: Exception, prefix: str, child: Flow[Any, Any]) -> None:
    """Put `prefix` before the path that `error` has had up to `child`.

    A leaf starts the path afresh: what an error object carries then is left from an earlier
    raise, or belongs to another flow that the leaf's own code called.
    """
    known = failure_path(error) if child.body.parts else None
    if known is None or not known.startswith(child.label):
        known = child.label
    set_failure_path(error, prefix + known)


def note_path(error: BaseException, flow: Flow[Any, Any]) -> None:
    """Name the failed node in the traceback, once."""
    path = failure_path(error)
    if path is None or not path.startswith(flow.label):
        path = flow.label
        set_failure_path(error, path)
    add_note(error, f"flow path: {path}")


def _report_sync(call: SyncCall, flow: Flow[Any, Any], path: str) -> SyncCall:
    is_leaf = not flow.body.parts

    def reported(value: Any) -> Any:
        probe = active_probe.get()
        if probe is None:
            return call(value)
        value = probe.enter(path, flow, value)
        token = active_probe.set(None) if is_leaf else None
        try:
            result = call(value)
        except BaseException as error:
            probe.fail(path, flow, error)
            raise
        finally:
            if token is not None:
                active_probe.reset(token)
        probe.exit(path, flow, result)
        return result

    return reported


def _report_async(call: AsyncCall, flow: Flow[Any, Any], path: str) -> AsyncCall:
    is_leaf = not flow.body.parts

    async def reported(value: Any) -> Any:
        probe = active_probe.get()
        if probe is None:
            return await call(value)
        value = probe.enter(path, flow, value)
        token = active_probe.set(None) if is_leaf else None
        try:
            result = await call(value)
        except BaseException as error:
            probe.fail(path, flow, error)
            raise
        finally:
            if token is not None:
                active_probe.reset(token)
        probe.exit(path, flow, result)
        return result

    return reported


def rooted(call: Any, flow: Flow[Any, Any]) -> Any:
    """`call` as an entry point: failures leave with the whole path noted on them."""
    return _rooted_async(call, flow) if flow.is_async else _rooted_sync(call, flow)


def _rooted_sync(call: SyncCall, flow: Flow[Any, Any]) -> SyncCall:
    def root(value: Any) -> Any:
        try:
            return call(value)
        except Exception as error:
            note_path(error, flow)
            raise

    return root


def _rooted_async(call: AsyncCall, flow: Flow[Any, Any]) -> AsyncCall:
    async def root(value: Any) -> Any:
        try:
            return await call(value)
        except Exception as error:
            note_path(error, flow)
            raise

    return root
