"""What the engine read in a word's place at a second look is weighed with what it read first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.document import Line, PageLayout, Word, Zone, apply_corrections
from pipeline.restore.restore import Restorer


@pytest.fixture(scope="module")
def restorer() -> Restorer:
    return Restorer.load()


def line_of(text: str, readings: dict[str, tuple[str, ...]]) -> Line:
    words = tuple(
        Word(token, (10 * i, 0, 10 * i + 8, 10), 0.5, 1, 1, 1, readings.get(token, ()))
        for i, token in enumerate(text.split())
    )
    return Line(text, Zone.BODY, (0, 0, 100, 10), words)


def restored(restorer: Restorer, line: Line) -> str:
    [page] = restorer.restore_pages([PageLayout(1, 100, 100, 100, (line,))], "vie")
    [done] = page.lines
    assert apply_corrections(line.text, done.corrections) == done.text
    return done.text


SENTENCE = "Giám đốc Sở Y tế chịu trách nhiệm tổ chức thực hiện nhiệm {} được giao trong năm"


@pytest.mark.parametrize("read", ["xx", "wụạ"])
def test_the_other_reading_is_taken_where_it_fits(restorer: Restorer, read: str) -> None:
    text = SENTENCE.format(read)
    assert restored(restorer, line_of(text, {})) == text
    assert restored(restorer, line_of(text, {read: ("vụ",)})) == SENTENCE.format("vụ")


def test_what_the_other_reading_may_stand_for_counts_too(restorer: Restorer) -> None:
    text = SENTENCE.format("xx")
    assert restored(restorer, line_of(text, {"xx": ("vu",)})) == SENTENCE.format("vụ")


def test_a_right_word_stays(restorer: Restorer) -> None:
    text = SENTENCE.format("vụ")
    assert restored(restorer, line_of(text, {"vụ": ("xx", "vỡ")})) == text


@pytest.mark.parametrize("kept", ["15", "27/UBND-VX", "KGVX"])
def test_numbers_and_acronyms_stay(restorer: Restorer, kept: str) -> None:
    text = SENTENCE.format(kept)
    assert restored(restorer, line_of(text, {kept: ("vụ",)})) == text


def doubted(restorer: Restorer, number: str, *readings: str) -> list[str]:
    """The doubts of a letter that has a number thrice, once with other readings."""
    text = f"Căn cứ Kết luận số {number} ngày 15 tháng 6 năm 2023 của Bộ Chính trị"
    line = line_of(text, {number: readings})
    line = replace(line, words=tuple(replace(word, confidence=0.96) for word in line.words))
    lines = (line, Line(text), Line(text))
    [page] = restorer.restore_pages([PageLayout(1, 100, 100, 100, lines)], "vie")
    return [doubt.text for doubt in page.lines[0].doubts]


def test_a_number_in_whose_place_another_was_read_is_doubtful(restorer: Restorer) -> None:
    assert "57-KL/TW" in doubted(restorer, "57-KL/TW", "37-KL/TW")
    assert "57-KL/TW" not in doubted(restorer, "57-KL/TW", "S7-KL/TW")
    assert "57-KL/TW" not in doubted(restorer, "57-KL/TW")


def with_english(text: str, english: dict[str, str]) -> Line:
    """A line read with some confidence, and what an English model read in places of it."""
    line = line_of(text, {})
    words = [replace(w, confidence=0.8, english=english.get(w.text, "")) for w in line.words]
    return replace(line, words=tuple(words))


@pytest.mark.parametrize(
    ("text", "english", "word"),
    [
        ("thì doanh nghiệp được trả đãi thuế theo quy định", {"trả": "uu"}, "ưu"),
        ("các điều kiện qáaa định tại Nghị định này", {"qáaa": "quy"}, "quy"),
        ("tổ chức thực hiện nhiệm xx được giao", {"xx": "vu"}, "vụ"),
    ],
)
def test_what_two_models_read_is_weighed_together(
    restorer: Restorer, text: str, english: dict[str, str], word: str
) -> None:
    [read] = english
    assert word not in restored(restorer, with_english(text, {})).split()
    assert restored(restorer, with_english(text, english)) == text.replace(read, word)


def test_a_word_that_both_models_read_stays(restorer: Restorer) -> None:
    text = SENTENCE.format("vụ")
    plain = {word: word.encode("ascii", "ignore").decode() or word for word in text.split()}
    for english in ({}, plain, {"vụ": "vu"}, {"vụ": "xxx"}, {"vụ": "15"}, {"vụ": "&"}):
        assert restored(restorer, with_english(text, english)) == text
