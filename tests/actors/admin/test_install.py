"""Which systems can be attached to."""

from __future__ import annotations

import pytest

from holon_actors import ActorSystem
from holon_actors.actors.admin import local_systems


@pytest.mark.parametrize(
    ("options", "variable", "answers", "found"),
    [
        ({}, None, False, False),
        ({}, "1", True, True),
        ({}, "0", False, False),
        ({"attach": True}, None, True, True),
        ({"attach": False}, "1", False, False),
        ({"bind": "tcp://127.0.0.1:0"}, None, True, True),
        ({"bind": "tcp://127.0.0.1:0", "attach": False}, None, False, False),
        ({"bind": "inproc://bank"}, None, True, False),
        ({"bind": "inproc://bank", "attach": True}, None, True, True),
    ],
)
async def test_listening_systems_can_and_others_when_they_want_to(
    monkeypatch, options, variable, answers, found
):
    if variable is not None:
        monkeypatch.setenv("HOLON_ATTACH", variable)
    async with ActorSystem("bank", **options) as system:
        assert (system.lookup("/system/admin") is not None) == answers
        assert [each.name for each in local_systems()] == (["bank"] if found else [])


async def test_the_entry_has_the_endpoint_that_was_chosen():
    async with ActorSystem("bank", bind="tcp://127.0.0.1:0") as system:
        assert local_systems()[0].endpoint == system.endpoint
