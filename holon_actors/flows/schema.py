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
    least, most = parameters.positional_bounds

    def coerce(value: Any) -> Any:
        if type(value) in (list, tuple) and least <= len(value) <= most:
            args, kwargs = value, _NO_KEYWORDS
        else:
            bound = bind_input(name, parameters, value)
            args, kwargs = bound.args, bound.kwargs
        try:
            fitting = tuple([check(item) for check, item in zip(in_order, args)])  # noqa: B905
            named = {key: checks.get(key, _as_it_is)(item) for key, item in kwargs.items()}
        except ValueError:
            _blame(name, dict(zip(parameters.positional, args)) | kwargs, checks)  # noqa: B905
            raise
        return Call((*fitting, *args[len(fitting) :]), named)

    return coerce


def _blame(name: str, given: Mapping[str, Any], checks: Mapping[str, Check]) -> None:
    """Raise for the first parameter that does not fit."""
    for key, item in given.items():
        try:
            checks.get(key, _as_it_is)(item)
        except ValueError as error:
            raise _misfit(name, key, error) from error


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
    if not isinstance(body, FunctionBody) or body.parameters.shape == "none":
        return {}
    hints = hints_of(body.function)
    if body.parameters.shape == "one":
        return _schema_of(hints.get(body.parameters.inputs[0], Any))
    return _object_schema(body, hints)


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
