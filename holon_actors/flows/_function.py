"""The leaf body: one user function, called by the input rule."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import cached_property, partial
from inspect import iscoroutinefunction
from types import CoroutineType
from typing import Any, ClassVar

from holon_actors.flows._body import AsyncCall, Body, SyncCall, Wiring
from holon_actors.flows._naming import find_importable, undecorated
from holon_actors.flows.errors import FlowOutputError
from holon_actors.flows.inputs import Call, Parameters, bind_input, read_parameters


@dataclass(frozen=True, eq=False)
class FunctionBody(Body):
    """A plain or `async` function, or any other callable."""

    kind: ClassVar[str] = "function"
    function: Callable[..., Any]

    @cached_property
    def is_async(self) -> bool:
        """Whether the function was declared `async`."""
        function = _unbound(self.function)
        body = getattr(function, "body", None)
        if isinstance(body, Body):  # a flow, below a `partial`
            return body.is_async
        call = getattr(type(function), "__call__", None)  # noqa: B004
        return iscoroutinefunction(function) or iscoroutinefunction(call)

    @cached_property
    def parameters(self) -> Parameters:
        """What the input rule knows of the function."""
        return read_parameters(self.function)

    @property
    def looks_like(self) -> Callable[..., Any]:
        """The function itself."""
        return self.function

    def __reduce__(self) -> tuple[Any, ...]:
        # As the name of a decorated function is bound to its flow, pickle cannot find it there.
        function = self.function
        where = getattr(function, "__module__", None), getattr(function, "__qualname__", None)
        bound = find_importable(*where)
        if bound is not function and getattr(bound, "__wrapped__", None) is function:
            return _of_undecorated, where
        return super().__reduce__()

    def sync(self, wiring: Wiring[SyncCall]) -> SyncCall:
        label = wiring.label
        if self._takes_one_positional:
            return _sync_of_one(self.function, label)
        invoke = self._invoker(label)

        def run(value: Any) -> Any:
            result = invoke(value)
            if type(result) is CoroutineType:
                raise _never_awaited(label, result)
            return result

        return run

    def asynchronous(self, wiring: Wiring[AsyncCall]) -> AsyncCall:
        label = wiring.label
        return self._invoker(label)

    @property
    def _takes_one_positional(self) -> bool:
        return self.parameters.shape == "one" and bool(self.parameters.positional)

    def _invoker(self, label: str) -> Callable[[Any], Any]:
        """The function as a callable of one input; binding what is common without ceremony."""
        function, parameters = self.function, self.parameters
        if self._takes_one_positional:

            def invoke_one(value: Any) -> Any:
                if type(value) is Call:
                    return function(*value.args, **value.kwargs)
                return function(value)

            return invoke_one
        least, most = parameters.positional_bounds
        required, names = parameters.required, parameters.names
        if not parameters.inputs or parameters.positional_only or parameters.shape != "many":
            names = frozenset()

        def invoke_many(value: Any) -> Any:
            kind = type(value)
            if (kind is tuple or kind is list) and least <= len(value) <= most:
                return function(*value)
            if kind is dict and required <= value.keys() <= names:
                return function(**value)
            bound = bind_input(label, parameters, value)
            return function(*bound.args, **bound.kwargs)

        return invoke_many


def _sync_of_one(function: Callable[..., Any], label: str) -> SyncCall:
    """The commonest leaf by far, in one frame."""

    def run(value: Any) -> Any:
        several = type(value) is Call
        result = function(*value.args, **value.kwargs) if several else function(value)
        if type(result) is CoroutineType:
            raise _never_awaited(label, result)
        return result

    return run


def _unbound(function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` without the arguments that `partial` gave it in advance."""
    while isinstance(function, partial):
        function = function.func
    return function


def _of_undecorated(module_name: str, qualified: str) -> FunctionBody:
    return FunctionBody(undecorated(module_name, qualified))


def _never_awaited(label: str, result: Coroutine[Any, Any, Any]) -> FlowOutputError:
    result.close()
    return FlowOutputError(label, "a plain function returned a coroutine: declare it `async def`")
