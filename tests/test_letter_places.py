"""Nothing printed is lost: every line stands in exactly one place of the record."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from typing import Any

import pytest
import regex
from hypothesis import HealthCheck, given, settings

from pipeline.document import Correction, RestoredPage
from pipeline.letter.folding import letters
from pipeline.letter.read import read_letter
from pipeline.record import Letter
from pipeline.restore.corrections import amended
from tests.test_letter import SCAN, TEXTS, pages_of, scanned
from tests.test_letter_cases import CASES, bare_pages

Character = tuple[int, int, int]


def amended_by(letter: Letter, pages: list[RestoredPage]) -> list[RestoredPage]:
    """`pages` with the repairs of the fields made in their text."""
    return amended(pages, [Correction(**c.model_dump()) for c in letter.corrections])


def printed(pages: list[RestoredPage]) -> Counter[Character]:
    """Every character that is no space, by page, line and place."""
    return Counter(
        (page.number, number, at)
        for page in pages
        for number, line in enumerate(page.lines, 1)
        for at, c in enumerate(line.text)
        if not c.isspace()
    )


def placed(letter: Letter, pages: list[RestoredPage]) -> Counter[Character]:
    """The characters that the places of `letter` cover, with how often."""
    lines = {
        (p.number, n): x.text for p in amended_by(letter, pages) for n, x in enumerate(p.lines, 1)
    }
    return Counter(
        (place.page, number, at)
        for place in letter.places
        for number in range(place.line, place.last_line + 1)
        for at in range(*slice(place.start, place.end).indices(len(lines[place.page, number])))
        if not lines[place.page, number][at].isspace()
    )


def value_at(data: Any, where: str) -> Any:
    """The value of the field `where`; an error where there is no such field."""
    for key in where.split("."):
        data = data[int(key)] if isinstance(data, list) else data[key]
    return data


def texts_by_place(letter: Letter, pages: list[RestoredPage]) -> dict[str, str]:
    """What is printed at each place, page by page from top to bottom."""
    lines = {
        (p.number, n): x.text for p in amended_by(letter, pages) for n, x in enumerate(p.lines, 1)
    }
    found: dict[str, list[str]] = defaultdict(list)
    for place in letter.places:
        for number in range(place.line, place.last_line + 1):
            found[place.where].append(lines[place.page, number][place.start : place.end])
    return {where: "\n".join(texts) for where, texts in found.items()}


@given(TEXTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_character_stands_in_one_place(text: str) -> None:
    pages = pages_of(unicodedata.normalize("NFC", text.replace("\ufeff", "")))
    letter = read_letter(pages)
    assert placed(letter, pages) == printed(amended_by(letter, pages))
    for place in letter.places:
        value_at(letter.model_dump(), place.where)


@given(TEXTS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_places_know_letters_written_with_marks_apart(text: str) -> None:
    """A letter and its marks are one; the places cover all letters of any text."""
    pages = pages_of(unicodedata.normalize("NFD", text))
    letter = read_letter(pages)
    whole, covered = printed(amended_by(letter, pages)), placed(letter, pages)
    assert set(covered.values()) <= {1}
    lines = {
        (p.number, n): x.text for p in amended_by(letter, pages) for n, x in enumerate(p.lines, 1)
    }
    for page, line, at in whole - covered:
        assert not lines[page, line][at].isalnum()


# Words that tell what a field is and are no part of its value.
LABELS = ("dongkinhgui", "kinhgui", "kinhtrinh", "noinhan", "veviec", "vv", "so")
WHOLE = ("legal_bases", "preamble", "directives", "closing", "headings", "appendices", "copies",
         "passages")  # fmt: skip


def content(value: Any) -> str:
    """All text of a field's value, in its order."""
    if isinstance(value, dict):
        keys = ("marker", "title", "reference", "text")
        return " ".join(str(value[k]) for k in keys if value.get(k))
    if isinstance(value, list):
        return " ".join(map(content, value))
    return str(value or "")


@pytest.mark.parametrize("case", CASES)
def test_each_field_holds_all_that_is_printed_at_its_place(case: dict[str, Any]) -> None:
    """Paragraphs, points and passages hold every letter of their lines."""
    pages = bare_pages(case["pages"])
    letter = read_letter(pages)
    assert placed(letter, pages) == printed(amended_by(letter, pages))
    data = letter.model_dump()
    for where, text in texts_by_place(letter, pages).items():
        if where.split(".")[0] in WHOLE:
            assert letters(content(value_at(data, where))) == letters(text), where


@pytest.mark.parametrize("case", CASES)
def test_entries_hold_all_but_their_label(case: dict[str, Any]) -> None:
    pages = bare_pages(case["pages"])
    letter = read_letter(pages)
    texts = texts_by_place(letter, pages)
    data = letter.model_dump()
    for name in ("recipients", "distribution"):
        parts = [t for w, t in texts.items() if w == name or w.startswith(f"{name}.")]
        found = letters(regex.sub(r"^.{4,90} điện:", "", " ".join(parts)))  # who sends a công điện
        value = letters(" ".join(sorted(data[name])))
        spare = Counter(found) - Counter(value)
        allowed = Counter(2 * "".join(LABELS))
        assert not spare - allowed, (name, spare - allowed)


def test_places_of_a_scan_part_a_line_of_two_fields() -> None:
    pages = [scanned(SCAN)]
    letter = read_letter(pages)
    assert placed(letter, pages) == printed(pages)
    parts = [(p.where, p.line, p.start, p.end) for p in letter.places if p.line == 5]
    assert parts == [("header.place", 5, 0, 8), ("header.date", 5, 9, None)]
