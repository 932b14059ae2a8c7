"""What a command would change, found before anything is: keys, values and leases are checked here.

Pure. Everything raises `InvalidCommand` or `LeaseNotFound`, and changes nothing.
"""

from __future__ import annotations

from typing import Any

from holon_transports.codec import dumps

from holon_actors.distributed.consensus.machines.errors import InvalidCommand
from holon_actors.distributed.consensus.machines.key_value.commands import (
    Compare,
    CompareAndSet,
    CompareRevision,
    Delete,
    Put,
    Transaction,
)
from holon_actors.distributed.consensus.machines.key_value.items import Change, Items
from holon_actors.distributed.consensus.machines.key_value.leases import Leases
from holon_actors.distributed.consensus.machines.key_value.validation import (
    checked_count,
    checked_key,
    checked_list,
    packed,
)

__all__ = ["change_of", "changes_of", "checked_comparisons", "holds", "swap_of"]


def change_of(part: Put | Delete, leases: Leases) -> Change:
    """What one part of a command would change."""
    key = checked_key(part, part.key)
    if isinstance(part, Delete):
        return Change(key, None)
    return Change(key, packed(part, part.value), _lease_of(part, leases))


def changes_of(transaction: Transaction, field: str, leases: Leases) -> list[Change]:
    """What one of the lists of a transaction would change."""
    parts = checked_list(transaction, getattr(transaction, field), field, (Put, Delete))
    changes = [change_of(part, leases) for part in parts]
    if len({change.key for change in changes}) < len(changes):
        raise InvalidCommand("Transaction", f"{field} has a key twice")
    return changes


def swap_of(swap: CompareAndSet, leases: Leases) -> tuple[Compare, Change]:
    """What a compare-and-set depends on, and what it would change."""
    key = checked_key(swap, swap.key)
    lease = _lease_of(swap, leases)
    value = None if swap.value is None else packed(swap, swap.value)
    if value is None and lease:
        raise InvalidCommand("CompareAndSet", "a key that it deletes has no lease")
    return Compare(key, swap.expected), Change(key, value, lease)


def checked_comparisons(transaction: Transaction) -> list[Compare | CompareRevision]:
    """What a transaction depends on."""
    found = checked_list(transaction, transaction.compare, "compare", (Compare, CompareRevision))
    for each in found:
        checked_key(each, each.key)
        if isinstance(each, CompareRevision):
            checked_count(each, each.revision, "revision")
    return found


def holds(comparison: Compare | CompareRevision, items: Items) -> bool:
    """Whether a key is as it is compared to be."""
    stored = items.get(comparison.key)
    if isinstance(comparison, CompareRevision):
        return comparison.revision == (0 if stored is None else stored.revision)
    if comparison.value is None or stored is None:
        return comparison.value is None and stored is None
    return dumps(comparison.value) == stored.value


def _lease_of(part: Any, leases: Leases) -> int:
    lease = checked_count(part, part.lease, "lease")
    if lease:
        leases.get(lease)
    return lease
