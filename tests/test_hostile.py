"""Files that mean harm or are merely broken: each its own status and message, none stops others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from click.testing import CliRunner
from PIL import Image

from cli import main
from pipeline import imaging
from pipeline.document import PageKind, PageSource
from pipeline.intake import Candidate, read_source
from pipeline.settings import Settings
from tests.conftest import LETTER, draw_page, save_pdf
from tests.test_intake import signed_pdf


def encrypted(path: Path) -> None:
    with pikepdf.open(save_pdf(path.with_suffix(".plain"), LETTER)) as pdf:
        pdf.save(path, encryption=pikepdf.Encryption(user="secret", owner="secret"))


def without_pages(path: Path) -> None:
    pikepdf.new().save(path)


def cut(path: Path, share: float) -> None:
    data = save_pdf(path.with_suffix(".plain"), LETTER, LETTER).read_bytes()
    path.write_bytes(data[: round(len(data) * share)])


def cut_picture(path: Path) -> None:
    draw_page(LETTER).save(path)
    path.write_bytes(path.read_bytes()[:3000])


def bomb(path: Path) -> None:
    Image.new("1", (50_000, 20_000), 1).save(path)


def poster(path: Path) -> None:
    """A PDF page of 200 by 200 inches."""
    pdf = pikepdf.new()
    pdf.add_blank_page(page_size=(14_400, 14_400))
    pdf.save(path)


def blank(path: Path) -> None:
    Image.new("L", (1240, 1754), 255).save(path, dpi=(150, 150))


HOSTILE: dict[str, tuple[Callable[[Path], Any], str | None, str | None]] = {
    "encrypted.pdf": (encrypted, "failed", "pdf_encrypted"),
    "no-pages.pdf": (without_pages, "failed", "no_pages"),
    "empty.pdf": (Path.touch, "failed", "file_empty"),
    "cut-at-2.pdf": (lambda p: cut(p, 0.02), "failed", "pdf_damaged"),
    "cut-at-40.pdf": (lambda p: cut(p, 0.4), "failed", "pdf_damaged"),
    "cut.png": (cut_picture, "failed", "image_damaged"),
    "bomb.png": (bomb, "failed", "image_too_large"),
    "office.pdf": (lambda p: p.write_bytes(b"PK\3\4" + bytes(99)), "failed", "not_a_document"),
    "poster.pdf": (poster, "needs_review", None),
    "blank.png": (blank, "needs_review", None),
    "signed.pdf": (signed_pdf, "needs_review", None),
    "really-a-picture.pdf": (lambda p: draw_page(LETTER).save(p, "PNG"), None, None),
    "really-a-pdf.png": (lambda p: save_pdf(p, LETTER), None, None),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What `congvan process` tells of each hostile file, all in one run; two good ones amid."""
    folder = tmp_path_factory.mktemp("hostile")
    for name, (make, _, _) in HOSTILE.items():
        make(folder / name)
    arguments = ["process", str(folder), "--out", str(folder / "out"), "--json", "--jobs", "1"]
    done = CliRunner().invoke(main, [*arguments, "--quiet"])
    assert done.exit_code == 1
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {Path(line["path"]).name: line for line in lines}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_each_has_its_own_outcome(outcomes: dict[str, dict[str, Any]], name: str) -> None:
    _, status, code = HOSTILE[name]
    told = outcomes[name]
    assert told["status"] == status if status else told["status"] != "failed"
    if code:
        assert told["reason"] == code
        assert name in told["message"]


def test_a_file_cut_late_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "cut-at-90.pdf"
    cut(path, 0.9)
    done = CliRunner().invoke(main, ["scan", str(path), "--json"])
    (found,) = json.loads(done.stdout)
    assert found["problem"] in (None, "pdf_damaged", "no_pages")
    assert found["pages"] <= 2


def test_a_picture_50000_wide_is_read_smaller(tmp_path: Path) -> None:
    path = tmp_path / "wide.png"
    Image.new("1", (50_000, 4_000), 1).save(path)
    source = read_source(Candidate(path, (path,)), Settings())
    made = imaging.prepare(source.pages[0], Settings())
    assert made.image.width * made.image.height <= Settings().max_pixels


def test_reducing_keeps_what_is_on_the_page(tmp_path: Path) -> None:
    path = tmp_path / "page.png"
    draw_page(LETTER, 300).convert("P").save(path)
    small = Settings(max_pixels=1_500_000)
    made = imaging.prepare(PageSource(1, path, 0, PageKind.IMAGE, 300.0), small)
    assert made.image.width * made.image.height <= 1_520_000
    assert (made.image.point(lambda v: v < 128).getbbox() or (0, 0, 0, 0))[2] > 200


def test_a_thousand_pages_are_looked_at_in_parts(tmp_path: Path) -> None:
    path = tmp_path / "long.pdf"
    pdf = pikepdf.new()
    for _ in range(1000):
        pdf.add_blank_page(page_size=(595, 842))
    pdf.save(path)
    source = read_source(Candidate(path, (path,)), Settings())
    assert [p.number for p in source.pages] == list(range(1, 1001))
