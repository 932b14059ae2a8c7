"""ls, tree, ps, tell, ask, stop: what they print, and how they leave."""

import json

import pytest

from holon_actors.blocking import ActorSystem


def text_of(bank):
    bank.on_loop(lambda: [bank.stuck.tell("x"), bank.stuck.tell("y")])


def test_ls_lists_what_is_below_a_path(holon, bank):
    ended = holon("ls")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.splitlines() == ["/user/ada", "/user/stuck", "/user/hog", "/user/thread"]
    assert holon("ls", "bank", "/user/ada").out == ""
    assert "/system/admin" in holon("ls", "/").out


def test_ls_systems_lists_who_runs_here(holon, run_system):
    run_system("bank")
    run_system("shop", bind="tcp://127.0.0.1:0")
    found = json.loads(holon("ls", "--systems", "--json").out)
    assert [each["name"] for each in found] == ["bank", "shop"]
    assert found[1]["endpoint"].startswith("127.0.0.1:")
    assert "shop" in holon("ls", "--systems").out


def test_tree_draws_the_actors(holon, bank):
    lines = holon("tree", "bank").out.splitlines()
    assert lines[:2] == ["/user", "├─ ada  Account"]
    rows = json.loads(holon("tree", "--json", "--levels", "0", "/user").out)
    assert [row["path"] for row in rows][:2] == ["/user/ada", "/user/stuck"]


def test_ps_shows_every_actor_and_sorts(holon, bank):
    text_of(bank)
    ended = holon("ps")
    assert ended.code == 0
    assert "/user/ada" in ended.out
    rows = json.loads(holon("ps", "--json", "--sort", "depth").out)
    assert (rows[0]["path"], rows[0]["mailbox_depth"]) == ("/user/stuck", 1)
    assert rows[0]["oldest_age"] > 0
    assert holon("ps", "--sort", "size").code == 2


def test_ps_cuts_a_long_list_and_says_so(holon, bank):
    ended = holon("ps", "--limit", "2")
    assert "2 of 5 actors" in ended.err


def test_a_system_without_actors_says_so(holon, runtime_dir):
    with ActorSystem("empty", attach=True):
        assert holon("ps", "/user").out == "(no actors)\n"
        assert holon("top", "/user").out == "(no actors)\n"


def test_the_stack_of_a_stuck_actor_is_one_command_away(holon, bank):
    text_of(bank)
    ended = holon("ps", "bank", "/user/stuck")
    assert "Stuck.wait_for_ever" in ended.out
    assert ended.out.count("/user/stuck") == 1, "said once, in full"
    assert "await asyncio.Event().wait()" in ended.out
    (row,) = json.loads(holon("ps", "/user/stuck", "--json").out)
    assert row["current_message"] == "str"
    assert any(frame["function"] == "Stuck.wait_for_ever" for frame in row["stack"]["frames"])


def test_the_stack_of_a_thread_that_blocks_is_one_command_away(holon, bank):
    bank.on_loop(lambda: bank.thread.tell("work"))
    ended = holon("ps", "bank", "--stack")
    assert "/user/thread handling str" in ended.out
    assert "assert self.let_go.wait(40)" in ended.out


def test_a_blocked_loop_is_shown_with_the_handler_that_blocks_it(holon, bank):
    bank.hog.tell("work")
    ended = holon("ps", "bank")
    assert ended.code == 0
    assert "blocked" in ended.err
    first = ended.out.splitlines()[0]
    assert first.startswith("the event loop of bank (pid")
    assert "by /user/hog handling str" in first
    assert "assert self.let_go.wait(40)" in ended.out
    assert "/user/ada" in ended.out
    rows = json.loads(holon("ps", "bank", "--json").out)
    (hog,) = [row for row in rows if row["path"] == "/user/hog"]
    assert hog["blocks_loop_s"] > 0


def test_an_order_to_a_blocked_loop_is_not_waited_for(holon, bank):
    bank.hog.tell("work")
    ended = holon("tell", "bank", "/user/ada", "5")
    assert ended.code == 124
    assert "/user/hog handling str" in ended.err


