"""Short letters of every form, each with what must be read from it.

`expected` names only the fields that matter for the case; lists must have the same length.
`flags`, where given, are all the codes the letter must raise, in any order. `letterhead` is false
where the text has none: such a text is no beginning of a letter in a dossier (benchmarks/dossiers).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.document import Line, RestoredLine, RestoredPage
from pipeline.letter.read import read_letter

CASES = [
    pytest.param(case, id=f"{path.stem}: {case['name']}")
    for path in sorted((Path(__file__).parent / "cases" / "letters").glob("*.json"))
    for case in json.loads(path.read_text(encoding="utf-8"))
]


def bare_pages(pages: list[list[str]]) -> list[RestoredPage]:
    """Pages of bare text, as they come without a scan."""
    return [
        RestoredPage(number, 0, 0, 0, tuple(RestoredLine(Line(text), text) for text in lines))
        for number, lines in enumerate(pages, 1)
    ]


def differences(found: Any, wanted: Any, at: str = "") -> list[str]:
    """Where `found` does not have what `wanted` names."""
    if isinstance(wanted, dict):
        return [d for k, v in wanted.items() for d in differences(found[k], v, f"{at}.{k}")]
    if isinstance(wanted, list):
        if len(found) != len(wanted):
            return [f"{at}: {len(found)} instead of {len(wanted)}: {found!r}"]
        pairs = enumerate(zip(found, wanted, strict=True))
        return [d for i, (f, w) in pairs for d in differences(f, w, f"{at}[{i}]")]
    return [] if found == wanted else [f"{at}: {found!r} instead of {wanted!r}"]


@pytest.mark.parametrize("case", CASES)
def test_letter(case: dict[str, Any]) -> None:
    letter = read_letter(bare_pages(case["pages"])).model_dump()
    assert differences(letter, case["expected"]) == []
    if "flags" in case:
        assert sorted(f["code"] for f in letter["flags"]) == sorted(case["flags"])


def test_there_are_enough_letters() -> None:
    assert len(CASES) >= 40
