"""Numbers read by two models: the better digits are taken, and no disagreement is silent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from pipeline import tesseract
from pipeline.document import PageImage, Word
from pipeline.number_readings import UNSURE, doubtful_numbers, number_of, with_numbers
from pipeline.settings import Settings

BOX = (100, 100, 160, 120)
PAGE = Image.new("L", (600, 200), 255)


def word(text: str, confidence: float) -> Word:
    return Word(text, BOX, confidence)


@pytest.mark.parametrize(
    ("read", "other", "number"),
    [
        ("37-KL/TW", "57-KL/TW", "57-KL/TW"),
        ("393/QĐ-UBND", "383/OD-UBND", "383/QĐ-UBND"),
        ("238/2021/NQ-UBTVQHI5", "238/2021/NQ-UBTVQH15", "238/2021/NQ-UBTVQH15"),
        ("Covid-]9,", "Covid-19,", "Covid-19,"),
        ("0.00.00.HS3", "0.00.00.H53", "0.00.00.H53"),
        ("2012;", "2015;", "2015;"),
        ("(1916-1934),", "(1916-1924).", "(1916-1924),"),
        ("509%", "50%", "50%"),
        ("(0.5", "(0,5", "(0,5"),
        ("I2.T", "12.1", "12.1"),
        ("5Š", "5", "5"),
        ("l6", "16", "16"),
        ("11", "1,1", "1,1"),
        ("$.2.", "5.2.", "5.2."),
    ],
)
def test_digits_come_from_the_other_reading(read: str, other: str, number: str) -> None:
    assert number_of(read, other) == number


@pytest.mark.parametrize(
    ("read", "other"),
    [
        ("3|", "34"),  # 31 by hand: a stroke is no 4
        ("1/1", "11"),  # a mark is lost more easily than made
        ("1", "11"),
        ("01", "O1"),
        ("1931", "193]"),
        ("ĐOÀN5", "DOANS"),
        ("3741-CTr/UBKTTU", "3741-CT1/UBKTTU"),
        ("350/QĐ-BLĐTBXH", "350/0D-BLDTBXH"),
        ("25/8/2019./.", "25/8/2019//."),
        ("#3", "29"),
        ("đ/m²", "d/m2"),
        ("2.", "?"),
        ("5", ""),
    ],
)
def test_what_cannot_be_of_the_same_print_is_not_taken(read: str, other: str) -> None:
    assert number_of(read, other) == read


@given(st.text(max_size=12), st.text(max_size=12))
def test_no_letter_is_ever_made(read: str, other: str) -> None:
    def letters(text: str) -> list[str]:
        return [c for c in text if c.isalpha()]

    made = letters(number_of(read, other))
    before = letters(read)
    assert all(made.count(c) <= before.count(c) for c in made)


@pytest.mark.parametrize(
    ("before", "other", "text", "sure"),
    [
        (("37-KL/TW", 0.57), ("57-KL/TW", 0.87), "57-KL/TW", UNSURE),
        (("2012;", 0.77), ("2015;", 0.95), "2015;", UNSURE),
        (("37/2024/TT-BYT", 0.6), ("57/2024/TT-BYT", 0.4), "37/2024/TT-BYT", UNSURE),
        (("2013;", 0.8), ("2015;", 0.75), "2013;", UNSURE),
        (("2013;", 0.2), ("2015;", 0.9), "2015;", 0.2),
        (("I1", 0.8), ("11", 0.6), "11", 0.8),
    ],
)
def test_both_readings_are_told_and_a_digit_of_which_they_differ_is_unsure(
    before: tuple[str, float], other: tuple[str, float], text: str, sure: float
) -> None:
    words = [word(*before)]
    (found,) = with_numbers(words, doubtful_numbers(PAGE, 200, words), [[word(*other)]])
    assert (found.text, found.confidence) == (text, sure)
    assert {found.text, *found.readings} == {before[0], other[0]}


@pytest.mark.parametrize(
    "read",
    [
        [],
        [word("57-KL/TW", 0.2)],
        [word("57-KL/TW", 0.9), word("57-KL/TW", 0.9)],
        [Word("57-KL/TW", (300, 100, 360, 120), 0.9)],
        [word("37-KL/TW", 0.9)],
    ],
)
def test_a_number_stays_where_nothing_else_was_read_there(read: list[Word]) -> None:
    words = [word("37-KL/TW", 0.57)]
    assert with_numbers(words, doubtful_numbers(PAGE, 200, words), [read]) == words


def test_only_numbers_that_may_be_print_and_were_not_read_surely_are_asked_for() -> None:
    unsure = [("37-KL/TW", 0.57), ("không", 0.3), ("#8", 0.5), ("2019", 0.93), ("44", 0.05)]
    asked = doubtful_numbers(PAGE, 200, [word(*w) for w in unsure])
    assert [one.word.text for one in asked] == ["37-KL/TW"]


def test_a_number_is_read_with_the_words_beside_it() -> None:
    line = [("số", 40), ("37-KL/TW", 100), ("ngày", 200), ("15", 300)]
    words = [Word(t, (x, 100, x + 50, 120), 0.57 if x == 100 else 0.95) for t, x in line]
    (asked,) = doubtful_numbers(PAGE, 200, words)
    left, _, right, _ = asked.picture.box
    assert left < 40
    assert 250 < right < 300
    assert asked.picture.pictures[0].width == right - left


def test_the_english_model_reads_a_doubtful_number_of_a_page_again() -> None:
    """The page says 2015; the words are those of a reading that said 2013."""
    image = Image.new("L", (1700, 400), 255)
    draw = ImageDraw.Draw(image)
    letters = font("Tinos", 46)
    at, words = 80, []
    for text in ("Chính", "phủ", "ngày", "19", "tháng", "6", "năm", "2015;"):
        draw.text((at, 150), text, fill=0, font=letters)
        box = draw.textbbox((at, 150), text, font=letters)
        left, top, right, bottom = (round(v) for v in box)
        doubtful = text == "2015;"
        read = Word("2013;" if doubtful else text, (left, top, right, bottom), 0.95, 1, 1, 1)
        words.append(Word(read.text, read.box, 0.6, 1, 1, 1) if doubtful else read)
        at = right + 14
    page = PageImage(1, image, 300, 0, 0.0, ())
    found = tesseract._numbers_again(page, words, Settings())
    assert found[:-1] == words[:-1]
    assert (found[-1].text, found[-1].readings) == ("2015;", ("2013;",))
    assert tesseract._numbers_again(page, words, Settings(number_model="")) == words
    assert tesseract._numbers_again(page, words, Settings(number_model="xyz")) == words
