"""Numbers and days filled in by hand: read where it is sure, never without saying so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from benchmarks.handwriting.digits import Samples, kept
from benchmarks.handwriting.pieces import scanned, warped
from benchmarks.handwriting.sheet import DPI, Filled, Manner, letter
from benchmarks.page_simulator.degrade import Damage
from benchmarks.page_simulator.fonts import font
from pipeline.document import (
    Correction,
    Line,
    Mark,
    PageImage,
    PageLayout,
    RestoredPage,
    Word,
    Zone,
    apply_corrections,
)
from pipeline.handwriting import with_handwriting
from pipeline.handwriting.classifier import CLASSES, NO_DIGIT, SIDE, DigitNets, normalised
from pipeline.handwriting.lattice import Reading
from pipeline.handwriting.pieces import Piece, SlotInk, inks_of
from pipeline.handwriting.read import TAKEN, confidence_of, numbers_of
from pipeline.handwriting.signed import signed_days, weighed
from pipeline.handwriting.slots import Slot, find_slots
from pipeline.handwriting.strips import together, whole
from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.record import Record
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings

CASES = Path(__file__).parent / "cases" / "handwriting"
CLEAR = Manner(tall=1.3, gap=8, pale=20)


@cache
def held_out() -> Samples:
    return kept(CASES / "digits.npz")


def record_of(filled: Filled, folder: Path, restorer: Restorer) -> Record:
    path = folder / "letter.png"
    filled.image.save(path, dpi=(DPI, DPI))
    (outcome,) = process_document(Candidate(path, (path,)), Settings(), restorer)
    return outcome.record


def codes(record: Record, where: str) -> set[str]:
    return {f.code for f in record.flags if f.where == where}


# --- single pieces of ink --------------------------------------------------------------------


def test_the_network_knows_digits_it_never_saw() -> None:
    rng = np.random.default_rng(4)
    pictures, digits = [], []
    for digit, samples in enumerate(held_out().pictures):
        for _ in samples:
            ink = warped(held_out().draw(digit, rng), rng)
            pictures.append(normalised(scanned(ink, rng)))
            digits.append(digit)
    said = DigitNets.load().probabilities(pictures)
    assert said.shape == (len(pictures), CLASSES)
    np.testing.assert_allclose(said.sum(axis=1), 1.0, rtol=1e-4)
    assert (said.argmax(axis=1) == np.array(digits)).mean() > 0.92


@pytest.mark.parametrize("kind", ["dots", "dash", "two digits"])
def test_the_network_refuses_what_is_no_digit(kind: str) -> None:
    ink = np.zeros((40, 60), np.float32)
    if kind == "dots":
        ink[30:33, 5:55:9] = ink[30:33, 6:55:9] = ink[30:33, 7:55:9] = 1.0
    elif kind == "dash":
        ink[20:24, 5:55] = 1.0
    else:
        rng = np.random.default_rng(1)
        two = [held_out().draw(d, rng)[8:48, 10:46] for d in (3, 8)]
        ink = np.hstack(two).astype(np.float32)
    assert DigitNets.load().probabilities([normalised(ink)])[0].argmax() == NO_DIGIT


def test_ink_is_brought_to_one_size_and_nothing_stays_nothing() -> None:
    assert not normalised(np.zeros((30, 20), np.float32)).any()
    tall = np.zeros((90, 40), np.float32)
    tall[10:80, 18:22] = 1.0
    picture = normalised(tall)
    rows, columns = np.nonzero(picture > 0.5)
    assert picture.shape == (SIDE, SIDE)
    assert np.ptp(rows) + 1 == 20
    assert np.ptp(columns) < 4
    assert abs(rows.mean() - (SIDE - 1) / 2) < 1
    assert abs(columns.mean() - (SIDE - 1) / 2) < 1


# --- slots -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "case", json.loads((CASES / "slots.json").read_text()), ids=lambda c: c["about"]
)
def test_slots_are_found_between_printed_words(case: dict[str, Any]) -> None:
    words = tuple(Word(t, (a, 300, b, 330), c) for t, a, b, c in case["words"])
    date = date_line()
    zone = Zone.LETTERHEAD_RIGHT if words[0].box[0] > 700 else Zone.LETTERHEAD_LEFT
    line = Line(" ".join(w.text for w in words), zone, (0, 300, 9, 330), words)
    page = PageLayout(1, 1654, 2339, 200, (line, date) if zone is Zone.LETTERHEAD_LEFT else (line,))
    found = [s for s in find_slots(page) if s.line == 0]
    assert [(s.kind, s.text) for s in found] == [(k, t) for k, t, _, _ in case["slots"]]
    for slot, (_, text, left, right) in zip(found, case["slots"], strict=True):
        assert line.text[slot.start : slot.end] == text
        assert abs(slot.box[0] - left) <= 8
        assert abs(slot.box[2] - right) <= 18


def date_line() -> Line:
    """A printed date, which tells the size of the print."""
    places = (("Đông", 800, 880), ("Giang,", 890, 985), ("ngày", 995, 1065), ("10", 1075, 1110),
              ("tháng", 1120, 1203), ("3", 1213, 1230), ("năm", 1240, 1302),
              ("2024", 1312, 1382))  # fmt: skip
    words = tuple(Word(t, (a, 300, b, 330), 0.96) for t, a, b in places)
    text = " ".join(w.text for w in words)
    return Line(text, Zone.LETTERHEAD_RIGHT, (800, 300, 1382, 330), words)


# --- one slot ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dpi", [150, 200, 300])
def test_most_clear_numbers_are_read_whatever_is_printed_beneath(dpi: int) -> None:
    right = wrong = slots = 0
    for filled in clear_letters(dpi):
        grey, written = filled.at(dpi)
        for slot, text in written:
            found = numbers_of(inks_of(grey, slot), slot.kind)
            sure = bool(found) and confidence_of(found[0]) >= TAKEN
            slots += 1
            right += bool(found) and found[0].digits == text
            wrong += sure and found[0].digits != text
    assert right >= 0.7 * slots
    assert wrong <= 0.12 * slots


def clear_letters(seed: int) -> Iterator[Filled]:
    """Twelve letters: four numbers over nothing, dots or a rule."""
    rng = np.random.default_rng(seed)
    for rule in ("", ".", "_"):
        for number in ("27", "318", "4906", "15"):
            yield letter(
                number, "05", held_out().draw, rng, Manner(rule, 1.3, 8, 20), Damage(blur=0.7)
            )


def test_most_numbers_are_read_whose_digits_run_into_each_other() -> None:
    rng = np.random.default_rng(3)
    right = 0
    numbers = ("27", "318", "4906", "15", "64", "283", "1350", "97", "562", "41", "708", "39")
    for number in numbers:
        manner = Manner("", 1.4, -9, 20)
        filled = letter(number, "05", held_out().draw, rng, manner, Damage(blur=0.7))
        grey, slots = filled.at(200)
        found = numbers_of(inks_of(grey, slots[0][0]), "number")
        right += bool(found) and found[0].digits == number
    assert right >= 8


def test_columns_of_a_strip_are_put_together_to_numbers() -> None:
    """Twice the same digit stands only where nothing is between."""
    columns = np.full((6, 11), 1e-6, np.float32)
    columns[np.arange(6), [7, 7, 10, 7, 3, 10]] = 1.0
    said = SimpleNamespace(probabilities=lambda pictures: np.stack([columns] * len(pictures)))
    ink = np.zeros((40, 60), np.float32)
    piece = Piece((0, 0, 60, 40), np.ones((40, 60), np.bool_))
    read = whole([SlotInk(ink, (piece,), (0, 0), 30.0), None], "number", said)  # type: ignore[arg-type]
    assert max(read, key=lambda digits: read[digits]) == "773"
    assert read["773"] == pytest.approx(0.5, abs=1e-3)  # of two thresholds one shows it


def test_of_pieces_and_strip_the_mean_counts() -> None:
    pieces = [Reading("68", 0.6, 0.7, (1, 2, 3, 4)), Reading("58", 0.3, 0.6, (5, 6, 7, 8))]
    found = together(pieces, {"58": 0.8, "508": 0.1})
    assert [(r.digits, round(r.probability, 2)) for r in found] == [
        ("58", 0.55),
        ("68", 0.3),
        ("508", 0.05),
    ]
    assert (found[0].box, round(found[0].worst, 3)) == ((5, 6, 7, 8), 0.894)
    assert together([], {"58": 0.8}) == []


@pytest.mark.parametrize("rule", ["", ".", "_"])
def test_an_empty_slot_has_no_reading(rule: str) -> None:
    rng = np.random.default_rng(7)
    grey, slots = letter("", "", held_out().draw, rng, Manner(rule), Damage(noise=8.0)).at(200)
    for slot, _ in slots:
        found = numbers_of(inks_of(grey, slot), slot.kind)
        assert all(confidence_of(r) < TAKEN for r in found)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["number", "day", "month"]))
@settings(max_examples=40, deadline=None)
def test_whatever_the_ink_a_reading_fits_its_slot(seed: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    grey = np.full((140, 260), 255, np.uint8)
    for _ in range(int(rng.integers(1, 7))):
        y, x = int(rng.integers(30, 100)), int(rng.integers(40, 200))
        grey[y : y + int(rng.integers(2, 40)), x : x + int(rng.integers(2, 40))] = 40
    slot = Slot(kind, 0, 0, 0, "", 0.0, (40, 55, 220, 85), 40.0)  # type: ignore[arg-type]
    found = numbers_of(inks_of(grey, slot), slot.kind)
    top = {"number": 99999, "day": 31, "month": 12}[kind]
    assert all(1 <= int(r.digits) <= top and 0 <= r.probability <= 1 for r in found)
    assert [r.probability for r in found] == sorted((r.probability for r in found), reverse=True)


@given(
    st.lists(st.text("0123456789SsốoO:/-.QĐUBND ngàythángnăm", min_size=1, max_size=8).map(
        lambda t: "".join(t.split()) or "x"), min_size=1, max_size=9),
    st.integers(0, 999),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_lines_stay_as_read_and_corrections_fit_them(texts: list[str], seed: int) -> None:
    grey = np.random.default_rng(seed).integers(0, 256, (400, 1654), dtype=np.uint8)
    words = tuple(
        Word(t, (100 + 150 * i, 300, 240 + 150 * i, 330), 0.5) for i, t in enumerate(texts)
    )
    line = Line(" ".join(texts), Zone.LETTERHEAD_LEFT, (100, 300, 1500, 330), words)
    page = PageLayout(1, 1654, 2339, 200, (line,))
    image = PageImage(1, Image.fromarray(grey), 200, 0, 0.0, ())
    after = with_handwriting(page, image)
    assert after.lines == page.lines
    assert after.marks == page.marks
    restored = RestoredPage.unchanged(after)
    assert restored.lines[0].raw is line
    assert apply_corrections(line.text, restored.lines[0].corrections) == restored.lines[0].text


LINE = "Đông Giang, ngày O{ tháng 3 năm 2024"


def best(readings: list[Reading], *signed: date, line: str = LINE) -> str:
    """The day that calendar and signatures make the likeliest."""
    return weighed(readings, "day", line, signed)[0].digits


def days(*found: tuple[str, float]) -> list[Reading]:
    return [Reading(d, p, 0.8, (0, 0, 9, 9)) for d, p in found]


def test_a_signature_of_a_day_bears_out_a_reading_but_makes_none() -> None:
    readings = days(("01", 0.5), ("07", 0.4))
    assert best(readings) == "01"
    assert best(readings, date(2024, 3, 7)) == "07"
    assert best(readings, date(2024, 3, 8)) == "07"
    assert best(readings, date(2024, 3, 28)) == "01"
    assert {r.digits for r in weighed(readings, "day", LINE, [date(2024, 3, 20)])} == {"01", "07"}
    assert weighed([], "day", LINE, [date(2024, 3, 7)]) == []


def test_no_letter_is_signed_before_its_day() -> None:
    readings = days(("28", 0.5), ("18", 0.35))
    assert best(readings, date(2024, 3, 20)) == "18"


def test_a_working_day_is_likelier_than_a_sunday() -> None:
    readings = days(("17", 0.4), ("19", 0.3))
    assert best(readings) == "19"
    assert best(readings, line="Đông Giang, ngày O{ tháng năm 2024") == "17"


def test_a_month_is_weighed_by_day_and_year() -> None:
    readings = [Reading(m, p, 0.8, (0, 0, 9, 9)) for m, p in (("09", 0.6), ("02", 0.2))]
    line, signed = "Đông Giang, ngày f& tháng O% năm 2024", [date(2024, 2, 20)]
    assert weighed(readings, "month", line, signed)[0].digits == "09"
    assert weighed(readings, "month", line, signed, {"day": 19})[0].digits == "02"


@pytest.mark.parametrize(
    ("kind", "text", "found"),
    [
        ("electronic_signature", "Thời gian ký: 07/03/2024 14:59:55", [date(2024, 3, 7)]),
        ("electronic_signature", "18.03.2024 09:29:39 +07:00", [date(2024, 3, 18)]),
        ("electronic_signature", "Thời gian ký: 31/02/2024", []),
        ("stamp", "ĐẾN Ngày: 07/03/2024", []),
        ("electronic_signature", "Ký bởi: Ủy ban nhân dân", []),
    ],
)
def test_the_days_of_electronic_signatures_count(kind: str, text: str, found: list[date]) -> None:
    page = PageLayout(1, 1654, 2339, 200, (), (Mark(kind, 1, None, text, 0.9),))
    assert signed_days(page) == found


# --- whole letters -----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [2, 5, 6])
def test_a_number_by_hand_is_given_with_flag_evidence_and_correction(
    tmp_path: Path, restorer: Restorer, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    filled = letter("274", "18", held_out().draw, rng, CLEAR, Damage(blur=0.6))
    record = record_of(filled, tmp_path, restorer)
    assert record.header.number_symbol == "274/QĐ-UBND"
    assert record.header.date == "2024-03-18"
    assert record.status == "needs_review"
    assert "handwritten_number" in codes(record, "header.number_symbol")
    assert "handwritten_date" in codes(record, "header.date")
    by_hand = [c for c in record.corrections if c.source == "handwriting"]
    assert {c.after.strip() for c in by_hand} <= {"274", "18"}
    assert by_hand
    for c in by_hand:
        assert "274/QĐ" not in record.pages[0].raw_text or c.after.strip() == "18"
    left, top, right, bottom = record.evidence["header.number_symbol"].box or (0, 0, 0, 0)
    x0, y0, x1, y1 = (v * record.pages[0].dpi / DPI for v in filled.slots[0][0].box)
    assert x0 - 9 <= left < right <= x1 + 9
    assert top < y1
    assert bottom > y0
    assert replayed(record) == record.pages[0].text


def replayed(record: Record) -> str:
    """The text of page 1 from its raw text and the corrections."""
    lines = record.pages[0].raw_text.split("\n")
    for number, raw in enumerate(lines, 1):
        own = tuple(
            Correction(**c.model_dump())
            for c in record.corrections
            if (c.page, c.line) == (1, number)
        )
        lines[number - 1] = apply_corrections(raw, own)
    return "\n".join(lines)


@pytest.mark.parametrize("manner", [Manner("."), Manner("_"), Manner("")], ids=lambda m: m.rule)
def test_an_empty_slot_stays_null(tmp_path: Path, restorer: Restorer, manner: Manner) -> None:
    rng = np.random.default_rng(3)
    record = record_of(letter("", "", held_out().draw, rng, manner), tmp_path, restorer)
    assert record.header.number is None
    assert record.header.number_symbol is None
    assert record.header.date is None
    assert not [c for c in record.corrections if c.source == "handwriting"]


def test_a_stamp_over_the_number_gives_nothing_or_a_flag(
    tmp_path: Path, restorer: Restorer
) -> None:
    rng = np.random.default_rng(5)
    filled = letter("1836", "09", held_out().draw, rng, Manner(stamp=True))
    record = record_of(filled, tmp_path, restorer)
    if record.header.number_symbol is not None:
        assert codes(record, "header.number_symbol")


def test_printed_numbers_are_left_alone(tmp_path: Path, restorer: Restorer) -> None:
    rng = np.random.default_rng(8)
    printed = letter("", "", held_out().draw, rng, Manner())
    page = Image.new("L", printed.image.size, 255)
    page.paste(printed.image.convert("L"))
    draw = ImageDraw.Draw(page)
    draw.rectangle((400, 380, 2300, 470), fill=255)
    draw.text((430, 440), "Số: 1628/QĐ-UBND", 0, font("Tinos", 54), anchor="ls")
    draw.text((1200, 440), "Đông Giang, ngày 21 tháng 3 năm 2024", 0,
              font("Tinos", 54, italic=True), anchor="ls")  # fmt: skip
    record = record_of(Filled(page, ()), tmp_path, restorer)
    assert record.header.number_symbol == "1628/QĐ-UBND"
    assert record.header.date == "2024-03-21"
    assert not [c for c in record.corrections if c.source == "handwriting"]
    assert not [f for f in record.flags if f.code.startswith("handwritten")]
    assert not [s for s in record.processing if s.step == "handwriting"]
