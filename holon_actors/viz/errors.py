"""What can go wrong while a picture is made."""

from __future__ import annotations

from holon_actors.errors import HolonError

__all__ = ["GraphvizFailed", "GraphvizMissing"]


class GraphvizMissing(HolonError, FileNotFoundError):
    """Graphviz is not installed: install it, or choose a format that does not need it."""

    def __init__(self) -> None:
        super().__init__(
            "SVG needs Graphviz, and there is no `dot` on PATH: install it (on Debian or Ubuntu: "
            "apt install graphviz), or choose the dot or mermaid format"
        )


class GraphvizFailed(HolonError, RuntimeError):
    """Graphviz ran and did not make a picture; `reason` is what it said."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"dot failed: {reason}")
        self.reason = reason
