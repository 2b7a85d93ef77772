"""PDFs typed in fonts made before Unicode: their own text, once it is turned into Unicode."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pikepdf
import pytest
from viparse.normalize.encodings import get_charmap

from pipeline import legacy
from pipeline.document import TextLayer
from pipeline.intake import Candidate, read_source
from pipeline.process import process_document
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from tests.conftest import draw_page
from tests.text_pdf import write_text_pdf

LINES = (
    "Số: 27/UBND-VX",
    "Kính gửi: Các trường học trên địa bàn xã",
    "Ủy ban nhân dân xã đề nghị các trường chuẩn bị",
    "ngày hội đọc sách như sau:",
    "1. Mỗi trường chọn mười cuốn sách hay để giới thiệu.",
    "2. Các thầy giáo, cô giáo hướng dẫn học sinh đọc sách.",
    "3. Báo cáo kết quả trước ngày 20 tháng 4 năm 2022.",
)


def typed(text: str, encoding: str) -> str:
    """The text as the fonts of `encoding` have it."""
    charmap = get_charmap(encoding)
    assert charmap is not None
    codes = {new: old for old, new in reversed(charmap.pairs)}
    return "".join(codes.get(char, char) for char in unicodedata.normalize("NFC", text))


def pdf(path: Path, encoding: str, font: str, *, visible: bool = True) -> Path:
    lines = [(60.0, 80.0 + 30 * n, typed(line, encoding)) for n, line in enumerate(LINES)]
    write_text_pdf(path, lines, None, font)
    with pikepdf.open(path, allow_overwriting_input=True) as made:
        shown = made.pages[0].obj.Contents.read_bytes().replace(b"3 Tr", b"0 Tr")
        if visible:
            made.pages[0].obj.Contents = made.make_stream(shown)
        made.save(path)
    return path


@pytest.mark.parametrize(("encoding", "font"), [("tcvn3", ".VnTime"), ("vni", "VNI-Times")])
def test_what_was_typed_comes_back(encoding: str, font: str, tmp_path: Path) -> None:
    path = pdf(tmp_path / "letter.pdf", encoding, font)
    (page,) = read_source(Candidate(path, (path,)), Settings()).pages
    assert page.text_layer is TextLayer.GOOD
    assert page.encoding == encoding
    expected = " ".join(LINES).split()
    capital = {"Ủy"} if encoding == "tcvn3" else set()  # a letter only its capitals' font has
    got = (page.text or "").split()
    assert [a for a, b in zip(got, expected, strict=True) if a != b and b not in capital] == []


def test_a_font_of_capitals_is_left_to_ocr(tmp_path: Path) -> None:
    path = pdf(tmp_path / "letter.pdf", "tcvn3", "ABCDEF+.VnTimeH")
    (page,) = read_source(Candidate(path, (path,)), Settings()).pages
    assert (page.text_layer, page.encoding) == (TextLayer.LEGACY, None)


def test_the_layer_of_a_scan_is_left_to_ocr(tmp_path: Path) -> None:
    lines = [(60.0, 80.0 + 30 * n, typed(line, "vni")) for n, line in enumerate(LINES)]
    path = write_text_pdf(tmp_path / "scan.pdf", lines, draw_page("\n".join(LINES)), "VNI-Times")
    (page,) = read_source(Candidate(path, (path,)), Settings()).pages
    assert (page.text_layer, page.encoding) == (TextLayer.LEGACY, None)


def test_without_viparse_the_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(legacy, "version", lambda: None)
    path = pdf(tmp_path / "letter.pdf", "vni", "VNI-Times")
    (page,) = read_source(Candidate(path, (path,)), Settings()).pages
    assert (page.text_layer, page.encoding) == (TextLayer.LEGACY, None)


def test_the_record_has_the_text_as_it_was_typed(tmp_path: Path, restorer: Restorer) -> None:
    path = pdf(tmp_path / "letter.pdf", "vni", "VNI-Times")
    (outcome,) = process_document(Candidate(path, (path,)), Settings(), restorer)
    record = outcome.record
    steps = {step.step: step.settings for step in record.processing}
    assert steps["text_layer"]["encoding"] == "vni"
    assert record.pages[0].text.split() == " ".join(LINES).split()
    assert record.recipients == ["Các trường học trên địa bàn xã"]
