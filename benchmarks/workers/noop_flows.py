"""Flows that do nothing, so that what is measured is everything around them.

In a module of their own: a worker process must be able to import them by name.
"""

from holon_actors import flow


@flow
def same(value: int) -> int:
    """Give back the input."""
    return value


@flow
def nothing() -> None:
    """Take no input and give none."""
