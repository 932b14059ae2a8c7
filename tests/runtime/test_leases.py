from __future__ import annotations

from collections import deque
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holon_actors.runtime.leases import Lease, LeaseNotHeld, LeaseTable


def grant(table: LeaseTable[str]) -> Lease[str]:
    return table.grant("thread", deque(["job"]), 0.0)


@given(st.integers(1, 4), st.data())
def test_every_lease_is_released_exactly_once(limit: int, data: st.DataObject) -> None:
    table: LeaseTable[str] = LeaseTable(limit)
    held: list[Any] = []
    suspended: list[Any] = []
    released: list[Any] = []
    for _ in range(data.draw(st.integers(0, 60))):
        match data.draw(st.sampled_from(["grant", "release", "suspend", "resume", "again"])):
            case "grant" if table.free:
                held.append(grant(table))
            case "release" if held:
                released.append(held.pop())
                table.release(released[-1])
            case "suspend" if held:
                suspended.append(held.pop())
                table.suspend(suspended[-1])
            case "resume" if suspended:
                held.append(suspended.pop())
                table.resume(held[-1])
            case "again" if released or suspended:
                with pytest.raises(LeaseNotHeld):
                    table.release((released + suspended)[-1])
        assert set(map(id, table)) == set(map(id, held))
        assert table.free == max(limit - len(held), 0)


def test_only_a_suspended_lease_resumes() -> None:
    table: LeaseTable[str] = LeaseTable(1)
    lease = grant(table)
    with pytest.raises(LeaseNotHeld):
        table.resume(lease)
    table.suspend(lease)
    with pytest.raises(LeaseNotHeld):
        table.suspend(lease)
    other = grant(table)
    table.resume(lease)  # past the limit, which the child's release makes good
    assert (len(table), table.free) == (2, 0)
    table.release(other)
    assert (list(table), table.free) == ([lease], 0)
