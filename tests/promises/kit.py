"""How many seeds a promise is tried with: `HOLON_SOAK=50` for fifty times as many."""

from __future__ import annotations

import os

TIMES = max(1, int(os.environ.get("HOLON_SOAK") or 0))
SEEDS = 1_000 * TIMES
SEEDS_REMOTE = 100 * TIMES
