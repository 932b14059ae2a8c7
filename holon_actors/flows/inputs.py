"""The input rule: how one input value becomes the arguments of a function.

Everywhere (engine, mesh, CLI, between the stages of a pipe) a function with

- one parameter takes the input as it is;
- several parameters takes a list or tuple as positionals, or a dict as keywords; any other
  value stands for the first parameter when the rest have defaults;
- no parameters ignores the input.

Keyword-only parameters with a default are settings, not inputs: they do not count, though a
dict may name them when there are several. `*args` counts as several. Built-in functions that
need no more than one argument, such as `sum` and `str.split`, count as having one parameter, and
so does a callable without a readable signature.

Here is only the rule, as plain code; types are checked in `schema`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from inspect import Signature, isfunction, ismethod, isroutine, signature
from typing import Any, Literal

from holon_actors.flows.errors import FlowInputError

Shape = Literal["none", "one", "many"]


class Call:
    """Arguments of a direct call on their way to the first stage: `pipeline(5, y=3)`."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs

    def __repr__(self) -> str:
        inside = [repr(value) for value in self.args]
        inside += [f"{name}={value!r}" for name, value in self.kwargs.items()]
        return f"({', '.join(inside)})"


def single(value: Any, flow: str) -> Any:
    """`value`, unless it is several arguments where a flow needs one value."""
    if type(value) is Call:
        raise FlowInputError(flow, None, f"takes one input, was called with {value!r}")
    return value


@dataclass(frozen=True)
class Parameters:
    """What the input rule needs to know of a signature."""

    positional: tuple[str, ...]  # in order
    required: frozenset[str]
    positional_only: frozenset[str] = frozenset()
    keyword_only: frozenset[str] = frozenset()
    rest: str | None = None  # the name of *args
    keywords: str | None = None  # the name of **kwargs

    @property
    def takes_rest(self) -> bool:
        """Whether there is no end to the positionals."""
        return self.rest is not None

    @property
    def takes_any_keyword(self) -> bool:
        """Whether a dict may name anything."""
        return self.keywords is not None

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names that count as inputs: settings do not."""
        wanted = sorted(self.keyword_only & self.required)
        return (*self.positional, *wanted)

    @cached_property
    def shape(self) -> Shape:
        """Whether the function takes no input, one value, or several."""
        if self.takes_rest:
            return "many"
        count = len(self.inputs)
        if count == 0:
            return "many" if self.takes_any_keyword else "none"
        return "one" if count == 1 and not self.takes_any_keyword else "many"

    @cached_property
    def positional_bounds(self) -> tuple[int, int]:
        """How few and how many values fit as positionals; (0, -1) when keywords are needed."""
        if self.shape != "many" or self.keyword_only & self.required:
            return 0, -1
        return len(self.required), len(self.positional)

    @cached_property
    def names(self) -> frozenset[str]:
        """Names a dict input may use."""
        return frozenset(self.positional) | self.keyword_only


AS_IT_IS = Parameters(("value",), frozenset({"value"}), frozenset({"value"}))


def read_parameters(function: Callable[..., Any]) -> Parameters:
    """The parameters of `function`; `AS_IT_IS` when it has no readable signature."""
    try:
        found = parameters_of(signature(function))
    except (TypeError, ValueError):
        return AS_IT_IS
    built_in = isroutine(function) and not (isfunction(function) or ismethod(function))
    takes_some = found.positional or found.takes_rest
    return AS_IT_IS if built_in and takes_some and len(found.required) <= 1 else found


def parameters_of(seen: Signature) -> Parameters:
    """The rule's view of a signature."""
    found = seen.parameters.values()
    kinds: dict[str, list[str]] = {}
    for parameter in found:
        kinds.setdefault(parameter.kind.name, []).append(parameter.name)
    ordered = [*kinds.get("POSITIONAL_ONLY", ()), *kinds.get("POSITIONAL_OR_KEYWORD", ())]
    keyword_only = frozenset(kinds.get("KEYWORD_ONLY", ()))
    named = frozenset(ordered) | keyword_only
    return Parameters(
        positional=tuple(ordered),
        required=frozenset(p.name for p in found if p.name in named and p.default is p.empty),
        positional_only=frozenset(kinds.get("POSITIONAL_ONLY", ())),
        keyword_only=keyword_only,
        rest=next(iter(kinds.get("VAR_POSITIONAL", ())), None),
        keywords=next(iter(kinds.get("VAR_KEYWORD", ())), None),
    )


