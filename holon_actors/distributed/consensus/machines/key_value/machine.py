"""A replicated key-value store, as a state machine: `KeyValue`.

One command is one step, and one revision if it changes keys. Everything is decided by the order of
the commands and by the time that the log tells; what is wrong with a command is found before any of
it is done. How clients use it is `store.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from holon_actors.distributed.consensus.machine import StateMachine
from holon_actors.distributed.consensus.machines.errors import InvalidCommand
from holon_actors.distributed.consensus.machines.key_value.changes import (
    change_of,
    changes_of,
    checked_comparisons,
    holds,
    swap_of,
)
from holon_actors.distributed.consensus.machines.key_value.commands import (
    AcquireLock,
    CompareAndSet,
    Delete,
    DeletePrefix,
    GrantLease,
    KeepLease,
    Put,
    ReleaseLock,
    RevokeLease,
    Transacted,
    Transaction,
)
from holon_actors.distributed.consensus.machines.key_value.items import Change
from holon_actors.distributed.consensus.machines.key_value.reading import answer
from holon_actors.distributed.consensus.machines.key_value.state import State
from holon_actors.distributed.consensus.machines.key_value.store import Group, KeyValueStore
from holon_actors.distributed.consensus.machines.key_value.validation import (
    checked_count,
    checked_key,
    checked_text,
    checked_ttl,
)
from holon_actors.errors import ConfigError

__all__ = ["KeyValue"]


class KeyValue(StateMachine):
    """Keys with values, leases, locks, and a history of the latest changes for those who watch.

    All members of a group must have the same settings: what is forgotten is part of the state.
    """

    def __init__(self, *, history_max: int = 10_000, history_bytes_max: int = 64 << 20) -> None:
        """`history_max` changes are kept for those who watch, of at most `history_bytes_max` bytes
        of keys and values together; each takes memory and room in snapshots. Raises `ConfigError`.
        """
        if history_max < 1 or history_bytes_max < 1:
            raise ConfigError("history_max and history_bytes_max: at least 1")
        self._limits = (history_max, history_bytes_max)
        self._state = State(history_max, history_bytes_max)

    @staticmethod
    def client(group: Group, *, timeout: float = 5.0) -> KeyValueStore:
        """The verbs of the store, on a member of the group or a client of it. `timeout` (seconds)
        is that of each operation.
        """
        return KeyValueStore(group, timeout=timeout)

    def apply(self, command: Any) -> Any:
        """Do one of `commands.py`. Raises `InvalidCommand`, `LeaseNotFound`."""
        handler = _HANDLERS.get(type(command))
        if handler is None:
            raise InvalidCommand(type(command).__name__, "not a command of the key-value store")
        return handler(self._state, command)

    def query(self, request: Any) -> Any:
        """Answer one of `queries.py`. Raises `InvalidCommand`."""
        return answer(self._state, request)

    def deadline(self) -> float | None:
        """When the next lease may be over, in seconds of the log's time."""
        return self._state.leases.deadline()

    def advance(self, now: float) -> None:
        """The log says that it is `now`: leases whose time is over end."""
        for lease in self._state.leases.advance(now):
            self._state.clear_up_after(lease, "expire")

    def snapshot(self) -> Any:
        """All of the store, as it is now."""
        return list(self.snapshot_parts())

    def restore(self, state: Any) -> None:
        """Become what a snapshot says. Raises `StateMismatch`, and changes nothing then."""
        self.restore_parts(iter(state if isinstance(state, list) else [state]))

    def snapshot_parts(self) -> Iterable[Any]:
        """The same in parts."""
        return self._state.parts()

    def restore_parts(self, parts: Iterator[Any]) -> None:
        """The same in parts."""
        restored = State(*self._limits)
        restored.load(parts)
        self._state = restored


# --- what each command does, once it makes sense ---


def _put(state: State, command: Put) -> int:
    return state.change((change_of(command, state.leases),))


def _delete(state: State, command: Delete) -> bool:
    change = change_of(command, state.leases)
    before = state.revision
    return state.change((change,)) > before


def _delete_prefix(state: State, command: DeletePrefix) -> int:
    keys = list(state.items.matching(checked_text(command, command.prefix, "prefix")))
    state.change(Change(key, None) for key in keys)
    return len(keys)


def _compare_and_set(state: State, command: CompareAndSet) -> bool:
    comparison, change = swap_of(command, state.leases)
    if not holds(comparison, state.items):
        return False
    state.change((change,))
    return True


def _transact(state: State, command: Transaction) -> Transacted:
    comparisons = checked_comparisons(command)
    then = changes_of(command, "then", state.leases)
    otherwise = changes_of(command, "otherwise", state.leases)
    done = all(holds(each, state.items) for each in comparisons)
    return Transacted(done, state.change(then if done else otherwise))


def _grant_lease(state: State, command: GrantLease) -> int:
    return state.leases.grant(checked_ttl(command, command.ttl))


def _keep_lease(state: State, command: KeepLease) -> float:
    return state.leases.keep(checked_count(command, command.lease, "lease", 1))


def _revoke_lease(state: State, command: RevokeLease) -> bool:
    number = checked_count(command, command.lease, "lease", 1)
    if state.leases.find(number) is None:
        return False
    state.clear_up_after(state.leases.end(number), "delete")
    return True


def _acquire_lock(state: State, command: AcquireLock) -> int:
    name = checked_key(command, command.name, "name")
    lease = state.leases.get(checked_count(command, command.lease, "lease", 1))
    return state.locks.acquire(name, lease.number)


def _release_lock(state: State, command: ReleaseLock) -> bool:
    name = checked_key(command, command.name, "name")
    return state.locks.release(name, checked_count(command, command.lease, "lease", 1))


_HANDLERS: Mapping[type, Callable[[State, Any], Any]] = MappingProxyType(
    {
        Put: _put,
        Delete: _delete,
        DeletePrefix: _delete_prefix,
        CompareAndSet: _compare_and_set,
        Transaction: _transact,
        GrantLease: _grant_lease,
        KeepLease: _keep_lease,
        RevokeLease: _revoke_lease,
        AcquireLock: _acquire_lock,
        ReleaseLock: _release_lock,
    }
)
