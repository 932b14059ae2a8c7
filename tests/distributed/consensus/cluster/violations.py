"""What the simulator raises when the group does what Raft never may."""

from __future__ import annotations

__all__ = ["LivenessViolation", "SafetyViolation", "Violation"]


class Violation(AssertionError):
    """A rule is broken. `rule` is its name, `detail` who and where."""

    def __init__(self, rule: str, detail: str) -> None:
        super().__init__(f"{rule}: {detail}")
        self.rule = rule
        self.detail = detail

    def __reduce__(self) -> tuple[type[Violation], tuple[str, str]]:
        return type(self), (self.rule, self.detail)


class SafetyViolation(Violation):
    """Something happened that must never happen."""


class LivenessViolation(Violation):
    """Something did not happen in time, though nothing was in its way any more."""
