"""Pages set upright and straight, seals and stamps off, letters untouched."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font
from pipeline import columns, ink, seals, sheet
from pipeline.document import Box, PageImage, PageKind, PageSource, Word
from pipeline.errors import DocumentError
from pipeline.imaging import prepare
from pipeline.intake import Candidate, read_source
from pipeline.loading import load
from pipeline.settings import Settings
from tests.conftest import LETTER, draw_page
from tests.test_intake import signed_pdf

SETTINGS = Settings()
BODY = "\n".join(LETTER.splitlines()[9:11] * 9)


def prepared(image: Image.Image, folder: Path, dpi: int = 150) -> PageImage:
    path = folder / "page.png"
    image.save(path, dpi=(dpi, dpi))
    return prepare(PageSource(1, path, 0, PageKind.IMAGE, float(dpi)), SETTINGS)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_is_set_upright(tmp_path: Path, turn: int) -> None:
    page = draw_page(BODY).rotate(turn, expand=True)  # anticlockwise, so undone by the same turn
    assert prepared(page, tmp_path).rotation == turn


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("degrees", [-15.0, -10.0, -3.0, -0.8, 0.0, 0.5, 3.0, 10.0, 15.0])
def test_a_skewed_page_is_straightened_whichever_way_it_lies(
    tmp_path: Path, degrees: float, turn: int
) -> None:
    page = draw_page(BODY).rotate(degrees, Image.Resampling.BICUBIC, fillcolor=255)
    made = prepared(page.rotate(turn, expand=True), tmp_path)
    assert made.rotation == turn
    assert made.skew == pytest.approx(-degrees, abs=0.3)
    assert abs(ink.skew(ink.letters(made.image, made.dpi, ink.SKEW_DPI))) <= 0.3


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize(
    "text", ["Nơi nhận:\n- Như trên;\n- Lưu: VT, TH (2b).", "Phụ lục số 02 (kèm theo)"]
)
def test_a_page_with_a_line_or_three_is_set_upright(tmp_path: Path, turn: int, text: str) -> None:
    made = prepared(draw_page(text).rotate(turn, expand=True), tmp_path)
    assert (made.rotation, made.skew) == (turn, 0.0)


def landscape_table() -> Image.Image:
    page = Image.new("L", (1754, 1240), 255)
    draw = ImageDraw.Draw(page)
    face = font("Tinos", 23)
    for row in range(9):
        for column, text in enumerate(("Tên thủ tục hành chính", "Sở Nội vụ", "15 ngày", "Không")):
            x, y = 100 + 380 * column, 120 + 100 * row
            draw.rectangle((x, y, x + 380, y + 100), outline=0, width=2)
            draw.text((x + 20, y + 15), text, 0, face)
            draw.text((x + 20, y + 52), "theo quy định" if column < 2 else "", 0, face)
    return page


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_landscape_table_is_set_upright(tmp_path: Path, turn: int) -> None:
    made = prepared(landscape_table().rotate(turn, expand=True), tmp_path)
    assert made.rotation == turn
    assert made.image.width > made.image.height


def test_a_straight_page_is_left_alone(tmp_path: Path) -> None:
    assert "deskew" not in [o.step for o in prepared(draw_page(BODY), tmp_path).operations]


def test_a_blank_page_is_known(tmp_path: Path) -> None:
    page = Image.new("L", (900, 1200), 250)
    ImageDraw.Draw(page).rectangle((0, 0, 12, 1200), fill=0)  # a scan's black edge
    assert ink.is_blank(prepared(page, tmp_path).image, 150)
    assert not ink.is_blank(draw_page(BODY), 150)


def test_red_ink_fades_and_black_beneath_it_stays() -> None:
    pixels = np.full((60, 60, 3), 255, np.uint8)
    pixels[10:50, 10:50] = (220, 40, 50)
    pixels[25:35, 25:35] = (40, 10, 12)
    grey, share = seals.without_red(pixels)
    assert share > 0.1
    assert grey[15, 15] > 200
    assert grey[30, 30] < 60


def seal_at(image: Image.Image, x: int, y: int, dpi: int) -> None:
    draw = ImageDraw.Draw(image)
    for radius, width in ((0.71, 4), (0.66, 2), (0.45, 2)):
        r = radius * dpi
        draw.ellipse((x - r, y - r, x + r, y + r), outline=0, width=width)


def test_a_black_seal_goes_and_the_text_right_of_it_stays() -> None:
    page = draw_page("\n\n\n\n\n\n\n          TM. ỦY BAN NHÂN DÂN", 200)
    plain = np.asarray(page).copy()
    seal_at(page, 250, 500, 200)
    cleaned, boxes, _ = seals.without_round_seals(np.asarray(page), 200)
    assert len(boxes) == 1
    outside = np.ones(plain.shape, bool)
    left, top, right, bottom = boxes[0]
    outside[top:bottom, left:right] = False
    assert (cleaned[outside] == plain[outside]).all()
    assert (cleaned < 128).sum() - (plain < 128).sum() < 0.2 * (np.asarray(page) < 128).sum()


def test_the_ring_goes_where_it_runs_through_letters() -> None:
    page = Image.new("L", (1166, 1654), 255)
    ImageDraw.Draw(page).text((220, 500), "PHÓ CHỦ TỊCH", 0, font("Tinos", 39, bold=True))
    print_ = np.asarray(page) < 128
    rows = np.flatnonzero(print_.any(axis=1))
    seal_at(page, 250, int(rows[0]) + 120, 200)  # the upper arc crosses the line
    ring = (np.asarray(page) < 128) & ~print_
    cleaned, _, _ = seals.without_round_seals(np.asarray(page), 200)
    line = slice(rows[0] - 8, rows[-1] + 8)
    assert ((cleaned < 128) & ring)[line].sum() < 0.25 * ring[line].sum()
    assert ((cleaned < 128) & print_)[line].sum() > 0.7 * print_[line].sum()


def test_lines_of_text_are_no_seal() -> None:
    page = np.asarray(draw_page(BODY, 200))
    cleaned, boxes, _ = seals.without_round_seals(page, 200)
    assert boxes == []
    assert cleaned is page


def test_a_stamp_in_a_frame_is_found_and_the_cells_of_a_table_are_not() -> None:
    page = Image.new("L", (1600, 2200), 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((100, 300, 450, 440), outline=0, width=4)
    for x in (300, 600, 900):
        for y in (800, 900, 1000):
            draw.rectangle((x, y, x + 300, y + 100), outline=0, width=4)
    frames = [
        seals.quad_box(q, np.asarray(page)) for q in seals.stamp_frames(np.asarray(page), 200)
    ]
    assert len(frames) == 1
    assert frames[0] == pytest.approx((100, 300, 450, 440), abs=8)


def test_what_runs_out_of_a_stamp_stays_when_it_is_taken_off() -> None:
    page = Image.new("L", (1600, 2200), 255)
    draw = ImageDraw.Draw(page)
    draw.rectangle((100, 300, 450, 440), outline=0, width=4)
    draw.rectangle((200, 350, 230, 380), fill=0)
    draw.rectangle((300, 400, 320, 520), fill=0)
    pixels = np.asarray(page)
    (quad,) = seals.stamp_frames(pixels, 200)
    cleaned = seals.without_frame(pixels, quad, 200)
    assert cleaned[365, 215] == 255
    assert cleaned[500, 310] == 0
    assert cleaned[301, 150] == 255


def test_columns_are_stacked_and_their_words_placed_back() -> None:
    page = Image.new("L", (1200, 1600), 255)
    rows = [(200, 500), (270, 500), (340, 500), (410, 500)]
    draw = ImageDraw.Draw(page)
    for y, right in rows:
        for x in (*range(100, 400, 16), *range(right + 150, 1050, 16)):
            draw.rectangle((x, y, x + 10, y + 24), fill=0)
    for x in range(100, 1050, 16):
        draw.rectangle((x, 700, x + 10, 724), fill=0)
    found = columns.gutters(page, 150)
    assert len(found) == 1
    assert found[0].top <= 200 < 434 <= found[0].bottom <= 700
    tall = sheet.lay_out(page, 150, [])
    moved = found[0].height
    assert tall.image.height == page.height + moved
    assert (np.asarray(tall.image) < 128).sum() == (np.asarray(page) < 128).sum()
    word = Word("x", (700, 270 + moved, 800, 294 + moved), 1.0)
    assert tall.placed_back(word).box == (700, 270, 800, 294)
    below = Word("x", (100, 700 + moved, 200, 724 + moved), 1.0)
    assert tall.placed_back(below).box == (100, 700, 200, 724)


def test_the_cells_of_a_table_follow_the_page_and_their_words_are_placed_back() -> None:
    page = Image.new("L", (1200, 1600), 255)
    draw = ImageDraw.Draw(page)
    cells: list[Box] = []
    for y in (400, 500):
        for x in (100, 400, 700):
            draw.rectangle((x, y, x + 300, y + 100), outline=0, width=3)
            draw.rectangle((x + 40, y + 30, x + 56 + y // 100, y + 54), fill=0)
            cells.append((x, y, x + 301, y + 101))
    draw.rectangle((100, 100, 120, 124), fill=0)
    made = sheet.lay_out(page, 150, [cells])
    assert (np.asarray(made.image)[: page.height] < 128).sum() == 21 * 25  # the rest is cut out
    strip = np.asarray(made.image)[page.height :] < 128
    edges = np.flatnonzero(np.diff(np.concatenate([[0], strip.any(axis=1), [0]]).astype(int)))
    assert len(edges) == 2 * len(cells)
    for (left, top, _, _), first, last in zip(cells, edges[::2], edges[1::2], strict=True):
        across = np.flatnonzero(strip[first:last].any(axis=0))
        box = (int(across[0]), page.height + int(first), int(across[-1]), page.height + int(last))
        back = made.placed_back(Word("x", box, 1.0)).box
        assert back == (left + 40, top + 30, left + 56 + top // 100, top + 55)


def test_the_paper_of_a_photograph_is_made_white_and_light_pages_are_left(tmp_path: Path) -> None:
    page = np.asarray(draw_page(BODY), np.float32)
    shade = np.linspace(0.45, 0.8, page.shape[1], dtype=np.float32)
    dark = prepared(Image.fromarray((page * shade).astype(np.uint8)), tmp_path)
    paper = np.percentile(np.asarray(dark.image), 60, axis=0)
    assert paper.min() > 240
    assert "light" in [o.step for o in dark.operations]
    assert "light" not in [o.step for o in prepared(draw_page(BODY), tmp_path).operations]


def test_an_electronic_signature_is_not_drawn(tmp_path: Path) -> None:
    path = signed_pdf(tmp_path / "signed.pdf")
    before = path.read_bytes()
    page = read_source(Candidate(path, (path,)), SETTINGS).pages[0]
    made = prepare(page, SETTINGS)
    assert ink.is_blank(made.image, made.dpi)
    assert [m.kind for m in made.marks] == ["electronic_signature"]
    assert path.read_bytes() == before


def test_a_huge_page_is_read_smaller(tmp_path: Path) -> None:
    small = Settings(max_pixels=400_000)
    path = tmp_path / "page.png"
    draw_page(BODY, 200).save(path)
    made = prepare(PageSource(1, path, 0, PageKind.IMAGE, 200.0), small)
    assert made.image.width * made.image.height <= 410_000


def test_a_cut_image_is_told(tmp_path: Path) -> None:
    path = tmp_path / "page.jpg"
    draw_page(BODY).save(path)
    path.write_bytes(path.read_bytes()[:400])
    with pytest.raises(DocumentError) as caught:
        prepare(PageSource(1, path, 0, PageKind.IMAGE, 150.0), SETTINGS)
    assert caught.value.code == "image_damaged"


def test_a_jpeg_too_large_to_be_held_is_read_smaller(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    Image.new("RGB", (9_000, 12_500), "white").save(path, dpi=(600, 600), quality=30)
    page = read_source(Candidate(path, (path,)), SETTINGS).pages[0]  # 337 MB once decoded
    made = load(page, SETTINGS)
    assert made.image.width * made.image.height <= SETTINGS.max_pixels
    assert made.dpi == pytest.approx(600 * made.image.width / 9_000, rel=0.01)
