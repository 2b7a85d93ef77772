"""Print under seals and stamps: taken apart by shape and colour, read once more."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from benchmarks.under_seals import trials
from pipeline import coloured, seals, second_look, under_seals
from pipeline.document import PageKind, PageSource, Retake, Word
from pipeline.reading import read_page
from pipeline.settings import Settings

BOX = (0, 0, 400, 40)


def word(text: str, left: int, right: int, confidence: float) -> Word:
    return Word(text, (left, 5, right, 35), confidence, 3, 1, 1)


def retake() -> Retake:
    picture = Image.new("L", (400, 40), 255)
    return Retake(BOX, (picture, picture, picture))


def test_doubtful_words_give_way_to_better_ones_and_both_are_told() -> None:
    own = [word("Jrần", 10, 90, 0.35), word("Văn", 100, 180, 0.95)]
    better = [word("Trần", 10, 90, 0.9), word("Vân", 100, 180, 0.97)]
    read = second_look.with_second_look(own, [(BOX, [better])])
    assert [w.text for w in read] == ["Trần", "Văn"]  # what was sure stays
    assert read[0].readings == ("Jrần",)


def test_strokes_of_a_seal_are_left_out_and_holes_filled() -> None:
    first = [word("Mai", 100, 160, 0.9), word("V¿ệt", 170, 240, 0.1), word("Ứng", 250, 320, 0.9)]
    second = [word("(4", 10, 60, 0.4), *first[::2]]
    read = second_look.with_second_look([], [(BOX, [first, second])])
    assert [w.text for w in read] == ["Mai", "V¿ệt", "Ứng"]


def test_words_joined_by_a_speck_are_parted_where_they_stand() -> None:
    parts = second_look.tidied(word("_PHÓ.CHỦ", 0, 160, 0.9))
    assert [w.text for w in parts] == ["PHÓ.", "CHỦ"]
    assert parts[0].box[0] >= 0
    assert parts[0].box[2] <= parts[1].box[0] + 1


def test_a_line_that_goes_on_beyond_the_seal_is_not_read_again() -> None:
    body = [word("hiện", 10, 100, 0.4), word("theo", 410, 480, 0.9)]
    assert not second_look.is_doubtful(body, retake())
    assert second_look.is_doubtful(body[:1], retake())
    assert not second_look.is_doubtful([word("hiện", 10, 100, 0.96)], retake())


def test_the_line_below_a_seal_keeps_its_strokes_when_the_rings_go() -> None:
    page = Image.new("L", (1166, 1654), 255)
    draw = ImageDraw.Draw(page)
    draw.text((240, 500), "Trần Quốc Khánh", 0, font("Tinos", 39, bold=True))
    print_ = np.asarray(page) < 128
    for radius in (142, 128):
        box = (250 - radius, 440 - radius, 250 + radius, 440 + radius)
        draw.ellipse(box, outline=0, width=4)
    grey = np.asarray(page)
    (line,) = under_seals.retakes(grey, (250, 440, 142 * seals.CLEAR), 200)
    rows, columns = np.nonzero(print_)
    assert line.box[1] <= rows.min()
    assert rows.max() <= line.box[3]
    assert columns.max() <= line.box[2]
    left, top, right, bottom = line.box
    here = print_[top:bottom, left:right]
    plain, clean, _ = (np.asarray(p) < 128 for p in line.pictures)
    ring = plain & ~here
    assert (clean & here).sum() > 0.93 * here.sum()
    assert (clean & ring).sum() < 0.3 * ring.sum()


def test_blue_ink_goes_from_under_black_print() -> None:
    page = Image.new("RGB", (1166, 1654), (250, 248, 240))
    draw = ImageDraw.Draw(page)
    draw.text((210, 330), "Số: 217/SNV-TCCB", (20, 20, 20), font("Tinos", 36))
    black = np.asarray(page.convert("L")) < 128
    blue = (60, 80, 190)
    draw.rectangle((150, 300, 520, 440), outline=blue, width=4)
    draw.text((165, 385), "ĐẾN", blue, font("Tinos", 40, bold=True))
    pixels = np.asarray(page)
    found = coloured.channels(pixels)
    assert found is not None
    alone = coloured.ink_alone(found)
    (quad,) = seals.stamp_frames(coloured.closed(alone, 200), 200)
    box = seals.quad_box(quad, alone)
    assert coloured.share_inside(alone, box) > 0.01
    grey = np.asarray(page.convert("L"))
    clean = coloured.without_ink(grey, found, box, 200)
    assert (clean < 128)[black].mean() > 0.9
    assert (clean[300:440, 150:520] < 128).sum() < 1.3 * black.sum()


def test_black_print_alone_is_not_coloured() -> None:
    assert coloured.channels(np.full((200, 200, 3), 240, np.uint8)) is None


def _is_coloured(picture: NDArray[np.uint8]) -> bool:
    return picture.ndim == 3 and coloured.channels(picture) is not None


def test_the_number_below_a_coloured_stamp_is_read(tmp_path: Path) -> None:
    trial = next(t for t in trials("stamp", 30) if _is_coloured(t.picture))
    path = tmp_path / "page.png"
    picture = trial.picture[: len(trial.picture) // 3]
    Image.fromarray(picture).save(path)
    page = PageSource(1, path, 0, PageKind.IMAGE, float(trial.dpi))
    layout = read_page(page, Settings()).layout
    assert any(trial.letter.number in line.text for line in layout.lines)
    assert any(mark.kind == "stamp" for mark in layout.marks)
