"""`holon trace`: messages as they come."""

import json
import subprocess

import pytest


@pytest.fixture
def traced(holon, bank):
    """Run a trace while messages are told again and again."""

    def run(*args):
        def tell():
            bank.ada.tell({"n": 1})
            if not bank.let_go.is_set():
                bank.loop.call_later(0.02, tell)

        bank.loop.call_soon_threadsafe(tell)
        return holon("trace", *args)

    return run


def test_each_message_is_a_line_and_count_ends_it(traced):
    ended = traced("bank", "/user/ada", "--count", "3")
    assert ended.code == 0
    assert "following 1 actor at" in ended.err
    lines = ended.out.splitlines()
    assert len(lines) == 3
    assert "- -> /user/ada tell {'n': 1} handled in " in lines[0]


def test_for_machines_each_message_is_an_object(traced):
    ended = traced("/user", "--count", "2", "--json")
    records = [json.loads(line) for line in ended.out.splitlines()]
    assert [record["recipient"] for record in records] == ["/user/ada", "/user/ada"]
    assert records[0]["verb"] == "tell"
    assert "T" in records[0]["time"]


def test_a_period_ends_it_well_and_a_time_limit_does_not(holon, bank):
    assert holon("trace", "--for", "50ms").code == 0
    limited = holon("trace", "--timeout", "50ms")
    assert limited.code == 124


def test_after_it_nobody_is_followed_any_more(traced, bank):
    traced("--count", "1")
    admin = bank.system.lookup("/system/admin")
    assert admin._actor._tracer.feeds == ()
    assert type(bank.ada).__name__ == "Cell"


def test_ctrl_c_ends_it(start_holon, environment, runtime_dir, bank):
    environment["XDG_RUNTIME_DIR"] = str(runtime_dir)
    process = start_holon("trace", "bank")
    assert "following" in process.stderr.readline()
    process.send_signal(subprocess.signal.SIGINT)
    process.communicate(timeout=50)
    assert process.returncode == 130
