"""The combinators: functions that make flows of flows."""

from holon_actors.flows.combinators.basic import constant, identity, merge, tap, validate
from holon_actors.flows.combinators.branching import parallel, race, split
from holon_actors.flows.combinators.caching import memoize
from holon_actors.flows.combinators.choice import loop, repeat, when
from holon_actors.flows.combinators.failure import fallback, maybe, result, retry
from holon_actors.flows.combinators.items import filter, map, reduce
from holon_actors.flows.combinators.pacing import batch, debounce, throttle
from holon_actors.flows.combinators.piping import compose, pipe
from holon_actors.flows.combinators.timing import timeout

__all__ = [
    "batch",
    "compose",
    "constant",
    "debounce",
    "fallback",
    "filter",
    "identity",
    "loop",
    "map",
    "maybe",
    "memoize",
    "merge",
    "parallel",
    "pipe",
    "race",
    "reduce",
    "repeat",
    "result",
    "retry",
    "split",
    "tap",
    "throttle",
    "timeout",
    "validate",
    "when",
]
