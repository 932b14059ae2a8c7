"""Types at run time: JSON Schema of a flow, and inputs validated and coerced by its hints.

Only boundaries (an engine, a request, the command line) coerce; a direct call is plain Python.
pydantic is imported with the first hint that is met, so flows without hints never need it.
Coercion is lax: "5" becomes 5 for an `int`. A hint that cannot be resolved, or that pydantic
cannot check, accepts anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Any, get_type_hints

from holon_actors.flows._function import FunctionBody
from holon_actors.flows.combinators.branching import ParallelBody
from holon_actors.flows.combinators.items import FilterBody, MapBody
from holon_actors.flows.errors import FlowInputError
from holon_actors.flows.inputs import Call, Parameters, bind_input
from holon_actors.flows.shape import entry_of, outcome_of

if TYPE_CHECKING:
    from holon_actors.flows.flow import Flow

Check = Callable[[Any], Any]
_NO_KEYWORDS: dict[str, Any] = {}


def coerce_input(flow: Flow[Any, Any], value: Any) -> Any:
    """`value` bound, validated and coerced by the hints of `flow`; give the result to `apply`.

    Raises:
        FlowInputError: it does not fit; names the flow, the parameter and the reason.
    """
    coerce = flow.__dict__.get("_coerce")
    if coerce is None:
        coerce = flow.__dict__["_coerce"] = _coercer(flow)
    return coerce(value)


def _coercer(flow: Flow[Any, Any]) -> Check:
    entry = entry_of(flow)
    if isinstance(entry.body, MapBody | FilterBody):
        return _each(_coercer(entry.body.parts[0].flow))
    if isinstance(entry.body, ParallelBody):
        return _agreed([_coercer(branch) for branch in entry.body.branches])
    if not isinstance(entry.body, FunctionBody):
        return _as_it_is
    name, parameters = entry.label, entry.body.parameters
    checks = {
        key: _validator(hint)
        for key, hint in hints_of(entry.body.function).items()
        if key != "return" and hint is not Any and hint is not object
    }
    match parameters.shape:
        case "one" if parameters.positional:
            return _one(name, parameters.positional[0], checks)
        case "none":
            return _as_it_is
        case _:
            return _many(name, parameters, checks)


def _as_it_is(value: Any) -> Any:
    return value


def _each(check: Check) -> Check:
    if check is _as_it_is:
        return check
    return lambda value: [check(item) for item in value] if type(value) is list else value


def _agreed(branches: list[Check]) -> Check:
    """What all branches with hints make of the one input; the input itself when they differ."""
    checks = [check for check in branches if check is not _as_it_is]
    if not checks:
        return _as_it_is

    def coerce(value: Any) -> Any:
        first, *others = [check(value) for check in checks]
        return first if all(_same(first, other) for other in others) else value

    return coerce


def _same(one: Any, other: Any) -> bool:
    if one is other:
        return True
    if type(one) is not type(other):
        return False
    if type(one) is Call:
        return bool(one.args == other.args and one.kwargs == other.kwargs)
    return bool(one == other)


def _one(name: str, parameter: str, checks: Mapping[str, Check]) -> Check:
    check = checks.get(parameter)
    if check is None:
        return _as_it_is

    def coerce(value: Any) -> Any:
        try:
            return check(value)
        except ValueError as error:
            raise _misfit(name, parameter, error) from error

    return coerce


def _many(name: str, parameters: Parameters, checks: Mapping[str, Check]) -> Check:
    in_order = tuple(checks.get(key, _as_it_is) for key in parameters.positional)
    of_rest = _check_of(checks, parameters.rest)
    of_keyword = {key: checks.get(key, _as_it_is) for key in parameters.names}
    of_others = _check_of(checks, parameters.keywords)
    least, most = parameters.positional_bounds

    def coerce(value: Any) -> Any:
        if type(value) in (list, tuple) and least <= len(value) <= most:
            args, kwargs = value, _NO_KEYWORDS
        else:
            bound = bind_input(name, parameters, value)
            args, kwargs = bound.args, bound.kwargs
        at: int | str = 0  # read by the handler
        fitting, named = [], {}
        try:
            for at, (check, item) in enumerate(zip(in_order, args)):  # noqa: B007, B905
                fitting.append(check(item))
            for at, item in enumerate(args[len(fitting) :], len(fitting)):  # noqa: B007
                fitting.append(of_rest(item))
            for at, item in kwargs.items():
                named[at] = of_keyword.get(at, of_others)(item)
        except ValueError as error:
            raise _misfit(name, _parameter_at(parameters, at), error) from error
        return Call(tuple(fitting), named)

    return coerce


def _check_of(checks: Mapping[str, Check], variadic: str | None) -> Check:
    return _as_it_is if variadic is None else checks.get(variadic, _as_it_is)


def _parameter_at(parameters: Parameters, at: int | str) -> str:
    """The name of the argument at a position or under a keyword."""
    if isinstance(at, str):
        return at
    known = len(parameters.positional)
    return parameters.positional[at] if at < known else f"*{parameters.rest}[{at - known}]"


def _misfit(name: str, parameter: str, error: ValueError) -> FlowInputError:
    details: Any = getattr(error, "errors", None)
    if details is None:
        return FlowInputError(name, parameter, str(error))
    first = details(include_url=False)[0]
    where = "".join(f"[{step!r}]" for step in first["loc"])
    given = repr(first["input"])
    shown = given if len(given) <= 80 else f"{given[:77]}..."
    return FlowInputError(name, parameter, f"{where}{' ' * bool(where)}{first['msg']}, got {shown}")


def _validator(hint: Any) -> Check:
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415
    from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError  # noqa: PLC0415

    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True)).validate_python
    except PydanticUserError:
        # The type brings its own configuration (a model, dataclass or TypedDict).
        try:
            return TypeAdapter(hint).validate_python
        except (PydanticUserError, PydanticSchemaGenerationError):
            return lambda value: value


def hints_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Resolved type hints; none when they cannot be resolved."""
    target: Any = function
    if isinstance(function, type):
        target = getattr(function, "__init__")  # noqa: B009  mypy: a class's own __init__
    elif not hasattr(function, "__annotations__"):
        target = type(function).__call__
    try:
        return get_type_hints(target, include_extras=True)
    except (NameError, TypeError, AttributeError, SyntaxError):
        return {}


