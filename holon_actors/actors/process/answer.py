"""An answer that is given in the other process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from holon_actors.actors.process.exchange import Exchange

__all__ = ["Answer"]


class Answer:
    """Stands for the future that an asker in the other process awaits: it has those of its verbs
    that the kernel uses.
    """

    __slots__ = ("_callbacks", "_done", "_exchange", "_number")

    def __init__(self, exchange: Exchange, number: int) -> None:
        self._exchange = exchange
        self._number = number
        self._done = False
        self._callbacks: list[Callable[[Any], object]] = []

    def done(self) -> bool:
        """Whether it has been given, or nobody is left to give it to."""
        return self._done or self._exchange.over

    def set_result(self, value: Any) -> None:
        """Answer."""
        self._finish()
        self._exchange.answer(self._number, value)

    def set_exception(self, error: BaseException) -> None:
        """Answer with an error."""
        self._finish()
        self._exchange.fail(self._number, error)

    def add_done_callback(self, callback: Callable[[Any], object]) -> None:
        """Call back when it has been given."""
        self._callbacks.append(callback)

    def _finish(self) -> None:
        self._done = True
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)
