"""What the kernel's counter says of kills for want of memory."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from holon_actors.actors.process.memory import MemoryKills


def test_only_a_kill_since_then_counts(tmp_path: Path) -> None:
    counters = tmp_path / "vmstat"
    counters.write_text("nr_free_pages 9\noom_kill 3\n")
    kills = MemoryKills(counters)
    assert not kills.happened()
    counters.write_text("nr_free_pages 7\noom_kill 4\n")
    assert kills.happened()
    assert not MemoryKills(counters).happened()


@pytest.mark.parametrize("text", [None, "", "nr_free_pages 9\n", "oom_kill many\n"])
def test_where_the_kernel_does_not_tell_none_has_happened(tmp_path: Path, text: str | None) -> None:
    counters = tmp_path / "vmstat"
    if text is not None:
        counters.write_text(text)
    kills = MemoryKills(counters)
    counters.write_text("oom_kill 4\n")
    assert not kills.happened()


@pytest.mark.skipif(sys.platform != "linux", reason="a counter of the Linux kernel")
def test_this_machine_can_be_asked() -> None:
    assert MemoryKills().happened() is False
