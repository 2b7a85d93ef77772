"""Where letters begin in a file of several, on texts of our own (tests/cases/dossiers)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.document import Line, PageKind, PageLayout, PageSource, RestoredPage
from pipeline.dossier import find_letters
from pipeline.layout import arrange_text
from tests.conftest import LETTER

CASES = json.loads(
    (Path(__file__).parent / "cases" / "dossiers" / "dossiers.json").read_text(encoding="utf-8")
)


def text_pages(*texts: str) -> list[RestoredPage]:
    sources = (
        PageSource(n, Path("-"), n - 1, PageKind.TEXT, text=text) for n, text in enumerate(texts, 1)
    )
    return [RestoredPage.unchanged(arrange_text(source)) for source in sources]


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_finds_where_letters_begin(case: dict[str, Any]) -> None:
    spans = find_letters(text_pages(*("\n".join(page) for page in case["pages"])))
    assert [span.first + 1 for span in spans] == case["begins"]
    flagged = {flag.where for span in spans for flag in span.flags}
    assert flagged == {f"page {page}" for page in case["flagged"]}


def test_doubts_are_told_on_both_sides() -> None:
    without_end = LETTER.partition("Nơi nhận")[0]
    poor = "XÃ AN BÌNH\nSố: 28/UBND-VX\n\nKính gửi: Các trường học trên địa bàn xã\n"
    first, second = find_letters(text_pages(without_end, poor + LETTER.partition("như sau:")[2]))
    assert [flag.code for flag in first.flags] == ["boundary_ends"]
    assert [flag.code for flag in second.flags] == ["boundary_begins"]
    assert 0.5 < second.confidence < 0.9
    for flag in (*first.flags, *second.flags):
        assert (flag.page, flag.where) == (2, "page 2")
        assert "page 2" in flag.message
        assert "trang 2" in (flag.message_vi or "")


@given(st.lists(st.text("Số: 1/QĐ-UBND\nngày 2 Phụ lục (kèm theo) CỘNG HÒA XÃ HỘI", max_size=200)))
def test_every_page_is_in_one_letter(texts: list[str]) -> None:
    spans = find_letters(text_pages(*texts))
    held = [page for span in spans for page in range(span.first, span.last + 1)]
    assert held == list(range(len(texts)))
    assert all(0.5 < span.confidence <= 1 for span in spans)


def test_a_page_that_could_not_be_read_goes_with_the_letter_before() -> None:
    unread = RestoredPage.unchanged(PageLayout(2, 0, 0, 0, (Line(""),)))
    first, _, third = text_pages(LETTER, "", LETTER)
    assert [(s.first, s.last) for s in find_letters([first, unread, third])] == [(0, 1), (2, 2)]
