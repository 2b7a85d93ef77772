"""Where a line runs on into the next: in the cells of tables by the room that was left."""

from __future__ import annotations

from pipeline.document import Box, Line, PageLayout, Word, Zone
from pipeline.restore.restore import Restorer
from pipeline.restore.wrapping import line_ends

LETTER = 10  # pixels across
HEIGHT = 20


def line(text: str, left: int, top: int, zone: Zone = Zone.TABLE) -> Line:
    words: list[Word] = []
    at = left
    for part in text.split():
        box: Box = (at, top, at + LETTER * len(part), top + HEIGHT)
        words.append(Word(part, box, 0.95))
        at = box[2] + LETTER // 2
    return Line(text, zone, (left, top, words[-1].box[2], top + HEIGHT), tuple(words))


BODY = line("Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;", 0, 0, Zone.BODY)
CELL = [
    line("Bộ Thông tin và", 0, 40),
    line("Truyền thông, Thông", 0, 70),
    line("tấn xã Việt Nam, Đài", 0, 100),
    line("Truyền hình", 0, 130),
    line("Lưu", 0, 160),
]
NEXT = line("Hằng năm", 400, 90)


def test_a_line_of_a_cell_runs_on_unless_it_left_room_for_the_next_word() -> None:
    assert line_ends([BODY, *CELL, NEXT]) == [False, False, False, False, True, True, True]


def test_outside_tables_a_short_line_ends() -> None:
    below = [line(x.text, 0, 40 * n, Zone.BODY) for n, x in enumerate(CELL)]
    assert line_ends([BODY, *below]) == [False] + [True] * len(CELL)


def test_without_boxes_a_short_line_ends() -> None:
    bare = [Line(x.text, x.zone) for x in (BODY, *CELL)]
    assert line_ends(bare) == [False] + [True] * len(CELL)
    assert line_ends([]) == []


def test_the_words_around_are_seen_across_the_lines_of_a_cell(restorer: Restorer) -> None:
    cell = [line("nhận hồ sơ và kiêm", 0, 40), line("tra hồ sơ trong ngày", 0, 70)]
    page = PageLayout(1, 0, 0, 0, (BODY, *cell))
    (restored,) = restorer.restore_pages([page], "vie")
    assert restored.lines[1].text == "nhận hồ sơ và kiểm"
