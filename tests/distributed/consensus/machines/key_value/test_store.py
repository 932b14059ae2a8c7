"""The verbs of the store."""

from __future__ import annotations

import pytest

from holon_actors.distributed.consensus.errors import CommandFailed, QueryFailed
from holon_actors.distributed.consensus.machines.errors import InvalidCommand
from holon_actors.distributed.consensus.machines.key_value import (
    Compare,
    Delete,
    Item,
    KeyValueStore,
    LeaseNotFound,
    Put,
    Transacted,
)


def test_the_verbs_on_keys(in_simulation):
    async def scenario(kv, _):
        assert await kv.put("a", [1]) == 1
        assert await kv.get("a") == [1]
        assert await kv.get("b") is None
        assert await kv.item("a") == Item("a", [1], revision=1, created=1)
        assert await kv.compare_and_set("a", [1], [2])
        assert not await kv.compare_and_set("a", [1], [3])
        assert await kv.set_if_revision("a", 2, [4])
        assert not await kv.set_if_revision("a", 2, [5])
        assert await kv.set_if_revision("b", 0, 1)
        assert await kv.transaction([Compare("b", 1)], [Delete("b"), Put("c", 1)]) == Transacted(
            True, 5
        )
        assert await kv.revision() == 5
        assert await kv.delete("c")
        assert not await kv.delete("c")
        assert await kv.delete_prefix("") == 1

    in_simulation(scenario)


def test_items_come_in_pages_and_in_order(in_simulation):
    async def scenario(kv, _):
        for number in range(25):
            await kv.put(f"k{number:02}", number)
        page = await kv.page("k", after="k03", limit=2)
        assert ([item.key for item in page.items], page.more) == (["k04", "k05"], True)
        assert [item.value async for item in kv.items("k1")] == list(range(10, 20))
        assert [item async for item in kv.items("x")] == []

    in_simulation(scenario)


def test_items_of_many_pages_come_all(in_simulation, monkeypatch):
    monkeypatch.setattr(KeyValueStore.page, "__kwdefaults__", {"after": "", "limit": 7})

    async def scenario(kv, _):
        for number in range(21):
            await kv.put(f"k{number:02}", number)
        assert [item.value async for item in kv.items()] == list(range(21))

    in_simulation(scenario)


def test_what_is_wrong_with_a_command_is_an_error_of_its_own(in_simulation):
    async def scenario(kv, _):
        with pytest.raises(InvalidCommand) as caught:
            await kv.put("", 1)
        assert (caught.value.command, caught.value.reason) == ("Put", "key is empty")
        with pytest.raises(LeaseNotFound) as caught:
            await kv.put("a", 1, lease=9)
        assert caught.value.lease == 9
        with pytest.raises(InvalidCommand, match="limit"):
            await kv.page(limit=0)
        assert await kv.revision() == 0

    in_simulation(scenario)


async def test_an_error_that_is_not_the_store_s_is_left_as_it_is():
    class Broken:
        async def propose(self, command, *, timeout):
            raise CommandFailed("RuntimeError", "a defect")

        async def read(self, request, *, timeout):
            raise QueryFailed("RuntimeError", "a defect")

    with pytest.raises(CommandFailed, match="a defect"):
        await KeyValueStore(Broken()).put("a", 1)
    with pytest.raises(QueryFailed, match="a defect"):
        await KeyValueStore(Broken()).get("a")
