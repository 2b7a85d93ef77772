"""Footnotes: small print at the foot, kept after the body and out of its sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from pipeline import layout
from pipeline.document import OcrPage, PageImage, PageLayout, Word, Zone
from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings

WIDTH, HEIGHT, DPI = 1654, 2339, 200
BODY = [
    "Thực hiện kế hoạch công tác năm, Ủy ban nhân dân huyện yêu cầu các phòng,",
    "ban, đơn vị và Ủy ban nhân dân các xã khẩn trương rà soát toàn bộ hồ sơ lưu",
    "trữ đang bảo quản, lập danh mục hồ sơ đến hạn nộp lưu và bàn giao cho kho.",
]
NOTE = [
    "Theo Quyết định số 12/QĐ-UBND ngày 05 tháng 3 năm 2021 của Ủy ban nhân dân huyện",
    "về kế hoạch thu nộp hồ sơ vào lưu trữ lịch sử, đã được điều chỉnh một lần.",
]


def line(number: int, x: int, y: int, text: str, high: int) -> list[Word]:
    words: list[Word] = []
    wide = high / 2.7
    for part in text.split():
        right = round(x + wide * len(part))
        words.append(Word(part, (x, y, right, y + high), 0.95, 1, 1, number))
        x = round(right + wide / 1.5)
    return words


def arranged(
    notes: list[str], *, top: int = 2080, high: int = 26, rule: bool = False, number: str = ""
) -> PageLayout:
    words = [w for n, text in enumerate(BODY) for w in line(n, 240, 300 + 45 * n, text, 36)]
    for n, text in enumerate(notes):
        words += line(10 + n, 260, top + 34 * n, text, high)
    if number:
        words.append(Word(number, (240, top - 6, 252, top + 10), 0.8, 1, 1, 10))
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    if rule:
        ImageDraw.Draw(page).line((240, top - 20, 620, top - 20), fill=0, width=3)
    image = PageImage(1, page, DPI, 0, 0.0, ())
    return layout.arrange(OcrPage(1, WIDTH, HEIGHT, DPI, "vie", tuple(words), ()), image)


def notes_of(page: PageLayout) -> list[str]:
    return [x.text for x in page.lines if x.zone is Zone.FOOTNOTE]


def test_small_print_below_a_short_rule_is_a_footnote_after_the_body() -> None:
    page = arranged(NOTE, rule=True, top=1500)
    assert [x.text for x in page.lines if x.text] == [*BODY, *NOTE]
    assert notes_of(page) == NOTE


def test_small_print_with_a_raised_number_is_a_footnote() -> None:
    assert notes_of(arranged(NOTE, number="1", top=1500)) == [f"1 {NOTE[0]}", NOTE[1]]


def test_small_print_far_below_at_the_foot_is_a_footnote() -> None:
    assert notes_of(arranged(NOTE)) == NOTE


@pytest.mark.parametrize(
    "other",
    [
        {"top": 1500},  # nothing tells that it is a note
        {"top": 1500, "rule": True, "high": 36},  # below a rule, but set like the body
        {"top": 600, "number": "1"},  # high on the page
    ],
)
def test_other_lines_stay_in_the_body(other: dict[str, int]) -> None:
    assert notes_of(arranged(NOTE, **other)) == []  # type: ignore[arg-type]


def test_a_distribution_list_in_small_print_is_none() -> None:
    page = arranged(["Nơi nhận:", "- Như trên;", "- Lưu: VT, VX."])
    assert notes_of(page) == []


def drawn() -> Image.Image:
    """A page as printed: body, a raised number, a short rule, two notes."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw = ImageDraw.Draw(page)
    body, small, tiny = (font("Tinos", round(p / 72 * DPI)) for p in (13, 10, 7))
    for n, text in enumerate(BODY * 5):
        draw.text((236, 200 + 56 * n), text, 0, body)
    draw.text((236 + draw.textlength(BODY[-1], body), 1030), "1", 0, tiny)
    draw.line((236, 2000, 610, 2000), fill=0, width=2)
    draw.text((236, 2008), "1", 0, tiny)
    for n, text in enumerate(NOTE):
        draw.text((252, 2012 + 40 * n), text, 0, small)
    return page


def test_a_printed_footnote_is_read_and_kept_out_of_the_sentences(
    tmp_path: Path, restorer: Restorer
) -> None:
    path = tmp_path / "page.png"
    drawn().save(path, dpi=(DPI, DPI))
    (outcome,) = process_document(Candidate(path, (path,)), Settings(), restorer)
    lines = outcome.record.pages[0].text.split("\n")
    assert lines[-1].endswith("đã được điều chỉnh một lần.")
    assert '"zone": "footnote"' in str(outcome.files["layout.json"])
    notes = [p.text for p in outcome.record.passages if p.kind == "footnote"]
    assert "điều chỉnh một lần" in " ".join(notes)