def input_schema(flow: Flow[Any, Any]) -> dict[str, Any]:
    """JSON Schema of what `apply` takes."""
    body = entry_of(flow).body
    if isinstance(body, MapBody | FilterBody):
        return {"type": "array", "items": input_schema(body.parts[0].flow)}
    if isinstance(body, ParallelBody):
        return _common_schema([input_schema(branch) for branch in body.branches])
    if not isinstance(body, FunctionBody) or body.parameters.shape == "none":
        return {}
    hints = hints_of(body.function)
    if body.parameters.shape == "one":
        return _schema_of(hints.get(body.parameters.inputs[0], Any))
    return _object_schema(body, hints)


def _common_schema(branches: list[dict[str, Any]]) -> dict[str, Any]:
    """The schema that all branches with hints share; any input when they differ."""
    first, *others = [schema for schema in branches if schema] or [{}]
    return first if all(schema == first for schema in others) else {}


def _object_schema(body: FunctionBody, hints: Mapping[str, Any]) -> dict[str, Any]:
    properties: dict[str, Any] = {}
    try:
        seen = signature(body.function).parameters.values()
    except (TypeError, ValueError):
        return {}
    for parameter in seen:
        if parameter.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            continue
        properties[parameter.name] = _schema_of(hints.get(parameter.name, Any))
    required = [p.name for p in seen if p.name in body.parameters.required]
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": body.parameters.takes_any_keyword,
    }


def output_schema(flow: Flow[Any, Any]) -> dict[str, Any]:
    """JSON Schema of the result."""
    body = outcome_of(flow).body
    if isinstance(body, FunctionBody):
        return _schema_of(hints_of(body.function).get("return", Any))
    if isinstance(body, MapBody):
        return {"type": "array", "items": output_schema(body.flow)}
    if isinstance(body, ParallelBody):
        return _branches_schema(body)
    return {}


def _branches_schema(body: ParallelBody) -> dict[str, Any]:
    each = [output_schema(branch) for branch in body.branches]
    if body.names is None:
        return {"type": "array", "prefixItems": each, "minItems": len(each), "maxItems": len(each)}
    properties = dict(zip(body.names, each, strict=True))
    return {"type": "object", "properties": properties, "required": list(body.names)}


def _schema_of(hint: Any) -> dict[str, Any]:
    if hint is Any:
        return {}
    from pydantic import TypeAdapter  # noqa: PLC0415
    from pydantic.errors import PydanticUserError  # noqa: PLC0415

    try:
        return TypeAdapter(hint).json_schema()
    except PydanticUserError:
        return {}
