"""An engine whose verbs block."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from holon_actors import runtime
from holon_actors.blocking._loop import Loop
from holon_actors.flows import Flow

__all__ = ["Engine", "Execution"]

T = TypeVar("T")


class Execution(Generic[T]):
    """A flow that a blocking engine runs."""

    def __init__(self, loop: Loop, execution: runtime.Execution[T]) -> None:
        self._loop = loop
        self._execution = execution

    @property
    def id(self) -> str:
        """Unique within the process."""
        return self._execution.id

    @property
    def status(self) -> str:
        """Where the execution is in its life."""
        return self._execution.status

    @property
    def trace(self) -> runtime.Trace | None:
        """The spans, when submitted with `trace=True`."""
        return self._execution.trace

    def done(self) -> bool:
        """Whether it has ended."""
        return self._execution.done()

    def result(self, timeout: float | None = None) -> T:
        """Wait for the flow and return its result, or raise its error.

        `timeout` (seconds) limits this wait, not the flow: it raises TimeoutError and the flow goes
        on.
        """

        async def wait() -> T:
            async with asyncio.timeout(timeout):
                return await asyncio.shield(self._execution)

        return self._loop.run(wait())

    def cancel(self) -> bool:
        """Cancel it. False when it had ended."""
        return self._loop.call(self._execution.cancel)


class Engine:
    """An engine that runs in a thread; takes what `holon_actors.Engine` takes, except `system`."""

    def __init__(self, **options: Any) -> None:
        self._engine = runtime.Engine(**options)
        self._stats: runtime.EngineStats | None = None
        self._loop = Loop(self._engine.name)
        try:
            self._loop.run(self._engine.start())
        except BaseException:
            self._loop.close()
            raise

    def execute(self, flow: Flow[Any, T], value: Any = None, **options: Any) -> T:
        """Run a flow and return its result; see `holon_actors.Engine.execute`."""
        return self._loop.run(self._engine.execute(flow, value, **options))

    def submit(self, flow: Flow[Any, T], value: Any = None, **options: Any) -> Execution[T]:
        """Queue a flow and return its execution; see `holon_actors.Engine.submit`."""
        return Execution(self._loop, self._loop.call(self._engine.submit, flow, value, **options))

    def future(self, flow: Flow[Any, T], value: Any = None, **options: Any) -> Future[T]:
        """`submit`, as a `concurrent.futures.Future`, for code that waits for several kinds of
        them.
        """
        return self._engine.submit_threadsafe(flow, value, **options)

    def stats(self) -> runtime.EngineStats:
        """What the engine is doing and has done."""
        return self._loop.call(self._engine.stats)

    def shutdown(self, timeout: float | None = 10.0) -> runtime.EngineStats:
        """Finish or cancel what was accepted, and end the thread. A second call returns the counts
        of the first.
        """
        if self._stats is None:
            self._stats = self._loop.run(self._engine.shutdown(timeout))
            self._loop.close()
        return self._stats

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.shutdown(timeout=None if kind is None else 0.0)
