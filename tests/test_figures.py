"""Figures alone in cells: the comma comes back, and nothing is made of what was read surely."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.page_simulator.fonts import font
from pipeline import imaging, tesseract
from pipeline.document import PageKind, PageSource, Word
from pipeline.figures import doubtful_figures, with_figures, with_signs
from pipeline.settings import Settings

BOX = (100, 100, 130, 120)
CELL = (60, 80, 200, 140)


def word(text: str, confidence: float) -> Word:
    return Word(text, BOX, confidence)


@pytest.mark.parametrize(
    ("before", "after", "taken"),
    [
        (("11", 0.6), ("1,1", 0.6), True),
        (("12", 0.8), ("1.2", 0.4), False),
        (("1j1", 0.6), ("1,1", 0.3), True),
        (("2:9", 0.9), ("2.9", 0.4), True),
        (("Bi", 0.5), ("5,1", 0.9), True),
        (("XI", 0.5), ("11", 0.7), False),
        (("1,1", 0.5), ("11", 0.95), False),
        (("35", 0.5), ("85", 0.95), False),
        (("4", 0.5), ("A", 0.95), False),
    ],
)
def test_which_of_two_readings_is_taken(
    before: tuple[str, float], after: tuple[str, float], taken: bool
) -> None:
    (found,) = with_figures([word(*before)], [(BOX, [word(*after)])])
    assert found.text == (after[0] if taken else before[0])
    if taken:
        assert found.readings[0] == before[0]
        assert found.confidence <= before[1]


def test_only_short_words_alone_in_a_cell_and_unsure_are_asked_for() -> None:
    page = Image.new("L", (300, 200), 255)
    beside = Word("đồng", (140, 100, 190, 120), 0.9)
    assert len(doubtful_figures(page, 200, [word("11", 0.6)], [CELL])) == 1
    assert not doubtful_figures(page, 200, [word("11", 0.95)], [CELL])
    assert not doubtful_figures(page, 200, [word("11", 0.6), beside], [CELL])
    assert not doubtful_figures(page, 200, [word("không", 0.6)], [CELL])
    assert not doubtful_figures(page, 200, [word("11", 0.6)], [])


@pytest.mark.parametrize(("sign", "digit"), [("§", "8"), ("§.", "8."), ("$", "5")])
def test_a_sign_alone_in_a_cell_is_a_digit_and_doubtful(sign: str, digit: str) -> None:
    (found,) = with_signs([word(sign, 0.93)], [CELL])
    assert (found.text, found.readings) == (digit, (sign,))
    assert found.confidence <= 0.5
    beside = Word("đồng", (140, 100, 190, 120), 0.9)
    for words, cells in (([word(sign, 0.93), beside], [CELL]), ([word(sign, 0.93)], [])):
        assert with_signs(words, cells)[0].text == sign


def test_commas_of_a_table_of_figures_are_read(tmp_path: Path) -> None:
    page = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(page)
    figures = [f"{n % 3 + 1},{n % 7 + 1}" for n in range(24)]
    for n, figure in enumerate(figures):
        draw.text((880, 410 + 60 * n), figure, font=font("Tinos", 36), fill=0)
        draw.text((320, 410 + 60 * n), "Đất ở nông thôn", font=font("Tinos", 36), fill=0)
    for y in range(400, 401 + 60 * 24, 60):
        draw.line((300, y, 1300, y), fill=0, width=2)
    for x in (300, 700, 1300):
        draw.line((x, 400, x, 400 + 60 * 24), fill=0, width=2)
    noise = np.random.default_rng(1).normal(0, 22, (2339, 1654))
    grey = np.asarray(page.filter(ImageFilter.GaussianBlur(0.7)), float) + noise
    path = tmp_path / "table.png"
    Image.fromarray(((grey > 170) * 255).astype(np.uint8)).save(path)
    image = imaging.prepare(PageSource(1, path, 0, PageKind.IMAGE, 200.0), Settings())
    read = [w.text for w in tesseract.read_words(image, path, Settings()).words]
    assert sum(figure in read for figure in set(figures)) >= len(set(figures)) - 2
    assert sum("," in text for text in read) >= 22
