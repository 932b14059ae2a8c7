"""Loads flows from what the user named, and finds the value a flow runs on without an `--input`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from inspect import Parameter
from pathlib import Path
from typing import Any

from holon_actors.cli.errors import InputRejected
from holon_actors.cli.output import data_only_stdout
from holon_actors.flows import Flow, load_flow, load_flows

__all__ = ["input_when_none_given", "load_all", "load_for", "load_one"]

VARIADIC = (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD)


def load_one(target: str) -> Flow[Any, Any]:
    """The flow that `target` names. Raises FlowLoadError. What its module prints is not data."""
    with _importing():
        return load_flow(target)


def load_all(target: str) -> dict[str, Flow[Any, Any]]:
    """The flow that `target` names, or every flow of the file. Raises FlowLoadError."""
    with _importing():
        return load_flows(target)


def load_for(target: str, names: Sequence[str | None]) -> list[Flow[Any, Any]]:
    """A flow per name from the file of `target`; None means the one that `target` itself names.

    Raises FlowLoadError.
    """
    source = _source_of(target)
    found = {name: load_one(f"{source}:{name}" if name else target) for name in set(names)}
    return [found[name] for name in names]


def input_when_none_given(flow: Flow[Any, Any]) -> Any:
    """The input that leaves every parameter at its default.

    Raises InputRejected when a parameter has none.
    """
    parameters = [p for p in flow.signature.parameters.values() if p.kind not in VARIADIC]
    needed = [p.name for p in parameters if p.default is Parameter.empty]
    if needed:
        names = ", ".join(needed)
        raise InputRejected(f"flow {flow.meta.name!r}", f"needs input for {names}: give --input")
    return parameters[0].default if len(parameters) == 1 else {}


@contextmanager
def _importing() -> Iterator[None]:
    """Modules are found from the current folder, as by `python -m`; what they print is no data."""
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    with data_only_stdout():
        yield


def _source_of(target: str) -> str:
    """`target` without the name of a flow."""
    source, colon, name = target.rpartition(":")
    return source if colon and "/" not in name and not name.endswith(".py") else target
