"""`holon run`."""

import json
import os
import subprocess
import sys

import psutil
import pytest


def test_the_result_is_json_on_stdout_and_the_story_is_on_stderr(holon, flows_file):
    ended = holon("run", f"{flows_file}:add", "--input", '{"x": 5, "y": "3"}')
    assert (ended.code, ended.out) == (0, "8\n")
    assert ended.err.startswith("add finished in ")


def test_json_leaves_stderr_empty(holon, flows_file):
    ended = holon("run", f"{flows_file}:rows", "--json")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == '[{"a": 1, "b": 2}, {"a": 3}]\n'


def test_a_list_stands_for_positionals(holon, flows_file):
    assert holon("run", f"{flows_file}:add", "--input", "[5, 3]").out == "8\n"


def test_input_from_a_file_and_from_stdin(holon, flows_file, write):
    write("data.json", '"hi"')
    assert holon("run", f"{flows_file}:chain", "--input", "data.json").out == '"HI!"\n'
    assert holon("run", f"{flows_file}:chain", "--input", "-", stdin='"yo"').out == '"YO!"\n'


def test_without_input_parameters_keep_their_defaults(holon, flows_file):
    assert holon("run", f"{flows_file}:greet").out == '"hello you"\n'
    assert holon("run", f"{flows_file}:rows", "--json").code == 0


def test_without_input_a_parameter_that_needs_one_is_named(holon, flows_file):
    ended = holon("run", f"{flows_file}:add")
    assert ended.code == 2
    assert ended.err == "error: flow 'add': needs input for x, y: give --input\n"


def test_a_table_is_printed_when_asked_for(holon, flows_file):
    ended = holon("run", f"{flows_file}:rows", "--format", "table")
    cells = [line.split() for line in ended.out.splitlines()]
    assert (cells[0], cells[2:]) == (["a", "b"], [["1", "2"], ["3"]])


def test_the_result_goes_to_a_file(holon, flows_file, tmp_path):
    ended = holon("run", f"{flows_file}:rows", "--output", "out.json")
    assert (ended.code, ended.out) == (0, "")
    assert json.loads((tmp_path / "out.json").read_text()) == [{"a": 1, "b": 2}, {"a": 3}]


def test_a_trace_shows_every_node(holon, flows_file):
    ended = holon("run", f"{flows_file}:chain", "--input", '"x"', "--trace")
    assert ended.code == 0
    assert "where the time went" in ended.err
    assert "[0] shout" in ended.err


def test_a_trace_for_machines_is_json_on_stderr(holon, flows_file):
    ended = holon("run", f"{flows_file}:chain", "--input", '"x"', "--trace", "--json")
    assert ended.out == '"X!"\n'
    assert [node["depth"] for node in json.loads(ended.err)["trace"]] == [0, 1, 1]


@pytest.mark.parametrize("isolation", ["inline", "thread", "process", "auto"])
def test_a_flow_runs_where_it_is_told_to(holon, write, isolation):
    file = write(
        "where.py",
        """
        import os, threading
        from holon_actors.flows import flow

        @flow
        def where() -> tuple[int, bool]:
            return os.getpid(), threading.current_thread() is threading.main_thread()
        """,
    )
    ended = holon("run", file, "--isolation", isolation, "--json")
    assert ended.code == 0
    pid, in_main_thread = json.loads(ended.out)
    assert (pid == os.getpid()) == (isolation != "process")
    assert in_main_thread == (isolation in ("inline", "process"))


def test_retries_run_a_failed_flow_again(holon, write):
    file = write(
        "flaky.py",
        """
        from holon_actors.flows import flow

        tries = []

        @flow
        def flaky() -> int:
            tries.append(1)
            if len(tries) < 3:
                raise ConnectionError("down")
            return len(tries)
        """,
    )
    assert holon("run", file).code == 1
    ended = holon("run", file, "--retries", "2")
    assert (ended.code, ended.out) == (0, "3\n")
    assert "2 attempts" in ended.err


