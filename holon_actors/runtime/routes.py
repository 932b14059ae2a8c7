"""Where flows run: the call decides before the flow, the flow before the engine.

Looking that up costs more than starting a small flow, so an engine remembers it.
"""

from __future__ import annotations

import logging
from typing import Any

from holon_actors.errors import ConfigError
from holon_actors.flows import Flow
from holon_actors.runtime.errors import WrongIsolation
from holon_actors.runtime.options import check_isolation

__all__ = ["Routes"]

_REMEMBERED = 1024  # flows made in a loop must not pile up here

_log = logging.getLogger(__name__)


class Routes:
    """The isolation of each flow that one engine has been given."""

    __slots__ = ("_default", "_engine", "_named", "_routes")

    def __init__(self, engine: str, default: str) -> None:
        self._engine = engine
        self._default = default
        self._routes: dict[tuple[Flow[Any, Any], str | None], str] = {}
        self._named: dict[Flow[Any, Any], None] = {}  # by `warn_unstoppable`

    def isolation_of(self, flow: Flow[Any, Any], asked: str | None) -> str:
        """What a flow runs under, "auto" resolved. Raises `ConfigError` and `WrongIsolation`."""
        try:
            return self._routes[flow, asked]
        except (KeyError, TypeError):  # not seen before, or of no type that can be a key
            return self._find(flow, asked)

    def warn_unstoppable(self, flow: Flow[Any, Any]) -> None:
        """Say once per flow that its timeout frees the caller and nothing else."""
        if flow in self._named:
            return
        if len(self._named) >= _REMEMBERED:
            self._named.clear()
        self._named[flow] = None
        # No warning: where callers are all that matters, this is as it should be.
        _log.info(
            "engine %s: flow %r has a timeout and runs in a thread, which cannot be stopped: past"
            ' the timeout it goes on and keeps its slot; isolation="process" ends it',
            self._engine,
            flow.meta.name,
        )

    def _find(self, flow: Flow[Any, Any], asked: str | None) -> str:
        if not isinstance(flow, Flow):
            raise ConfigError(f"submit({flow!r}): expected a flow; make one with flow(...)")
        if asked is not None:
            check_isolation(asked)
        chosen = "auto"
        if asked != "auto":
            choices = (asked, flow.meta.isolation, self._default)
            chosen = next((one for one in choices if one not in (None, "auto")), "auto")
        if chosen == "auto":
            chosen = "loop" if flow.is_async else "thread"
        if chosen == "inline" and flow.is_async:
            raise WrongIsolation(flow.meta.name, "inline", "it is async, and inline cannot wait")
        if len(self._routes) >= _REMEMBERED:
            self._routes.clear()
        self._routes[flow, asked] = chosen
        return chosen
