"""Whatever a record says, every export of it is whole: text is data and never code."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pikepdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from PIL import Image

from pipeline.document import PageKind, PageSource, Source
from pipeline.export.alto import NAMESPACE, alto_pages
from pipeline.export.archive import ArchiveSettings
from pipeline.export.archive_xml import archive_xml
from pipeline.export.catalogue import catalogue, to_check
from pipeline.export.characters import plain
from pipeline.export.hocr import hocr
from pipeline.export.holding import Holding, PlacedLine
from pipeline.export.markdown import markdown
from pipeline.export.pdfa import make_pdfa
from pipeline.export.spreadsheet import comma_separated, workbook
from pipeline.export.words import PlacedWord
from pipeline.record import Directive, Evidence, Flag, Header, Page, Record, SourceInfo
from pipeline.settings import Settings
from tests import verapdf_run

HOSTILE = (
    "]]>", "<script>", "&amp;", "&#0;", "\x00", "\x0b", "\ufffe", "\uffff", "\ufeff", "\ue000",
    "\U0001f600", "\u202e", "(a)", "\\", "<41>", "=1+1", "'=1", "_x000D_", '"', "ế",
    "e\u0302\u0301", "--", "<!--", "%s", "{0}", "\u00ad", "\u200b", "\x7f", "\x9f",
)  # fmt: skip
WORDS = (st.sampled_from(HOSTILE) | st.text(min_size=1, max_size=8)).filter(
    lambda word: word.split() == [word]
)
SIZE = (400, 560)


def holding(words: list[str]) -> Holding:
    """A letter whose every field and line is made of `words`."""
    text = " ".join(words)
    header = Header(
        number_symbol=text, number=words[0], symbol=words[-1], document_type=text, subject=text,
        issuing_body=text, date="2022-03-14",
    )  # fmt: skip
    record = Record(
        document_id="thu-0123456789ab",
        status="done",
        family="state",
        source=SourceInfo(
            path=text, sha256="0" * 64, bytes=1, media_type="image/png", pages=1,
            first_page=1, last_page=1,
        ),
        header=header,
        recipients=[text],
        directives=[Directive(marker=words[0], text=text)],
        pages=[Page(number=1, width=SIZE[0], height=SIZE[1], dpi=100, text=text)],
        evidence={"directives[0]": Evidence(page=1, confidence=1)},
        flags=[Flag(code="x", message=text, where=text)],
    )  # fmt: skip
    placed = tuple(
        PlacedWord(word, f"{word}?", (20 + 40 * n, 20, 55 + 40 * n, 40), 0.5)
        for n, word in enumerate(words)
    )
    line = PlacedLine(1, "body", (20, 20, 380, 40), text, placed)
    return Holding(Path("thu"), record, ((line,),))


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Source:
    path = tmp_path_factory.mktemp("any") / "page.png"
    Image.new("1", SIZE, 1).save(path, dpi=(100, 100))
    page = PageSource(1, path, 0, PageKind.IMAGE, 100.0)
    return Source(path, (path,), "0" * 64, 1, "image/png", False, (page,))


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_any_text_gives_valid_xml(words: list[str]) -> None:
    letter = holding(words)
    kept = [plain(word) for word in words]
    alto = etree.fromstring(alto_pages(letter)[1])
    assert [s.get("CONTENT") for s in alto.iter(f"{{{NAMESPACE}}}String")] == kept
    html = etree.fromstring(hocr(letter).encode())
    spans = [e.text or "" for e in html.iter("{*}span") if e.get("class") == "ocrx_word"]
    assert spans == kept
    fields = {
        e.tag: e.text
        for e in etree.fromstring(archive_xml(letter.record, 1, ArchiveSettings()).data)
    }
    assert fields["issuedDate"] == "14/03/2022"
    assert markdown(letter.record).startswith("# ")


@settings(max_examples=40, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=8))
def test_any_text_gives_tables_of_text(words: list[str]) -> None:
    record = holding(words).record
    names = {record.document_id: "tep"}
    table = catalogue([record], names, "party", ArchiveSettings())
    book = openpyxl.load_workbook(io.BytesIO(workbook([table, to_check([record], names)])))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    rows = list(csv.reader(io.StringIO(comma_separated(table).decode("utf-8-sig"), newline="")))
    assert len(rows) == 2
    shown = [
        cell.removeprefix("'") if cell[:2] in ("'=", "'+", "'-", "'@") else cell for cell in rows[1]
    ]
    given_cells = [
        c.removeprefix("'") if c[:2] in ("'=", "'+", "'-", "'@") else c for c in table.rows[0]
    ]
    assert shown == given_cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in rows[1])


@settings(max_examples=30, deadline=None)
@given(words=st.lists(WORDS, min_size=1, max_size=8))
def test_any_text_gives_a_pdf_that_opens(words: list[str], scan: Source) -> None:
    data = make_pdfa(holding(words), scan, Settings())
    with pikepdf.open(io.BytesIO(data)) as pdf, pdf.open_metadata() as metadata:
        assert not pdf.check_pdf_syntax()
        assert metadata["pdfaid:conformance"] == "U"


def test_hostile_text_gives_valid_pdf_a(scan: Source, tmp_path: Path) -> None:
    words = [word for word in HOSTILE if word.split() == [word]]
    paths = []
    for start in range(0, len(words), 8):
        path = tmp_path / f"{start}.pdf"
        path.write_bytes(make_pdfa(holding(words[start : start + 8]), scan, Settings()))
        paths.append(path)
    assert verapdf_run.failures(*paths) == {path.name: [] for path in paths}
