"""Errors on their way between an actor's process and its system: they keep their type.

What cannot travel, not even taken apart, becomes a `RemoteError`, which tells about it.
"""

from __future__ import annotations

import pickle
import traceback
from typing import Any

from holon_actors.actors.errors import RemoteError
from holon_actors.error_parts import ErrorParts, packed_form, rebuilt_error

__all__ = ["packed_error", "unpacked_error"]

_TRACEBACK_CHARS = 16_000


def packed_error(error: BaseException) -> bytes:
    """An error as bytes. Never raises, whatever the error is."""
    text = _text_of(error)
    packed = packed_form(error, lambda form: _pickled((form, text)), _form_of)
    if packed is not None:
        return packed
    return pickle.dumps((RemoteError(_name_of(error), _message_of(error), text), text))


def unpacked_error(data: bytes) -> BaseException:
    """The error that was packed; its traceback there is a note."""
    try:
        form, text = pickle.loads(data)  # noqa: S301  # of our own other process
        error = rebuilt_error(form)
    except Exception as broken:  # noqa: BLE001  # its class may only be known to the other process
        return RemoteError("unknown", f"an error that cannot be rebuilt here: {broken!r}", "")
    if text and not isinstance(error, RemoteError):
        error.add_note(f"In the actor's process:\n{text}")
    return error


def _pickled(value: Any) -> bytes:
    cls = type(value[0])
    if cls.__module__ == "__main__" or cls is ErrorParts:
        import cloudpickle  # noqa: PLC0415  # takes a while to import, and is rarely needed

        data: bytes = cloudpickle.dumps(value)
        return data
    return pickle.dumps(value)


def _form_of(data: bytes) -> Any:
    return pickle.loads(data)[0]  # noqa: S301  # our own


def _name_of(error: BaseException) -> str:
    cls = type(error)
    return (
        cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"
    )


def _message_of(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as broken:  # noqa: BLE001  # a `__str__` of the user's
        return f"(its text cannot be had: {type(broken).__name__})"


def _text_of(error: BaseException) -> str:
    try:
        return "".join(traceback.format_exception(error))[-_TRACEBACK_CHARS:]
    except Exception as broken:  # noqa: BLE001  # as above
        return f"(its traceback cannot be had: {type(broken).__name__})"
