"""What a composition takes and returns, read from the hints of its leaves without running them."""

from __future__ import annotations

from inspect import Parameter, Signature, signature
from typing import TYPE_CHECKING, Any

from holon_actors.flows._function import FunctionBody
from holon_actors.flows._signature_text import signature_text

if TYPE_CHECKING:
    from holon_actors.flows.flow import Flow

_REPR_LIMIT = 100


def entry_of(flow: Flow[Any, Any]) -> Flow[Any, Any]:
    """The first flow that gets the whole input as it came: a leaf, or a body without one."""
    while flow.body.entry is not None:
        flow = flow.body.parts[flow.body.entry].flow
    return flow


def outcome_of(flow: Flow[Any, Any]) -> Flow[Any, Any]:
    """The last flow whose result is the result of the whole."""
    while flow.body.outcome is not None:
        flow = flow.body.parts[flow.body.outcome].flow
    return flow


def signature_of(flow: Flow[Any, Any]) -> Signature:
    """Parameters of the entry, return annotation of the outcome."""
    first, last = entry_of(flow).body, outcome_of(flow).body
    parameters = [Parameter("value", Parameter.POSITIONAL_ONLY)]
    if isinstance(first, FunctionBody):
        parameters = list(function_signature(first).parameters.values())
    returns: Any = Signature.empty
    if isinstance(last, FunctionBody):
        returns = function_signature(last).return_annotation
    return Signature(parameters, return_annotation=returns)


def function_signature(body: FunctionBody) -> Signature:
    """The signature of a leaf; one positional value when it cannot be read.

    Annotations that were written as text are resolved when they can be.
    """
    try:
        return signature(body.function, eval_str=True)
    except Exception:  # noqa: BLE001, S110  an annotation is an expression: it may raise anything
        pass
    try:
        return signature(body.function)
    except (TypeError, ValueError):
        return Signature([Parameter("value", Parameter.POSITIONAL_ONLY)])


def describe(flow: Flow[Any, Any]) -> str:
    """One line that shows the structure."""
    if isinstance(flow.body, FunctionBody):
        return f"{flow.label}{signature_text(function_signature(flow.body))}"
    text = _outline(flow)
    return text if len(text) <= _REPR_LIMIT else f"{text[: _REPR_LIMIT - 3]}..."


def _outline(flow: Flow[Any, Any]) -> str:
    parts = flow.body.parts
    if not parts:
        return flow.label
    shown = ", ".join(_outline(part.flow) for part in parts[:8])
    return f"{flow.label}({shown}{', ...' if len(parts) > 8 else ''})"