def bind_input(name: str, parameters: Parameters, value: Any) -> Call:
    """The arguments that `value` means for a function with `parameters`.

    Raises:
        FlowInputError: the value does not fit; names the flow, the parameter and the reason.
    """
    if type(value) is Call:
        return value
    match parameters.shape:
        case "none":
            return Call((), {})
        case "one" if parameters.positional:
            return Call((value,), {})
        case "one":
            return Call((), {parameters.inputs[0]: value})
        case _:
            return _bind_many(name, parameters, value)


def _bind_many(name: str, parameters: Parameters, value: Any) -> Call:
    if isinstance(value, list | tuple):
        return _bind_positionals(name, parameters, tuple(value))
    if isinstance(value, Mapping) and (parameters.inputs or parameters.takes_any_keyword):
        return _bind_keywords(name, parameters, value)
    if not parameters.positional and not parameters.takes_rest:
        kind = type(value).__name__
        raise FlowInputError(name, None, f"takes a dict of its parameters, got {kind}")
    missing = _missing(parameters, parameters.positional[:1])
    if missing:
        kind, wanted = type(value).__name__, ", ".join(parameters.inputs)
        reason = f"missing: the input is one {kind}; give a list or dict with {wanted}"
        raise FlowInputError(name, missing[0], reason)
    return Call((value,), {})


def _bind_positionals(name: str, parameters: Parameters, values: tuple[Any, ...]) -> Call:
    room = len(parameters.positional)
    if len(values) > room and not parameters.takes_rest:
        reason = f"takes at most {room} values ({', '.join(parameters.positional)})"
        raise FlowInputError(name, None, f"{reason}, got {len(values)}")
    missing = _missing(parameters, parameters.positional[: len(values)])
    if missing:
        raise FlowInputError(name, missing[0], f"missing: the input has {len(values)} values")
    return Call(values, {})


def _bind_keywords(name: str, parameters: Parameters, values: Mapping[Any, Any]) -> Call:
    known = parameters.names
    if not parameters.positional_only and parameters.required <= values.keys() <= known:
        return Call((), values if type(values) is dict else dict(values))
    for key in values:
        if not isinstance(key, str):
            raise FlowInputError(name, None, f"keyword names are strings, got {key!r}")
        if key not in known and not parameters.takes_any_keyword:
            wanted = ", ".join(sorted(known))
            raise FlowInputError(name, key, f"no such parameter; there are: {wanted}")
    missing = _missing(parameters, values)
    if missing:
        raise FlowInputError(name, missing[0], "missing from the input")
    return _place(name, parameters, values)


def _place(name: str, parameters: Parameters, values: Mapping[str, Any]) -> Call:
    """Positional-only parameters given by name go in front, in order."""
    if not parameters.positional_only:
        return Call((), dict(values))
    front: list[Any] = []
    for parameter in parameters.positional:
        if parameter not in parameters.positional_only:
            break
        if parameter not in values:
            late = [p for p in parameters.positional_only if p in values][len(front) :]
            if late:
                raise FlowInputError(name, parameter, f"needed, as {late[0]!r} after it is given")
            break
        front.append(values[parameter])
    rest = {key: item for key, item in values.items() if key not in parameters.positional_only}
    return Call(tuple(front), rest)


def _missing(parameters: Parameters, given: Any) -> list[str]:
    """Required names that are not in `given`, in order."""
    return [n for n in parameters.inputs if n in parameters.required and n not in given]
