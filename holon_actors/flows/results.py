"""`Ok` and `Err`: an outcome as a value, to be matched on.

match flows.result(parse)(text):
    case Ok(value):
        ...
    case Err(error):
        ...
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, Literal, NoReturn, TypeVar

T_co = TypeVar("T_co", covariant=True)
D = TypeVar("D")


@dataclass(frozen=True, slots=True)
class Ok(Generic[T_co]):
    """The flow succeeded with `value`."""

    value: T_co

    @property
    def is_ok(self) -> Literal[True]:
        """Whether it succeeded."""
        return True

    def unwrap(self) -> T_co:
        """The value."""
        return self.value

    def unwrap_or(self, default: object) -> T_co:
        """The value."""
        return self.value


@dataclass(frozen=True, slots=True)
class Err:
    """The flow raised `error`."""

    error: Exception

    @property
    def is_ok(self) -> Literal[False]:
        """Whether it succeeded."""
        return False

    def unwrap(self) -> NoReturn:
        """Raise the error."""
        raise self.error

    def unwrap_or(self, default: D) -> D:
        """`default`."""
        return default

    def __eq__(self, other: object) -> bool:
        """Errors that went through pickling are new objects: equal when type and args are."""
        if not isinstance(other, Err):
            return NotImplemented
        mine, theirs = self.error, other.error
        return mine is theirs or (type(mine) is type(theirs) and mine.args == theirs.args)

    def __hash__(self) -> int:
        return hash((type(self.error), str(self.error)))
