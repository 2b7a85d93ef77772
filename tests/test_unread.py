"""What the engine passed over is read once more; worn frames are known by their strokes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from pipeline import seals, unread
from pipeline.document import Box, PageImage, PageKind, PageSource, Word
from pipeline.layout import frames, loose_stamps
from pipeline.reading import read_page
from pipeline.settings import Settings

SIZE = (1600, 2200)
FRAME: Box = (120, 500, 500, 680)


def page_with(*lines: tuple[int, int, str]) -> Image.Image:
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    for x, y, text in lines:
        draw.text((x, y), text, 0, font("Tinos", 39))
    return page


def word(text: str, left: int, top: int, confidence: float = 0.95, line: int = 1) -> Word:
    return Word(text, (left, top, left + 18 * len(text), top + 32), confidence, 1, 1, line)


def test_only_lines_that_no_word_covers_are_read_again() -> None:
    page = page_with((200, 300, "Nơi nhận"), (1000, 300, "Lê Văn Đức"))
    (line,) = unread.unread(page, 200, [Word("nhận", (190, 295, 400, 350), 0.9)], [])
    assert 900 < line.box[0] < 1000
    assert 1160 < line.box[2] < 1300


def test_the_dots_of_a_form_are_left_out() -> None:
    page = page_with((200, 300, "Họ và tên:" + "." * 60))
    (line,) = unread.unread(page, 200, [], [])
    dark = np.asarray(line.pictures[0]) < 128
    assert line.box[2] < 500
    assert dark.any()


def test_a_figure_alone_is_a_line_in_a_cell_and_a_speck_elsewhere() -> None:
    page = page_with((330, 310, "5"))
    assert unread.unread(page, 200, [], []) == []
    (line,) = unread.unread(page, 200, [], [(300, 300, 420, 380)])
    assert 300 < line.box[0] < 340


def test_scribbles_are_no_print_and_what_was_read_well_stays() -> None:
    own = [word("sáng", 200, 300), word("x", 400, 300, 0.1)]
    box = (390, 290, 440, 340)
    assert unread.with_lines(own, [(box, [word("(9", 400, 300, 0.4)])], []) == own
    read = unread.with_lines(own, [(box, [word("nay", 400, 300, 0.96)])], [])
    assert [w.text for w in read] == ["sáng", "nay"]


def test_a_passed_over_word_goes_into_its_line() -> None:
    own = [word("Thông", 200, 300), word("số", 380, 300)]
    found = [word("tư", 320, 300, 0.96)]
    read = unread.with_lines(own, [((315, 290, 362, 340), found)], [])
    assert {(w.block, w.paragraph, w.line) for w in read} == {(1, 1, 1)}


def test_a_word_of_one_letter_is_as_sure_as_any_other() -> None:
    own = [word("1.", 300, 300), word("nh0ii", 345, 300, 0.02)]
    found = [word("chỗ", 345, 300), word("ở", 400, 300), word("đó:", 425, 300)]
    read = unread.with_lines(own, [((340, 290, 480, 340), found)], [])
    assert {w.text for w in read} == {"1.", "chỗ", "ở", "đó:"}


def worn_page() -> Image.Image:
    page = page_with((440, 480, "153/TB-VP"))
    draw = ImageDraw.Draw(page)
    draw.rectangle(FRAME, outline=0, width=4)
    draw.rectangle((200, 495, 230, 510), fill=255)  # worn away
    draw.rectangle((115, 600, 125, 620), fill=255)
    return page


def test_a_worn_frame_is_found_and_its_strokes_go_without_the_print_that_crosses_them() -> None:
    page = worn_page()
    (frame,) = frames.worn_frames(PageImage(1, page, 200, 0, 0.0, ()))
    assert np.abs(np.subtract(frame, FRAME)).max() <= 12
    clean = np.asarray(seals.without_strokes(np.asarray(page), frame, 200)) < 128
    print_ = np.asarray(page_with((440, 480, "153/TB-VP"))) < 128
    stroke = (np.asarray(page) < 128) & ~print_
    assert (clean & print_).sum() > 0.85 * print_.sum()
    assert (clean & stroke).sum() < 0.1 * stroke.sum()


def test_a_table_has_no_worn_frames() -> None:
    page = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(page)
    for x in (200, 500, 800):
        for y in (400, 480, 560):
            draw.rectangle((x, y, x + 300, y + 80), outline=0, width=4)
    assert frames.worn_frames(PageImage(1, page, 200, 0, 0.0, ())) == []


def test_print_that_goes_on_outside_a_frame_is_no_word_of_the_stamp() -> None:
    stamp = [word("ĐẾN", 150, 560), word("Ngày:", 250, 560, line=2)]
    crossed = word("về", 450, 640, 0.2, line=3)
    text = [
        word(t, x, 640, line=3)
        for t, x in (
            (
                "tiến",
                500,
            ),
            ("độ", 590),
        )
    ]
    own = loose_stamps.stamp_words_in(FRAME, [*stamp, crossed, *text])
    assert [w.text for w in own] == ["ĐẾN", "Ngày:"]


def test_print_that_was_read_well_is_not_read_twice() -> None:
    own = [word("Văn", 200, 300, 0.9), word("Minh", 280, 300, 0.8)]
    again = [word("Văn", 202, 301, 0.7), word("Minb", 279, 299, 0.75)]
    box = (190, 290, 380, 340)
    assert unread.with_lines(own, [(box, again)], []) == own
    better = [word("Vân", 202, 301, 0.95), word("Minh", 279, 299, 0.95)]
    read = unread.with_lines(own, [(box, better)], [])
    assert [w.text for w in read] == ["Vân", "Minh"]


@pytest.mark.parametrize("red", [(200, 30, 40), (150, 30, 50), (232, 96, 60)])
def test_a_name_stamped_in_red_is_read_once(tmp_path: Path, red: tuple[int, int, int]) -> None:
    page = page_with((200, 300, "Uỷ ban nhân dân xã báo cáo kết quả như trên."))
    page = page.convert("RGB")
    draw = ImageDraw.Draw(page)
    draw.text((1000, 1500), "Nguyễn Văn Minh", red, font("Tinos", 42, bold=True))
    draw.ellipse((800, 1180, 1084, 1464), outline=(200, 30, 40), width=5)
    page.save(tmp_path / "page.png", dpi=(200, 200))
    source = PageSource(1, tmp_path / "page.png", 0, PageKind.IMAGE, 200.0)
    lines = [line.text for line in read_page(source, Settings()).layout.lines]
    assert "Nguyễn Văn Minh" in lines
