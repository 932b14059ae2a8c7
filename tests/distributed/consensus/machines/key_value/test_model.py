"""Any commands, in any order: the store does what a plain model does, and all replicas are alike.

A second replica is made anew out of a snapshot now and then, which must make no difference: to
answers, to what comes later, and to the bytes of the next snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from holon_transports.codec import dumps, loads
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from holon_actors.distributed.consensus.machines.key_value import (
    AcquireLock,
    CompareAndSet,
    Delete,
    DeletePrefix,
    GetEvents,
    GetLease,
    GetLock,
    GrantLease,
    KeepLease,
    KeyValue,
    LeaseNotFound,
    Put,
    Range,
    ReleaseLock,
    RevokeLease,
    Transaction,
)

KEYS = st.sampled_from(["a", "ab", "b", "b/c", "z"])
VALUES = st.one_of(st.integers(0, 2), st.sampled_from(["x", [1], {"k": "v"}]))
LEASES = st.integers(0, 3)
NAMES = st.sampled_from(["door", "gate"])
HISTORY = 8


@dataclass
class Model:
    """The store as one would describe it."""

    keys: dict = field(default_factory=dict)  # key: (value, lease)
    leases: dict = field(default_factory=dict)  # number: (ttl, deadline)
    locks: dict = field(default_factory=dict)  # name: the leases, the holder first
    tokens: dict = field(default_factory=dict)  # name: the holder's token
    events: list = field(default_factory=list)
    revision: int = 0
    granted: int = 0
    token: int = 0
    now: float = 0.0

    def change(self, changes, kind="delete"):
        revision = self.revision + 1
        for key, value, lease in changes:
            if value is not None:
                self.keys[key] = (value, lease)
                self.events.append((revision, "put", key, value))
            elif self.keys.pop(key, None) is not None:
                self.events.append((revision, kind, key, None))
            else:
                continue
            self.revision = revision

    def end(self, lease, kind):
        del self.leases[lease]
        keys = sorted(key for key, (_, owner) in self.keys.items() if owner == lease)
        self.change([(key, None, 0) for key in keys], kind)
        for name in sorted(self.locks):
            self.release(name, lease)

    def acquire(self, name, lease):
        line = self.locks.setdefault(name, [])
        if lease not in line:
            line.append(lease)
            if line[0] == lease:
                self.take(name)
        return self.tokens[name] if line[0] == lease else 0

    def take(self, name):
        self.token += 1
        self.tokens[name] = self.token

    def release(self, name, lease):
        line = self.locks.get(name, [])
        if lease not in line:
            return False
        held = line[0] == lease
        line.remove(lease)
        if not line:
            del self.locks[name]
        elif held:
            self.take(name)
        return True


class Replicas(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.model = Model()
        self.kv = KeyValue(history_max=HISTORY)
        self.other = KeyValue(history_max=HISTORY)

    def do(self, command, lease=0):
        """The answer of both replicas; LeaseNotFound if the model has no such lease."""
        answers = []
        for each in (self.kv, self.other):
            try:
                answers.append(each.apply(loads(dumps(command))))
            except LeaseNotFound as error:
                answers.append(("no lease", error.lease))
        assert answers[0] == answers[1]
        there = lease == 0 or lease in self.model.leases
        assert there is (answers[0] != ("no lease", lease))
        return answers[0], there

    @initialize()
    def begin(self):
        for ttl in (3, 6):
            self.grant(ttl)

    @rule(key=KEYS, value=VALUES, lease=LEASES)
    def put(self, key, value, lease):
        answer, there = self.do(Put(key, value, lease), lease)
        if there:
            self.model.change([(key, value, lease)])
            assert answer == self.model.revision

    @rule(key=KEYS)
    def delete(self, key):
        answer, _ = self.do(Delete(key))
        assert answer is (key in self.model.keys)
        self.model.change([(key, None, 0)])

    @rule(prefix=st.sampled_from(["", "a", "b", "q"]))
    def delete_prefix(self, prefix):
        keys = sorted(key for key in self.model.keys if key.startswith(prefix))
        answer, _ = self.do(DeletePrefix(prefix))
        assert answer == len(keys)
        self.model.change([(key, None, 0) for key in keys])

    @rule(key=KEYS, expected=st.one_of(st.none(), VALUES), value=st.one_of(st.none(), VALUES))
    def compare_and_set(self, key, expected, value):
        answer, _ = self.do(CompareAndSet(key, expected, value))
        done = self.model.keys.get(key, (None, 0))[0] == expected
        assert answer is done
        if done:
            self.model.change([(key, value, 0)])

    @rule(changes=st.dictionaries(KEYS, st.one_of(st.none(), VALUES)), lease=LEASES)
    def transact(self, changes, lease):
        parts = [
            Delete(key) if value is None else Put(key, value, lease)
            for key, value in changes.items()
        ]
        puts = any(value is not None for value in changes.values())
        _, there = self.do(Transaction([], parts), lease if puts else 0)
        if there:
            self.model.change([(key, value, lease) for key, value in changes.items()])

    @rule(ttl=st.integers(1, 9))
    def grant(self, ttl):
        answer, _ = self.do(GrantLease(ttl))
        self.model.granted += 1
        assert answer == self.model.granted
        self.model.leases[answer] = (ttl, self.model.now + ttl)

    @rule(lease=st.integers(1, 3))
    def keep(self, lease):
        answer, there = self.do(KeepLease(lease), lease)
        if there:
            ttl = self.model.leases[lease][0]
            assert answer == ttl
            self.model.leases[lease] = (ttl, self.model.now + ttl)

    @rule(lease=st.integers(1, 3))
    def revoke(self, lease):
        answer, _ = self.do(RevokeLease(lease))
        assert answer is (lease in self.model.leases)
        if answer:
            self.model.end(lease, "delete")

    @rule(name=NAMES, lease=st.integers(1, 3))
    def acquire(self, name, lease):
        answer, there = self.do(AcquireLock(name, lease), lease)
        if there:
            assert answer == self.model.acquire(name, lease)

    @rule(name=NAMES, lease=st.integers(1, 3))
    def release(self, name, lease):
        answer, _ = self.do(ReleaseLock(name, lease))
        assert answer is self.model.release(name, lease)

    @rule(step=st.sampled_from([0.5, 1.0, 4.0, -1.0]))
    def advance(self, step):
        now = self.model.now + step
        for each in (self.kv, self.other):
            each.advance(now)
        self.model.now = max(self.model.now, now)
        leases = self.model.leases.items()
        over = sorted((end, number) for number, (_, end) in leases if end <= self.model.now)
        for _, number in over:
            self.model.end(number, "expire")

    @rule()
    def restore(self):
        state = dumps(self.kv.snapshot())
        self.other = KeyValue(history_max=HISTORY)
        self.other.restore(loads(state))
        assert dumps(self.other.snapshot()) == state

    @rule(prefix=st.sampled_from(["", "b"]), back=st.integers(0, 12))
    def watch(self, prefix, back):
        after = max(0, self.model.revision - back)
        page = self.kv.query(GetEvents(prefix, after))
        kept = self.model.events[-HISTORY:]
        dropped = self.model.events[:-HISTORY]
        assert page.forgotten == (dropped[-1][0] if dropped else 0)
        if after >= page.forgotten:
            found = [(each.revision, each.kind, each.key, each.value) for each in page.events]
            assert found == [e for e in kept if e[0] > after and e[2].startswith(prefix)]

    @invariant()
    def the_store_is_as_the_model(self):
        items = self.kv.query(Range()).items
        assert [(item.key, item.value, item.lease) for item in items] == [
            (key, *self.model.keys[key]) for key in sorted(self.model.keys)
        ]
        for number in range(1, 5):
            self.a_lease_is_as_the_model(number)
        for name in ("door", "gate"):
            lock = self.kv.query(GetLock(name))
            line = self.model.locks.get(name)
            found = lock and ([lock.lease, *lock.waiting], lock.token)
            assert found == (line and (line, self.model.tokens[name]))
        ends = [end for _, end in self.model.leases.values()]
        assert self.kv.deadline() == min(ends, default=None)

    def a_lease_is_as_the_model(self, number):
        lease = self.kv.query(GetLease(number))
        assert (lease is None) is (number not in self.model.leases)
        if lease is not None:
            keys = sorted(key for key, (_, owner) in self.model.keys.items() if owner == number)
            locks = sorted(name for name, line in self.model.locks.items() if number in line)
            assert (lease.keys, lease.locks) == (keys, locks)
            assert lease.remaining == self.model.leases[number][1] - self.model.now

    @invariant()
    def replicas_are_alike(self):
        assert dumps(self.kv.snapshot()) == dumps(self.other.snapshot())


TestReplicas = Replicas.TestCase
TestReplicas.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
