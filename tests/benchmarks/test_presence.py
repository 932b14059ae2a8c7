"""What is missing is found before it is run."""

import pytest

from benchmarks.presence import absent


def test_plain_python_is_always_here() -> None:
    assert absent("plain") is None


def test_a_program_that_is_not_on_the_path_is_absent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert absent("beam") == "erl"


def test_a_package_that_is_not_installed_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("benchmarks.presence.find_spec", lambda name: None)
    assert absent("pykka_threads") == "pykka"
    assert absent("plain", ("uvloop",)) == "uvloop"


def test_pinning_is_absent_where_the_platform_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("os.sched_setaffinity", raising=False)
    assert absent("plain", ("one-core",)) == "a way to pin to one core"
