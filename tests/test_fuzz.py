"""Mutated inputs for some seconds; `python -m benchmarks.fuzz` tries many more."""

from __future__ import annotations

import os
import random

from benchmarks.damage import damaged, damaged_text
from benchmarks.fuzz import fuzz, told
from benchmarks.fuzz_targets import SHARES

SECONDS = float(os.environ.get("CONGVAN_FUZZ_SECONDS", "20"))


def test_no_mutated_input_breaks_anything() -> None:
    seed = random.randrange(1 << 30)  # others each time: what is found is told with its seed
    account = fuzz(20_000, SECONDS, seed)
    assert not account.findings, f"seed {seed}: {told(account)}"
    assert account.inputs >= sum(SHARES.values())


def test_an_input_of_a_seed_is_always_the_same() -> None:
    for make in (
        lambda chance: damaged(b"1 0 obj <</Type/Page>>" * 9, b"xref 0 9", chance),
        lambda chance: damaged_text("Số: 12/UBND ngày 3 tháng 4", "Kính gửi: các xã", chance),
    ):
        assert make(random.Random("1/7")) == make(random.Random("1/7"))
        assert len({make(random.Random(f"1/{n}")) for n in range(20)}) > 10
