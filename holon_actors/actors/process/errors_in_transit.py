"""Errors on their way between an actor's process and its system: they keep their type.

Many exceptions can be pickled and then not be rebuilt, because they hand other arguments on than
their own constructor takes. Those are taken apart. What cannot travel even so becomes a
`RemoteError`, which tells about it.
"""

from __future__ import annotations

import pickle
import traceback
from typing import Any

from holon_actors.actors.errors import RemoteError

__all__ = ["packed_error", "unpacked_error"]

_TRACEBACK_CHARS = 16_000


def packed_error(error: BaseException) -> bytes:
    """An error as bytes. Never raises, whatever the error is."""
    text = _text_of(error)
    for form in (error, (type(error), error.args, error.__dict__)):
        try:
            data = _pickled((form, text))
            _rebuilt(pickle.loads(data)[0])  # noqa: S301  # our own
        except Exception:  # noqa: BLE001, S112  # then the next form, or the description, has to do
            continue
        return data
    return pickle.dumps((RemoteError(_name_of(error), _message_of(error), text), text))


def unpacked_error(data: bytes) -> BaseException:
    """The error that was packed; its traceback there is a note."""
    try:
        form, text = pickle.loads(data)  # noqa: S301  # of our own other process
        error = _rebuilt(form)
    except Exception as broken:  # noqa: BLE001  # its class may only be known to the other process
        return RemoteError("unknown", f"an error that cannot be rebuilt here: {broken!r}", "")
    if text and not isinstance(error, RemoteError):
        error.add_note(f"In the actor's process:\n{text}")
    return error


def _pickled(value: Any) -> bytes:
    cls = type(value[0])
    if cls.__module__ == "__main__" or cls is tuple:
        import cloudpickle  # noqa: PLC0415  # takes a while to import, and is rarely needed

        data: bytes = cloudpickle.dumps(value)
        return data
    return pickle.dumps(value)


def _rebuilt(form: Any) -> BaseException:
    if isinstance(form, tuple):
        cls, args, facts = form
        error: BaseException = cls.__new__(cls, *args)
        error.args = args
        error.__dict__.update(facts)
        return error
    if not isinstance(form, BaseException):  # a __reduce__ of its own may make anything
        raise TypeError(f"{form!r} is no exception")
    return form


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
