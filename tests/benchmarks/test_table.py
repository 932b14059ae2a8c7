"""The table is sound: every name in it leads somewhere."""

from importlib.util import find_spec
from pathlib import Path

import pytest

import benchmarks
from benchmarks.table import WORKS
from benchmarks.work import OURS, Entrant, Relative, Work

README = Path(benchmarks.__file__).with_name("README.md")
ENTRANTS = [(work, entrant) for work in WORKS for entrant in work.entrants]


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_holon_comes_first_in_every_work(work: Work) -> None:
    assert [entrant.system for entrant in work.entrants].index(OURS) == 0


@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_every_work_has_a_target_and_every_target_names_entrants(work: Work) -> None:
    systems = {entrant.system for entrant in work.entrants}
    assert work.targets
    for target in work.targets:
        if isinstance(target, Relative):
            peers = set(target.peers)
            assert peers <= systems - {OURS}


def test_works_and_the_systems_within_each_have_their_own_names() -> None:
    names = [work.name for work in WORKS]
    assert len(names) == len(set(names))
    for work in WORKS:
        systems = [entrant.system for entrant in work.entrants]
        assert len(systems) == len(set(systems))


@pytest.mark.parametrize(("work", "entrant"), ENTRANTS)
def test_every_worker_exists(work: Work, entrant: Entrant) -> None:
    assert find_spec(f"benchmarks.workers.{entrant.worker}") is not None


def test_the_readme_explains_every_work() -> None:
    text = README.read_text()
    assert [work.name for work in WORKS if f"`{work.name}`" not in text] == []
