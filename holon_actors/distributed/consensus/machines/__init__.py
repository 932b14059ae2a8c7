"""Ready state machines: a key-value store and a counter."""

from holon_actors.distributed.consensus.machines.counter import Add, Counter
from holon_actors.distributed.consensus.machines.errors import InvalidCommand, StateMismatch
from holon_actors.distributed.consensus.machines.key_value import (
    Compacted,
    KeyValue,
    KeyValueStore,
    LeaseNotFound,
    LockBusy,
    LockLost,
)

__all__ = [
    "Add",
    "Compacted",
    "Counter",
    "InvalidCommand",
    "KeyValue",
    "KeyValueStore",
    "LeaseNotFound",
    "LockBusy",
    "LockLost",
    "StateMismatch",
]
