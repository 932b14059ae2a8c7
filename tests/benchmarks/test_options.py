"""Options that do not fit are refused before minutes of measuring."""

from pathlib import Path

import pytest

from benchmarks.options import options_parser


def test_an_unknown_work_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        options_parser().parse_args(["--only", "tell,teleport"])
    assert stop.value.code == 2
    assert "no work named teleport" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["0", "-1", "many"])
def test_repeats_that_are_no_count_are_refused(
    text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        options_parser().parse_args([f"--repeat={text}"])
    assert f"{text} is not a whole number of at least 1" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_refused_before_measuring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        options_parser().parse_args(["--json", str(tmp_path / "missing" / "out.json")])
    assert "is not a file in an existing folder" in capsys.readouterr().err
