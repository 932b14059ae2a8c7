"""What the library logs while a command runs, in real processes."""

import pytest

LOGS = """
    import logging
    from holon_actors.flows import flow
    {setup}
    logger = logging.getLogger("holon_actors.some.part")

    @flow
    def logs() -> None:
        logger.info("chatter")
        try:
            raise OSError("disk\\nfull")
        except OSError:
            logger.exception("could not stop %s", "ada")
"""


@pytest.fixture
def logged(real_holon, write):
    """Run a flow that logs an error; gives the lines on stderr but the last, the story."""

    def run(*options, setup=""):
        ended = real_holon("run", write("logs.py", LOGS.format(setup=setup)), *options)
        assert (ended.code, ended.out) == (0, "null\n")
        return ended.err.splitlines()[:-1]

    return run


def test_an_error_is_one_line_without_a_traceback(logged):
    assert logged() == ["error: could not stop ada: OSError: disk full"]


def test_with_debug_it_has_its_traceback(logged):
    lines = logged("--debug")
    assert lines[:2] == ["could not stop ada", "Traceback (most recent call last):"]


def test_a_file_that_logs_its_own_way_is_left_to_it(logged):
    setup = "logging.basicConfig(format='mine: %(message)s', level=logging.INFO)"
    lines = logged(setup=setup)
    assert lines[:2] == ["mine: chatter", "mine: could not stop ada"]
