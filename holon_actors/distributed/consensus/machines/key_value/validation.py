"""Whether a command makes sense, before any of it is done. Pure.

Commands come from whoever may propose, and the types of their fields are only hints there.
"""

from __future__ import annotations

from typing import Any

from holon_transports.codec import dumps

from holon_actors.distributed.consensus.machines.errors import InvalidCommand

__all__ = [
    "LIMIT_MAX",
    "checked_count",
    "checked_flag",
    "checked_key",
    "checked_list",
    "checked_text",
    "checked_ttl",
    "packed",
]

NAME_MAX = 4_096  # characters of a key or the name of a lock
TTL_MAX_S = 10 * 366 * 86_400.0
NUMBER_BELOW = 1 << 63
LIMIT_MAX = 10_000  # items or events in one answer, which is made in one go


def _refuse(command: Any, reason: str) -> InvalidCommand:
    return InvalidCommand(type(command).__name__, reason)


def _shown(value: Any) -> str:
    """A number in full, of anything else its class: others may be too long, or have no text."""
    number = type(value) is float or (type(value) is int and abs(value) < NUMBER_BELOW)
    return str(value) if number else type(value).__name__


def checked_key(command: Any, key: Any, field: str = "key") -> str:
    """The name of a key or lock. Raises `InvalidCommand`, as all of these do."""
    if not checked_text(command, key, field):
        raise _refuse(command, f"{field} is empty")
    return str(key)


def checked_text(command: Any, text: Any, field: str) -> str:
    """The beginning of a key, or a key to go on after; it may be empty."""
    if type(text) is not str:
        raise _refuse(command, f"{field} is text, not {type(text).__name__}")
    if len(text) > NAME_MAX:
        raise _refuse(command, f"{field} has {len(text)} characters, at most {NAME_MAX} will do")
    return text


def checked_count(
    command: Any, number: Any, field: str, least: int = 0, most: int = NUMBER_BELOW - 1
) -> int:
    """A whole number: a lease, a revision, a limit."""
    if type(number) is not int or not least <= number <= most:
        span = f"from {least} on" if most == NUMBER_BELOW - 1 else f"from {least} to {most}"
        raise _refuse(command, f"{field} is a whole number {span}, not {_shown(number)}")
    return number


def checked_flag(command: Any, flag: Any, field: str) -> bool:
    """True or False."""
    if type(flag) is not bool:
        raise _refuse(command, f"{field} is True or False, not {type(flag).__name__}")
    return flag


def checked_ttl(command: Any, ttl: Any) -> float:
    """Seconds that a lease lives for."""
    if type(ttl) not in (int, float) or not 0 < ttl <= TTL_MAX_S:
        raise _refuse(command, f"ttl is seconds, above 0 and at most ten years, not {_shown(ttl)}")
    return float(ttl)


def checked_list(command: Any, parts: Any, field: str, classes: tuple[type, ...]) -> list[Any]:
    """A list of some classes."""
    if not isinstance(parts, (list, tuple)):
        raise _refuse(command, f"{field} is a list, not {type(parts).__name__}")
    for part in parts:
        if not isinstance(part, classes):
            names = " or ".join(each.__name__ for each in classes)
            raise _refuse(command, f"{field} holds {names}, not {type(part).__name__}")
    return list(parts)


def packed(command: Any, value: Any) -> bytes:
    """A value as it is kept."""
    if value is None:
        raise _refuse(command, "None is not a value: delete the key")
    return dumps(value)