def test_tell_and_ask(holon, bank):
    ended = holon("tell", "/user/ada", '{"type": "Deposit", "amount": 5}')
    assert (ended.code, ended.out, ended.err) == (0, "", "")
    assert holon("ask", "bank", "/user/ada", '{"type": "Balance"}').out == "5\n"
    assert holon("ask", "/user/ada", '{"a": [1]}', "--json").out == '{"a": [1]}\n'
    assert holon("ask", "/user/ada", "-", stdin='"hi"').out == '"hi"\n'
    told = holon("tell", "/user/ada", "1", "--json")
    assert json.loads(told.out) == {"told": "/user/ada"}


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["ask", "/user/nobody", "1"], 3, "no actor at /user/nobody"),
        (["tell", "/user/nobody", "1"], 3, "no actor at /user/nobody"),
        (["stop", "/user/nobody"], 3, "no actor at /user/nobody"),
        (["ps", "/user/nobody"], 3, "no actor at /user/nobody"),
        (["ls", "/user/nobody"], 3, "no actor at /user/nobody"),
        (["tree", "/user/nobody"], 3, "no actor at /user/nobody"),
        (["trace", "/user/nobody"], 3, "no actor at /user/nobody"),
        (["ask", "/user/ada", "{"], 2, "not JSON"),
        (["tell", "/user/ada", "{"], 2, """write '{"type": "Deposit", "amount": 5}'"""),
        (["ask", "/user/ada", '{"type": "Deposit"}'], 2, "Deposit needs 'amount'"),
        (["ask", "/user/ada", '{"type": "Deposit", "amount": "x"}'], 2, "Deposit.amount"),
        (["ask", "/user/ada", '{"type": "NotOfThisWorld"}'], 2, "'NotOfThisWorld'"),
        (["ask", "/user/ada"], 2, "MESSAGE"),
        (["ask"], 2, "PATH"),
        (["ask", "/user/ada", "1", "2"], 2, "quote"),
        (["ask", "/user/ada", '"fail"'], 1, "ValueError: no money"),
        (["ask", "/user/stuck", "1", "--timeout", "50ms"], 124, "did not answer int"),
        (["stop"], 2, "PATH"),
        (["stop", "/system/admin"], 2, "ends with the system"),
        (["ps", "shop"], 4, "no system 'shop'"),
        (["ps", "ipc:///tmp/holon-nobody-here.sock", "--timeout", "200ms"], 4, "no answer"),
        (["ps", "tcp://"], 2, "tcp://"),
        (["ps", "tcp://127.0.0.1:x"], 2, "127.0.0.1:x"),
        (["ps", "tcp://10.255.0.1:7400"], 2, "insecure"),
        (["ps", "--timeout", "0s"], 2, "timeout"),
        (["ps", "--security", "x.key_secret"], 2, "--authorized"),
        (["ls", "bank", "/user", "more"], 2, "'more'"),
    ],
)
def test_whatever_is_wrong_is_one_line_and_an_exit_code(holon, bank, args, code, says):
    ended = holon(*args)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err
    assert len(ended.err.splitlines()) <= 2  # with the hint of a usage error
    assert "Traceback" not in ended.err


def test_stop_waits_for_the_end_and_kill_does_not_ask(holon, bank):
    text_of(bank)
    late = holon("stop", "/user/stuck", "--timeout", "50ms")
    assert late.code == 124
    assert "handling str" in late.err
    killed = holon("stop", "/user/stuck", "--kill", "--json")
    assert json.loads(killed.out) == {"stopped": "/user/stuck"}
    assert "/user/stuck" not in holon("ls").out


def test_several_systems_have_to_be_told_apart(holon, run_system):
    run_system("bank")
    run_system("shop")
    ended = holon("ps")
    assert ended.code == 3
    assert "bank (pid" in ended.err
    assert "shop (pid" in ended.err
    assert holon("ls", "shop").code == 0


def test_nobody_to_attach_to_is_unreachable(holon):
    ended = holon("ps")
    assert ended.code == 4
    assert "HOLON_ATTACH=1" in ended.err


@pytest.mark.parametrize("scheme", ["tcp", "ipc"])
def test_a_node_is_asked_by_its_endpoint(holon, run_system, runtime_dir, scheme):
    bind = "tcp://127.0.0.1:0" if scheme == "tcp" else f"ipc://{runtime_dir}/bank.sock"
    running = run_system("bank", bind=bind, attach=None)
    url = running.url if scheme == "tcp" else bind
    assert "/user/ada" in holon("ps", url).out
    assert holon("tell", url, "/user/ada", '{"type": "Deposit", "amount": 7}').code == 0
    assert holon("ask", url, "/user/ada", '{"type": "Balance"}').out == "7\n"
    assert holon("ask", f"{running.ada.address}", '{"type": "Balance"}').out == "7\n"
    assert holon("ask", url, "/user/nobody", "1").code == 3
    assert holon("ask", url, "/user/ada", '"fail"').code == 1


def test_another_system_at_an_endpoint_is_named(holon, run_system):
    running = run_system("bank", bind="tcp://127.0.0.1:0")
    ended = holon("ps", f"holon://shop@{running.system.endpoint}")
    assert ended.code == 4
    assert "bank" in ended.err


def test_a_node_that_lets_nobody_attach_says_so(holon, run_system):
    running = run_system("bank", bind="tcp://127.0.0.1:0", attach=False)
    ended = holon("ps", running.url)
    assert ended.code == 4
    assert "attach=False" in ended.err


def test_a_node_with_a_blocked_loop_is_seen_by_its_endpoint_too(holon, run_system):
    running = run_system("bank", bind="tcp://127.0.0.1:0")
    running.hog.tell("work")
    ended = holon("ps", running.url, "--timeout", "500ms")
    assert ended.code == 0
    assert "by /user/hog handling str" in ended.out