def test_a_flow_that_fails_is_exit_1_with_node_line_and_error(holon, write):
    file = write(
        "fails.py",
        """
        from holon_actors.flows import flow

        @flow
        def fetch(name: str) -> str:
            raise LookupError(f"no star {name}")

        broken = flow(str.upper) | fetch.fallback(fetch)
        """,
    )
    ended = holon("run", f"{file}:broken", "--input", '"vega"')
    assert ended.code == 1
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    assert line.startswith("error: flow 'pipe' failed at pipe[1]/fallback")
    assert line.endswith("fails.py:6: LookupError: no star VEGA")


@pytest.mark.parametrize(
    ("source", "code", "says"),
    [
        ("missing.json", 3, "'missing.json': no such file"),
        (".", 3, "directory"),
        ("{bad", 2, "inline input: not JSON"),
        ('{"x": 1}', 2, "'y'"),
        ('{"x": 1, "y": 2, "z": 3}', 2, "'z'"),
        ('{"x": 1, "y": "many"}', 2, "'y'"),
        ("[1, 2, 3]", 2, "'add'"),
        ("5", 2, "'add'"),
    ],
)
def test_input_that_cannot_be_used_is_told_in_one_line(holon, flows_file, source, code, says):
    ended = holon("run", f"{flows_file}:add", "--input", source)
    assert ended.code == code
    assert ended.out == ""
    (line,) = ended.err.splitlines()
    assert line.startswith("error: ")
    assert says in line


def test_input_from_a_file_is_named_when_it_is_not_json_or_too_large(holon, flows_file, write):
    write("data.json", "[1,\n2")
    ended = holon("run", f"{flows_file}:add", "--input", "data.json")
    assert (ended.code, "'data.json'" in ended.err, "line 2" in ended.err) == (2, True, True)
    ended = holon("run", f"{flows_file}:add", "--input", "data.json", "--max-input", "4B")
    assert ended.code == 2
    assert "larger than 4 bytes" in ended.err
    assert "--max-input" in ended.err


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--isolation", "moon"),
        ("--max-concurrency", "0"),
        ("--max-concurrency", "many"),
        ("--memory", "12XB"),
        ("--memory", "-1"),
        ("--cpu", "1.5"),
        ("--cpu", "0"),
        ("--retries", "-1"),
        ("--timeout", "soon"),
        ("--timeout", "0"),
        ("--timeout", "-1s"),
        ("--max-input", "0"),
        ("--format", "xml"),
    ],
)
def test_an_option_value_out_of_range_is_a_usage_error_that_names_it(
    holon, flows_file, option, value
):
    ended = holon("run", f"{flows_file}:greet", f"{option}={value}")
    assert ended.code == 2
    assert ended.out == ""
    first = ended.err.splitlines()[0]
    assert option in first
    assert value in first


def test_a_trace_is_shown_for_a_run_that_failed_too(holon, flows_file):
    ended = holon("run", f"{flows_file}:fail", "--input", '"x"', "--trace")
    assert ended.code == 1
    assert "where the time went" in ended.err
    assert ended.err.splitlines()[-1].startswith("error: flow 'fail' failed at ")


def test_wrong_input_is_told_once(holon, flows_file):
    ended = holon("run", f"{flows_file}:add", "--input", '{"x": 1, "y": "many"}')
    assert ended.err.startswith("error: flow 'add', parameter 'y': ")
    assert "FlowInputError" not in ended.err


def test_an_async_flow_cannot_be_inline(holon, flows_file):
    ended = holon("run", f"{flows_file}:wait_for_ever", "--input", "1", "--isolation", "inline")
    assert ended.code == 2
    assert "inline" in ended.err


def test_json_and_table_exclude_each_other(holon, flows_file):
    assert holon("run", f"{flows_file}:rows", "--json", "--format", "table").code == 2


def test_a_result_without_a_json_form_is_exit_1_and_says_where(holon, write):
    file = write(
        "odd.py",
        "from holon_actors.flows import flow\nodd = flow(lambda: {'a': [object()]}, name='odd')",
    )
    ended = holon("run", file)
    assert ended.code == 1
    assert "$.a[0]: object has no JSON form" in ended.err


def test_a_hopeless_output_is_refused_before_the_flow_runs(holon, flows_file):
    ended = holon("run", f"{flows_file}:fail", "--input", '"x"', "--output", "no/where.json")
    assert ended.code == 3
    assert "--output 'no/where.json'" in ended.err


