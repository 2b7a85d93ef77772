"""What the letter stage mends in a field is a correction of the text, certain or not made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.document import Correction, apply_corrections
from pipeline.letter.read import read_letter
from pipeline.process import extract_text
from tests.test_letter import pages_of
from tests.test_letter_cases import CASES

REPAIRS = json.loads(
    (Path(__file__).parent / "cases" / "letter_repairs.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", REPAIRS, ids=lambda c: c["name"])
def test_a_certain_repair_is_a_correction_and_flagged(case: dict[str, Any]) -> None:
    letter = read_letter(pages_of("\n".join(case["text"])))
    found = [[c.where, c.before, c.after] for c in letter.corrections]
    assert found == case["corrections"]
    assert {c.source for c in letter.corrections} <= {"field"}
    data = letter.model_dump()
    for where, value in case.get("fields", {}).items():
        held: Any = data
        for key in where.split("."):
            held = held[int(key)] if isinstance(held, list) else held[key]
        assert held == value, where
    codes = {f.code for f in letter.flags}
    assert set(case.get("flags", [])) <= codes
    assert not set(case.get("no_flags", [])) & codes


@pytest.mark.parametrize("case", CASES)
def test_replaying_all_corrections_gives_the_text(case: dict[str, Any]) -> None:
    record = extract_text("\f".join("\n".join(lines) for lines in case["pages"]))
    for page in record.pages:
        raw, final = page.raw_text.split("\n"), page.text.split("\n")
        for number, (before, after) in enumerate(zip(raw, final, strict=True), 1):
            here = [c for c in record.corrections if (c.page, c.line) == (page.number, number)]
            changes = tuple(Correction(**c.model_dump()) for c in here)
            assert apply_corrections(before, changes) == after


@pytest.mark.parametrize("case", CASES)
def test_text_that_was_mended_needs_no_more(case: dict[str, Any]) -> None:
    """Read again, the mended text gives the same fields and no further repair."""
    record = extract_text("\f".join("\n".join(lines) for lines in case["pages"]))
    again = extract_text("\f".join(page.text for page in record.pages))
    assert again.corrections == []
    for part in ("header", "recipients", "legal_bases", "preamble", "directives", "citations"):
        assert getattr(again, part) == getattr(record, part), part
