"""What the real machine gives a system."""

from __future__ import annotations

import asyncio

import pytest

from holon_actors import ActorSystem


@pytest.mark.parametrize("attempt", range(3))
async def test_a_system_that_is_made_anew_at_once_is_another_incarnation(attempt: int) -> None:
    seen = []
    for _ in range(5):
        async with ActorSystem("here", bind="inproc://here") as system:
            seen.append(system.incarnation)
        await asyncio.sleep(0)
    assert seen == sorted(set(seen))
