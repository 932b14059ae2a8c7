"""Words of a command line: which system, which actor."""

import click
import pytest

from holon_actors.cli.attach.errors import NoSystem, SystemsAmbiguous
from holon_actors.cli.attach.targets import find_target, no_more, split_words


@pytest.mark.parametrize(
    ("words", "endpoint", "path", "rest"),
    [
        ((), None, None, ()),
        (("bank",), "bank", None, ()),
        (("/user/ada",), None, "/user/ada", ()),
        (("bank", "/user/ada"), "bank", "/user/ada", ()),
        (("tcp://h:1", "/user/ada", "5"), "tcp://h:1", "/user/ada", ("5",)),
        (("ipc:///tmp/x.sock",), "ipc:///tmp/x.sock", None, ()),
        (("/user/ada", '{"type": "X"}'), None, "/user/ada", ('{"type": "X"}',)),
        (("/user/ada", "5"), None, "/user/ada", ("5",)),
        (("/user/ada", "/not/a/path"), None, "/user/ada", ("/not/a/path",)),
        (("123", "/user/ada"), "123", "/user/ada", ()),
        (("holon://bank@h:1/user/ada#7",), "holon://bank@h:1", "/user/ada", ()),
        (("holon://bank@h:1/user/ada", "5"), "holon://bank@h:1", "/user/ada", ("5",)),
        (("holon://bank@h:1",), "holon://bank@h:1", None, ()),
    ],
)
def test_endpoint_path_and_rest_are_told_apart(words, endpoint, path, rest):
    split = split_words(words)
    assert (split.endpoint, split.path, split.rest) == (endpoint, path, rest)


def test_what_is_left_over_is_a_usage_error():
    with pytest.raises(click.UsageError, match="'x'"):
        no_more(split_words(("bank", "/user", "x")))


@pytest.mark.parametrize(
    ("text", "endpoint", "peer"),
    [
        ("tcp://10.0.0.5:7400", "tcp://10.0.0.5:7400", None),
        ("tcp://10.0.0.5:7400?peer=orders", "tcp://10.0.0.5:7400", "orders"),
        ("holon://orders@10.0.0.5:7400", "tcp://10.0.0.5:7400", "orders"),
        ("holon://orders@ipc:%2Ftmp%2Fx", "ipc:///tmp/x", "orders"),
    ],
)
def test_an_endpoint_is_taken_as_it_is(text, endpoint, peer):
    target = find_target(text)
    assert (target.endpoint, target.peer, target.local) == (endpoint, peer, None)


def test_the_only_local_system_needs_no_name(run_system):
    running = run_system("bank")
    for word in (None, "bank", "holon://bank", f"unix://{find_target(None).local.socket}"):
        assert find_target(word).local.name == running.name
    assert find_target(str(find_target(None).local.pid)).local.name == "bank"


def test_several_have_to_be_told_apart(run_system):
    run_system("bank")
    run_system("shop")
    with pytest.raises(SystemsAmbiguous, match=r"bank \(pid \d+\); shop \(pid"):
        find_target(None)
    assert find_target("shop").local.name == "shop"


def test_nobody_there_says_how_to_be_found(run_system):
    with pytest.raises(NoSystem, match="HOLON_ATTACH=1"):
        find_target(None)
    run_system("bank")
    with pytest.raises(NoSystem, match=r"'shop'.*there is bank"):
        find_target("shop")
