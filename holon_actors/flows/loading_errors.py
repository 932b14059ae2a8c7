"""Why a flow could not be loaded, one class for each thing the user has to mend.

`kind` is a stable short word for programs; `source` is the file or module as it was given.
"""

from __future__ import annotations

from typing import ClassVar

from holon_actors.errors import HolonError


class FlowLoadError(HolonError):
    """No flow could be had from where it was said to be."""

    kind: ClassVar[str] = "not-loadable"

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")


class FlowFileNotFound(FlowLoadError, FileNotFoundError):
    """There is no such file or module: correct the path."""

    kind: ClassVar[str] = "file-not-found"


class FlowSyntaxError(FlowLoadError):
    """The file is not Python. `line` is where it stops being so."""

    kind: ClassVar[str] = "not-python"

    def __init__(self, source: str, error: SyntaxError) -> None:
        self.line = error.lineno
        at = f", line {error.lineno}" if error.lineno else ""
        super().__init__(source, f"not valid Python{at}: {error.msg}")


class FlowImportError(FlowLoadError, ImportError):
    """The file raised while it was loaded; the error is the cause. `line` is the file's own."""

    kind: ClassVar[str] = "raised-on-import"

    def __init__(self, source: str, error: BaseException, line: int | None) -> None:
        self.line = line
        at = f", line {line}" if line else ""
        super().__init__(source, f"raised while loading{at}: {type(error).__name__}: {error}")


class NoFlows(FlowLoadError, LookupError):
    """The file loads, but defines no flow: decorate a function with `@flow`."""

    kind: ClassVar[str] = "no-flows"

    def __init__(self, source: str) -> None:
        super().__init__(source, "defines no flows; decorate a function with @flow")


class AmbiguousFlow(FlowLoadError, LookupError):
    """There are several flows and none was named. `names` lists them."""

    kind: ClassVar[str] = "ambiguous"

    def __init__(self, source: str, names: tuple[str, ...]) -> None:
        self.names = names
        listed = ", ".join(names)
        super().__init__(source, f"several flows, name one as {source}:NAME: {listed}")


class FlowNotFound(FlowLoadError, LookupError):
    """There is no flow of that name. `names` lists those there are."""

    kind: ClassVar[str] = "flow-not-found"

    def __init__(
        self, source: str, name: str, names: tuple[str, ...], close: str | None, what: str
    ) -> None:
        self.name = name
        self.names = names
        hint = f"; did you mean {close!r}?" if close else ""
        there = f"there are: {', '.join(names)}" if names else "it defines none"
        super().__init__(source, f"{what} {name!r}{hint} ({there})")
