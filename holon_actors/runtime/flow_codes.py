"""Flows as bytes, for worker processes: pickled once per engine, sent once per worker.

Pickling a flow costs more than running a small one, so both ends remember. The memory is bounded:
the flow that was not used for longest is forgotten, here first and then, with its next request, in
each worker that knows it.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import cloudpickle

from holon_actors.flows import Flow
from holon_actors.runtime.errors import UnpicklableFlow

__all__ = ["FlowCode", "FlowCodes", "KnownFlows"]

_REMEMBERED = 256


@dataclass(frozen=True, slots=True)
class FlowCode:
    """A flow, pickled, and the key that stands for it."""

    key: int
    data: bytes


class FlowCodes:
    """The flows that one engine has sent to workers."""

    __slots__ = ("_by_flow", "_keys")

    def __init__(self) -> None:
        self._by_flow: OrderedDict[Flow[Any, Any], FlowCode] = OrderedDict()
        self._keys = 0

    def code_of(self, flow: Flow[Any, Any]) -> FlowCode:
        """The code of a flow. Raises `UnpicklableFlow`."""
        code = self._by_flow.get(flow)
        if code is not None:
            self._by_flow.move_to_end(flow)
            return code
        try:
            data = cloudpickle.dumps(flow)
        except Exception as error:  # user code may run, and raise anything, while pickling
            name = flow.meta.name
            raise UnpicklableFlow(name, type(flow).__name__, _reason(error)) from error
        self._keys += 1
        code = self._by_flow[flow] = FlowCode(self._keys, data)
        if len(self._by_flow) > _REMEMBERED:
            self._by_flow.popitem(last=False)
        return code


class KnownFlows:
    """Which flows one worker has. Pure bookkeeping."""

    __slots__ = ("_keys",)

    def __init__(self) -> None:
        self._keys: OrderedDict[int, None] = OrderedDict()

    def note(self, key: int) -> tuple[bool, int | None]:
        """A request uses `key`: whether the worker has it, and the key it should forget, if any."""
        if key in self._keys:
            self._keys.move_to_end(key)
            return True, None
        self._keys[key] = None
        if len(self._keys) <= _REMEMBERED:
            return False, None
        return False, self._keys.popitem(last=False)[0]

    def unknown(self, key: int) -> None:
        """The worker could not load it after all."""
        self._keys.pop(key, None)


def _reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
