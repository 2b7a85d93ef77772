"""What the engine read twice, and specks read as letters, told by the boxes of a line's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.document import UNTOLD, Box, Line, PageLayout, Word, apply_corrections
from pipeline.restore.echoes import fixes
from pipeline.restore.restore import Restorer

HEIGHT, WIDTH, SPACE = 30, 16, 12


def line_of(text: str, boxes: dict[int, Box] | None = None) -> Line:
    """A line of words beside each other, some of which (by their place) have other boxes."""
    words, x = [], 100
    for i, word in enumerate(text.split()):
        box = (x, 200, x + WIDTH * len(word), 200 + HEIGHT)
        words.append(Word(word, (boxes or {}).get(i, box), 0.95))
        x = box[2] + SPACE
    return Line(text, words=tuple(words))


def without(line: Line) -> str:
    """The line after the repairs."""
    text = line.text
    for fix in sorted(fixes(line), reverse=True):
        text = text[: fix.start] + fix.after + text[fix.end :]
    return text


CASES = [
    ("giữ gìn đầm ấ ấm, lành mạnh", {3: (228, 200, 290, 230), 4: (232, 200, 292, 230)}),
    ("có phương á án giải quyết", {2: (300, 200, 330, 230), 3: (306, 205, 340, 230)}),
]


@pytest.mark.parametrize(("text", "boxes"), CASES, ids=[text for text, _ in CASES])
def test_the_beginning_of_a_word_read_twice_is_taken_away(text: str, boxes: dict[int, Box]) -> None:
    fragment = min(boxes)
    words = text.split()
    expected = " ".join(words[:fragment] + words[fragment + 1 :])
    assert without(line_of(text, boxes)) == expected
    assert without(line_of(text)) == text  # beside each other, they are two words


def test_so_is_the_end_of_a_word() -> None:
    line = line_of("giao việc c đến cơ quan", {2: (230, 200, 244, 215)})
    assert without(line) == "giao việc đến cơ quan"
    assert without(line_of("giao việc c đến cơ quan")) == line.text


def test_a_short_word_in_the_box_of_another_stays_where_it_is_no_part_of_it() -> None:
    line = line_of("người Việt Nam ở nước ngoài", {3: (330, 190, 346, 240)})
    assert without(line) == line.text


def test_a_letter_lower_than_a_third_of_the_line_is_a_speck() -> None:
    low = {2: (400, 200, 406, 207)}
    assert without(line_of("Chính phủ 3 thực hiện cơ chế", low)) == "Chính phủ thực hiện cơ chế"
    assert without(line_of("Chính phủ 3 thực hiện cơ chế")) == "Chính phủ 3 thực hiện cơ chế"
    last = {4: (900, 200, 906, 206)}
    assert without(line_of("trường trung học cơ ˆ", last)) == "trường trung học cơ"


def test_words_of_which_no_engine_told_anything_stay() -> None:
    line = line_of("Chính phủ 3 thực hiện cơ chế", {2: (400, 200, 406, 207)})
    untold = tuple(replace(word, confidence=UNTOLD) for word in line.words)
    assert without(replace(line, words=untold)) == line.text


def test_it_is_a_correction_of_the_line_and_the_rest_is_restored() -> None:
    line = line_of(
        "Chủ đầu tư có phưong á án giải quyet", {5: (560, 200, 580, 230), 6: (564, 200, 600, 230)}
    )
    page = PageLayout(1, 2000, 3000, 200, (line,))
    restored = Restorer.load().restore_pages([page], "vie")[0].lines[0]
    assert restored.text == "Chủ đầu tư có phương án giải quyết"
    assert apply_corrections(line.text, restored.corrections) == restored.text
