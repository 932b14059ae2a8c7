"""How the error of a handler travels to who asked.

It keeps its type where both ends know it: errors of Holon, a list of built-in ones, and what
`register_error` has marked. Anything else becomes a `RemoteError` with the type's name, the text
and the traceback. No constructor runs on the word of a peer, and nothing is imported.
"""

from __future__ import annotations

import builtins
import traceback
from typing import Any, TypeVar

from holon_actors.actors.address import Address
from holon_actors.actors.errors import InvalidAddress, RemoteError
from holon_actors.errors import ConfigError, HolonError

__all__ = ["describe", "rebuild", "register_error"]

E = TypeVar("E", bound=type[Exception])

_TRACEBACK_CHARS = 8_000
_TEXT_CHARS = 8_000
_FACTS_MAX = 32
_PLAIN = (str, int, float, bool, bytes, type(None))
_BUILTINS = frozenset(
    cls.__name__
    for cls in (
        *(ArithmeticError, AssertionError, AttributeError, BlockingIOError, BrokenPipeError),
        *(BufferError, ChildProcessError, ConnectionAbortedError, ConnectionError),
        *(ConnectionRefusedError, ConnectionResetError, EOFError, Exception, FileExistsError),
        *(FileNotFoundError, FloatingPointError, IndexError, InterruptedError, IsADirectoryError),
        *(KeyError, LookupError, MemoryError, NameError, NotADirectoryError, NotImplementedError),
        *(OSError, OverflowError, PermissionError, ProcessLookupError, RecursionError),
        *(ReferenceError, RuntimeError, TimeoutError, TypeError, ValueError, ZeroDivisionError),
    )
)


def register_error(cls: E) -> E:
    """Let an exception class of one's own keep its type between nodes that both know it.

    Its `args` and its attributes travel as far as they are plain values, texts, numbers and
    addresses. Usable as a decorator. Raises `ConfigError` for what is no exception class.
    """
    if not issubclass(cls, Exception):
        raise ConfigError(f"register_error({cls!r}): a subclass of Exception")
    cls.__holon_error__ = True  # type: ignore[attr-defined]
    return cls


def describe(error: BaseException) -> list[Any]:
    """An error as a value for the wire: kind, type, text, args, facts, traceback."""
    cls = type(error)
    name = _wire_name(cls)
    args = [_plain(arg) for arg in error.args[:_FACTS_MAX]] if name is not None else []
    facts = {k: _plain(v) for k, v in vars(error).items() if _is_fact(k, v)} if name else {}
    return [
        name,
        f"{cls.__module__}.{cls.__qualname__}",
        _text(error),
        args,
        dict(list(facts.items())[:_FACTS_MAX]),
        _clean("".join(traceback.format_exception(error))[-_TRACEBACK_CHARS:]),
    ]


def rebuild(value: Any) -> BaseException:
    """The error that `describe` was given, or a `RemoteError`. Never raises, whatever comes."""
    try:
        name, type_name, text, args, facts, trace = value
    except (TypeError, ValueError):
        return RemoteError("unknown", f"an error that cannot be read: {value!r:.200}", "")
    cls = _find(name) if isinstance(name, str) else None
    if cls is None or not isinstance(args, list) or not isinstance(facts, dict):
        return RemoteError(str(type_name), str(text), str(trace))
    try:
        error: BaseException = (
            cls.__new__(cls, *args) if cls.__module__ == "builtins" else cls.__new__(cls)
        )
    except (TypeError, ValueError, OverflowError):  # arguments that this class does not take
        return RemoteError(str(type_name), str(text), str(trace))
    error.args = tuple(args)
    for key, fact in list(facts.items())[:_FACTS_MAX]:
        if isinstance(key, str) and _is_fact(key, fact):
            vars(error)[key] = _address(fact) if key == "address" else fact
    if trace:
        error.add_note(f"On the other node:\n{trace}")
    return error


def _wire_name(cls: type[BaseException]) -> str | None:
    if cls.__module__ == "builtins":
        return cls.__name__ if cls.__name__ in _BUILTINS else None
    known = issubclass(cls, HolonError) or "__holon_error__" in cls.__dict__
    return f"{cls.__module__}.{cls.__qualname__}" if known else None


def _find(name: str) -> type[BaseException] | None:
    if "." not in name:
        return getattr(builtins, name) if name in _BUILTINS else None
    # Among the classes that exist: nothing is imported because a peer said so.
    pending: list[type[BaseException]] = [HolonError, Exception]
    seen = set()
    while pending:
        cls = pending.pop()
        if cls in seen:
            continue
        seen.add(cls)
        if _wire_name(cls) == name:
            return cls
        pending.extend(cls.__subclasses__())
    return None


def _is_fact(key: str, value: Any) -> bool:
    return not key.startswith("_") and isinstance(value, (*_PLAIN, Address))


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return _clean(value[:_TEXT_CHARS])
    if isinstance(value, int):
        return bool(value) if isinstance(value, bool) else int(value)
    return value if type(value) in _PLAIN else _text(value)


def _address(fact: Any) -> Any:
    try:
        return Address.parse(fact) if isinstance(fact, str) else fact
    except InvalidAddress:
        return fact


def _clean(text: str) -> str:
    """Without what UTF-8 has no bytes for."""
    return text.encode("utf-8", "replace").decode()


def _text(value: object) -> str:
    try:
        return _clean(str(value)[:_TEXT_CHARS])
    except Exception as broken:  # noqa: BLE001  # a `__str__` of the user's
        return f"(its text cannot be had: {type(broken).__name__})"
