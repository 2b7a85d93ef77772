"""The letter stage on the hand-made text of real letters, kept outside the repository."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.letter.folding import letters
from pipeline.letter.read import read_letter
from tests.test_letter_cases import bare_pages

SHARED = Path(__file__).resolve().parents[2] / "shared"
GOLD = sorted((SHARED / "gold" / "dev").glob("*/letter.json"))
SEED = SHARED / "seeds" / "1046-CV-TU.page-1.gold.txt"

pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not GOLD, reason="the reference letters (../shared/gold/dev) are absent"),
]


def read_texts(paths: list[Path]) -> dict[str, Any]:
    pages = [p.read_text(encoding="utf-8").rstrip("\n").split("\n") for p in paths]
    return read_letter(bare_pages(pages)).model_dump()


def same(found: Any, wanted: Any) -> bool:
    """Equal but for case, marks, spaces and punctuation, and "Về việc" before a trích yếu."""
    if found is None or wanted is None:
        return found is wanted
    return letters(found).removeprefix("veviec") == letters(wanted).removeprefix("veviec")


@pytest.mark.parametrize("path", GOLD, ids=lambda p: p.parent.name)
def test_fields_of_real_letters(path: Path) -> None:
    truth = json.loads(path.read_text(encoding="utf-8"))
    letter = read_texts(sorted(path.parent.glob("page-*.txt")))
    for part in ("header", "signature"):
        for name, value in truth[part].items():
            assert same(letter[part][name], value), f"{part}.{name}: {letter[part][name]!r}"
    for name in ("recipients", "distribution", "legal_bases", "preamble", "closing"):
        assert [letters(x) for x in letter[name]] == [letters(x) for x in truth[name]], name
    found = [(d["marker"], letters(d["text"])) for d in letter["directives"]]
    assert found == [(d["marker"], letters(d["text"])) for d in truth["directives"]]
    cited = {(c["number_symbol"], c["date"]) for c in letter["citations"]}
    assert cited == {(c["number_symbol"], c["date"]) for c in truth["citations"]}


@pytest.mark.skipif(not SEED.exists(), reason="the seed letter (../shared/seeds) is absent")
def test_the_letter_the_project_starts_from() -> None:
    letter = read_texts([SEED])
    header = letter["header"]
    assert (header["number_symbol"], header["date"]) == ("1046-CV/TU", "2019-09-18")
    assert header["place"] == "Hải Phòng"
    assert len(letter["recipients"]) == 4
    assert len(letter["citations"]) == 3