def test_what_a_flow_prints_is_not_data(real_holon, write):
    file = write(
        "loud.py",
        """
        from holon_actors.flows import flow

        @flow
        def loud() -> int:
            print("printed")
            return 1
        """,
    )
    for isolation in ("thread", "process"):
        ended = real_holon("run", file, "--isolation", isolation)
        assert (ended.code, ended.out) == (0, "1\n")
        assert "printed" in ended.err


@pytest.mark.parametrize("error", ["SystemExit(0)", "KeyError()", "BaseException('odd')"])
def test_whatever_a_flow_raises_is_its_failure(real_holon, write, error):
    file = write(
        "raises.py",
        f"""
        from holon_actors.flows import flow

        @flow
        def raises() -> None:
            raise {error}
        """,
    )
    for isolation in ("thread", "inline"):
        ended = real_holon("run", file, "--isolation", isolation)
        assert ended.code == 1, isolation
        assert ended.out == ""
        assert "Traceback" not in ended.err
        assert "error: flow 'raises' failed at " in ended.err


STUCK = {
    "loop": "async def stuck() -> None:\n    await asyncio.Event().wait()",
    "thread": "def stuck() -> None:\n    threading.Event().wait()",
    "process": "def stuck() -> None:\n    threading.Event().wait()",
}


@pytest.mark.parametrize("isolation", STUCK)
def test_a_flow_that_never_ends_is_given_up_with_124(real_holon, write, isolation):
    file = write(
        "stuck.py",
        "import asyncio, threading\nfrom holon_actors.flows import flow\n@flow\n"
        + STUCK[isolation],
    )
    ended = real_holon("run", file, "--isolation", isolation, "--timeout", "50ms")
    assert ended.code == 124
    assert ended.err == "error: flow 'stuck' did not finish within 0.05s\n"
    assert not psutil.Process().children()


def test_a_timeout_inside_the_flow_is_the_flows_own_failure(holon, write):
    file = write(
        "slow.py",
        """
        import asyncio
        from holon_actors.flows import flow

        @flow
        async def stuck() -> None:
            await asyncio.Event().wait()

        slow = stuck.timeout(0.01)
        """,
    )
    ended = holon("run", f"{file}:slow", "--timeout", "30s")
    assert ended.code == 1
    assert "took longer than 0.01 s" in ended.err


def test_a_flow_over_its_memory_limit_is_exit_1(holon, write):
    file = write(
        "fat.py",
        """
        from holon_actors.flows import flow

        @flow
        def fat() -> int:
            return len(bytearray(4 * 2**30))
        """,
    )
    ended = holon("run", file, "--isolation", "process", "--memory", "512MB")
    assert ended.code == 1
    assert "memory" in ended.err.lower()
    assert not psutil.Process().children()


def test_a_real_run_leaves_no_process_behind_and_imports_no_table(real_holon, flows_file):
    ended = real_holon(
        "run", f"{flows_file}:add", "--input", "[1, 2]", python_options=["-X", "importtime"]
    )
    assert (ended.code, ended.out) == (0, "3\n")
    imported = {line.rpartition("|")[2].strip() for line in ended.err.splitlines()}
    assert not imported & {"rich", "rich.table", "rich.console", "numpy", "opentelemetry"}


def test_a_coroutine_that_is_never_awaited_fails_the_flow(real_holon, write):
    file = write(
        "forgot.py",
        """
        from holon_actors.flows import flow

        async def later() -> int:
            return 1

        @flow
        def forgot():
            return later()
        """,
    )
    ended = real_holon("run", file)
    assert ended.code == 1
    assert "coroutine" in ended.err
    assert len(ended.err.splitlines()) == 1


def test_a_reader_that_leaves_early_is_no_error(start_holon, write):
    file = write(
        "big.py", "from holon_actors.flows import flow\nbig = flow(lambda: ['x' * 1000] * 1000)"
    )
    process = start_holon("run", file, "--json", stdout=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait() == 0


def test_the_installed_script_is_this_entry_point():
    from importlib.metadata import PackageNotFoundError, entry_points

    from holon_actors.cli.main import main

    found = [point for point in entry_points(group="console_scripts") if point.name == "holon"]
    if not found:
        pytest.skip(f"holon-actors is not installed here ({PackageNotFoundError.__name__})")
    assert found[0].load() is main
    assert sys.version_info >= (3, 11)
