"""`docs/attach.md` says what there is."""

import re
from pathlib import Path

from holon_actors.actors.admin import _feed, _history, _local_server
from holon_actors.cli.attach.more import MORE
from holon_actors.cli.attach.prompt import VERBS
from holon_actors.cli.main import cli

PAGE = (Path(__file__).parents[3] / "docs" / "attach.md").read_text()


def options_of(verb):
    command = cli.get_command(None, verb)
    return {option for parameter in command.params for option in parameter.opts}


def test_every_command_is_in_the_page():
    for verb in (*VERBS, *MORE):
        assert re.search(rf"`{verb}\b", PAGE), verb


def test_the_options_of_the_page_exist():
    known = {option for verb in VERBS for option in options_of(verb)}
    for option in re.findall(r"--[a-z]+", PAGE):
        assert option in known | {"--pid"}, option


def test_the_numbers_of_the_page_are_those_of_the_code():
    assert f"the last {_history._KEPT}" in PAGE
    assert f"At most {_feed._PER_SECOND:,} messages a second" in PAGE
    source = Path(_local_server.__file__).read_text()
    assert "BLOCKED_S = 0.5" in source
    assert "half a second" in PAGE
