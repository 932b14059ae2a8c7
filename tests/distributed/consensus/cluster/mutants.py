"""Bugs that Raft implementations had, planted here: each replaces one small part of the core, for
as long as it is tried. The numbers are those of the kill matrix.
"""

from __future__ import annotations

from tests.distributed.consensus.cluster import (
    bugs_bytes,  # noqa: F401 - what is in there adds itself
    bugs_commit,  # noqa: F401
    bugs_elections,  # noqa: F401
    bugs_logs,  # noqa: F401
    bugs_members,  # noqa: F401
    bugs_reads,  # noqa: F401
    bugs_snapshots,  # noqa: F401
)
from tests.distributed.consensus.cluster.planting import MUTANTS, Mutant, planted

__all__ = ["MUTANTS", "Mutant", "planted"]
