"""A batch killed at random moments and continued ends as one that was left alone.

`CONGVAN_KILLS=50` kills more often; `python -m benchmarks.kills` does so with the samples' scans.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from benchmarks import kills
from benchmarks.batch_inbox import fill

KILLS = int(os.environ.get("CONGVAN_KILLS", "4"))


def test_a_batch_killed_at_random_ends_as_if_nothing_had_been(tmp_path: Path) -> None:
    inbox, calm, killed = (tmp_path / name for name in ("in", "calm/out", "killed/out"))
    assert fill(inbox, samples=False) >= 55
    kills.run_undisturbed(inbox, calm)
    seed = random.randrange(1 << 16)
    harm = kills.run_killed(inbox, killed, KILLS, seed)
    assert kills.differences(calm, killed) == [], (seed, harm)
    assert len(kills.statuses(killed)) >= 40
