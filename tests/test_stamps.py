"""Stamps of secrecy and urgency are found and read, red or black, straight or tilted."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.page_simulator import degrade
from benchmarks.page_simulator import seals as ink_of
from benchmarks.page_simulator.fonts import font
from pipeline import stamps
from pipeline.document import Mark, PageKind, PageSource
from pipeline.imaging import prepare
from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from pipeline.textlayer import is_stamp_text
from tests.conftest import LETTER, draw_page

SETTINGS = Settings()
STAMPS = ("MẬT", "TỐI MẬT", "TUYỆT MẬT", "HỎA TỐC", "KHẨN", "THƯỢNG KHẨN")
COLOURS = {"red": ink_of.RED, "black": ink_of.BLACK}


def table(name: str) -> list[list[str]]:
    text = (Path(__file__).parent / "cases/stamps" / name).read_text("utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


READINGS, FRAMED = table("readings.tsv"), table("framed.tsv")


def stamped(text: str, colour: str, tilt: float, dpi: int = 200, seed: int = 5) -> Image.Image:
    """A scanned page of our letter with a stamp below it, tilted counter-clockwise."""
    rng = np.random.default_rng(seed)
    page = np.asarray(draw_page("\n" * 7 + LETTER, 300).convert("RGB"))
    ink = np.pad(ink_of.stamp(text, 300, rng), 60)
    centre = (ink.shape[1] / 2, ink.shape[0] / 2)
    turn = cv2.getRotationMatrix2D(centre, tilt, 1.0)
    ink = np.asarray(cv2.warpAffine(ink, turn, ink.shape[::-1]), np.float32)
    page = ink_of.press(page, ink, COLOURS[colour], (60, 60))
    damage = degrade.Damage(dpi=dpi, blur=0.5, noise=3, jpeg=72, fade=0.08)
    return Image.fromarray(degrade.scan(page, 300, damage, rng).picture)


def marks_of(image: Image.Image, path: Path, dpi: int = 200) -> list[Mark]:
    image.save(path, dpi=(dpi, dpi))
    made = prepare(PageSource(1, path, 0, PageKind.IMAGE, float(dpi)), SETTINGS)
    return [m for m in made.marks if m.kind == "stamp"]


@pytest.mark.parametrize("colour", list(COLOURS))
@pytest.mark.parametrize("text", STAMPS)
def test_a_stamp_is_read_however_it_is_tilted(tmp_path: Path, text: str, colour: str) -> None:
    for tilt in (-9.0, 0.0, 6.0):
        found = marks_of(stamped(text, colour, tilt), tmp_path / "page.png")
        assert [m.text for m in found] == [text], tilt
        (mark,) = found
        assert mark.box is not None
        assert mark.page == 1
        assert mark.confidence > 0.3
        assert mark.box[0] > 20
        assert mark.box[3] < 300


def test_a_stamp_on_an_upside_down_page_is_read(tmp_path: Path) -> None:
    page = stamped("TUYỆT MẬT", "red", 3.0).transpose(Image.Transpose.ROTATE_180)
    assert [m.text for m in marks_of(page, tmp_path / "page.png")] == ["TUYỆT MẬT"]


def test_a_page_without_a_stamp_has_none(tmp_path: Path) -> None:
    page = draw_page(LETTER, 200).convert("RGB")
    assert marks_of(page, tmp_path / "page.png") == []
    assert stamps.red_print(np.asarray(page)) is None


def test_the_black_stamp_is_no_part_of_the_text(tmp_path: Path) -> None:
    page = stamped("HỎA TỐC", "black", 0.0)
    path = tmp_path / "page.png"
    page.save(path, dpi=(200, 200))
    made = prepare(PageSource(1, path, 0, PageKind.IMAGE, 200.0), SETTINGS)
    part = np.asarray(made.image)[:200, :350]
    assert (part < 128).mean() < 0.002


@pytest.mark.parametrize(("reading", "meant"), READINGS)
def test_readings_mean_the_stamp_they_can_only_be(reading: str, meant: str) -> None:
    found = stamps.match(reading)
    assert (found.words if found else "-") == meant


def test_a_secret_letter_has_its_secrecy_in_the_record(tmp_path: Path, restorer: Restorer) -> None:
    path = tmp_path / "letter.png"
    stamped("MẬT", "red", -4.0).save(path, dpi=(200, 200))
    (outcome,) = process_document(Candidate(path, (path,)), SETTINGS, restorer)
    record = outcome.record
    assert record.header.secrecy == "MẬT"
    assert record.header.urgency is None


@pytest.mark.parametrize(("text", "is_one"), FRAMED)
def test_a_cell_of_a_table_is_no_stamp(text: str, is_one: str) -> None:
    assert is_stamp_text(text) is (is_one == "yes")


def test_red_ink_that_hangs_together_with_a_margin_goes_and_names_stay() -> None:
    page = Image.new("L", (1654, 2339), 255)
    draw = ImageDraw.Draw(page)
    draw.text((1000, 1500), "Nguyễn Văn Minh", 60, font("Tinos", 42, bold=True))
    draw.ellipse((1410, 1600, 1694, 1884), outline=60, width=5)  # across the edges of the sheets
    for n, text in enumerate(("TRƯỜNG", "HỌC", "CÔNG")):
        draw.text((1440, 1670 + 42 * n), text, 60, font("Tinos", 36, bold=True))
    red = np.array(page)
    stamps.clear_margins(red, 200, 0.6)
    assert (red[1490:1560, 990:1400] < 100).sum() == (np.array(page)[1490:1560] < 100).sum()
    assert (red[1580:] > 250).all()
