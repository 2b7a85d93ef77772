"""Pictures of what was seen: one a page, in the size of the page, every kind of thing drawn."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from cli import main
from pipeline import debug_images
from pipeline.document import (
    Doubt,
    Line,
    Mark,
    PageImage,
    PageLayout,
    RestoredLine,
    RestoredPage,
    Word,
    Zone,
)

WIDTH, HEIGHT = 1654, 2339


def page_with(*marks: Mark) -> RestoredPage:
    box = (200, 300, 900, 340)
    line = Line("đề nghị", Zone.BODY, box, (Word("đề", box, 0.4),))
    doubt = Doubt(1, 1, 0, box, "đề", 0.5)
    layout = PageLayout(1, WIDTH, HEIGHT, 200, (line,), marks)
    lines = (RestoredLine(line, line.text, doubts=(doubt,)), RestoredLine(Line(""), ""))
    return RestoredPage(1, WIDTH, HEIGHT, 200, lines, layout.marks)


def drawn(page: RestoredPage) -> Image.Image:
    white = Image.new("L", (WIDTH, HEIGHT), 255)
    kept = debug_images.kept(PageImage(1, white, 200, 0, 0.0, ()))
    return Image.open(io.BytesIO(debug_images.draw(kept, page))).convert("RGB")


def has(image: Image.Image, colour: tuple[int, int, int], below: int = 40) -> bool:
    """Whether a pixel above the legend has about that colour."""
    pixels = np.asarray(image)[:-below].astype(int)
    return bool((np.abs(pixels - np.array(colour)).sum(axis=2) < 30).any())


def test_zones_marks_and_doubts_are_drawn() -> None:
    stamp = Mark("stamp", 1, (100, 100, 400, 180), "HỎA TỐC", 0.9)
    image = drawn(page_with(stamp))
    assert image.width / (image.height - 30) == pytest.approx(WIDTH / HEIGHT, rel=0.05)
    assert has(image, debug_images.COLOURS[Zone.BODY])
    assert has(image, debug_images.MARK)
    assert not has(drawn(page_with()), debug_images.MARK)


def test_marks_without_a_place_and_outside_the_page_do_no_harm() -> None:
    drawn(page_with(Mark("seal", 1, None, None, 1.0), Mark("seal", 1, (-50, -9, 0, 0), "x", 1.0)))
    drawn(page_with(Mark("stamp", 1, (1600, 2300, 1900, 2600), "MẬT" * 40, 1.0)))


def test_a_page_without_lines_is_drawn() -> None:
    assert drawn(RestoredPage(1, WIDTH, HEIGHT, 200, ())).width > 900


def test_process_writes_a_picture_of_each_page(tmp_path: Path, scan_pdf: Path) -> None:
    out = tmp_path / "out"
    arguments = ["process", str(scan_pdf), "--out", str(out), "--jobs", "1", "--debug-images"]
    before = CliRunner().invoke(main, arguments)
    assert before.exit_code == 0
    (folder,) = (p.parent for p in out.glob("*/record.json"))
    pictures = sorted(p.name for p in (folder / "debug").iterdir())
    assert pictures == ["page-1.png", "page-2.png"]
    with Image.open(folder / "debug/page-1.png") as picture:
        picture.verify()


def test_pictures_wait_on_disk_and_go_when_they_are_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    white = Image.new("L", (WIDTH, HEIGHT), 255)
    kept = debug_images.kept(PageImage(1, white, 200, 0, 0.0, ()))
    assert len(list(tmp_path.iterdir())) == 1
    assert debug_images.draw(kept, page_with()) == debug_images.draw(kept, page_with())
    del kept
    assert not list(tmp_path.iterdir())
