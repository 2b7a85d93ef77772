"""The PDF/A of a letter is read by its own text layer, and gives the same record again."""

from __future__ import annotations

from pathlib import Path

import pikepdf
import pytest

from pipeline.document import TextLayer
from pipeline.export.holding import find_scan, read_holding
from pipeline.export.pdfa import make_pdfa
from pipeline.intake import Candidate, read_source
from pipeline.process import process_document
from pipeline.record import Letter, Record
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings

FIELDS = set(Letter.model_fields) - {"evidence", "flags", "places", "passages", "corrections"}
MOST_LEAN = 1.0


@pytest.fixture(scope="module")
def again(
    processed_samples: Path, tmp_path_factory: pytest.TempPathFactory, restorer: Restorer
) -> list[tuple[Record, Path, Record]]:
    """The record of each scanned sample, its PDF/A, and the record of that."""
    folder = tmp_path_factory.mktemp("again")
    found: list[tuple[Record, Path, Record]] = []
    for path in sorted(processed_samples.glob("*/record.json")):
        holding = read_holding(path.parent)
        if holding.record.source.media_type == "text/plain":
            continue
        pdf = folder / f"{holding.record.document_id}.pdf"
        pdf.write_bytes(make_pdfa(holding, find_scan(holding), Settings()))
        (outcome,) = process_document(Candidate(pdf, (pdf,)), Settings(), restorer)
        found.append((holding.record, pdf, outcome.record))
    return found


def test_its_text_layer_is_trusted(again: list[tuple[Record, Path, Record]]) -> None:
    for _, pdf, _ in again:
        source = read_source(Candidate(pdf, (pdf,)), Settings())
        assert {page.text_layer for page in source.pages} == {TextLayer.GOOD}, pdf.name


def test_level_pages_are_not_read_again(again: list[tuple[Record, Path, Record]]) -> None:
    for first, pdf, second in again:
        if all(abs(page.skew) < MOST_LEAN for page in first.pages):
            assert "ocr" not in {step.step for step in second.processing}, pdf.name


def test_the_record_says_the_same(again: list[tuple[Record, Path, Record]]) -> None:
    assert len(again) == 7
    for first, pdf, second in again:
        assert second.model_dump(include=FIELDS) == first.model_dump(include=FIELDS), pdf.name


def test_the_text_is_the_same(again: list[tuple[Record, Path, Record]]) -> None:
    """But for signs at the edge of the paper, which no line of the letter has."""
    for first, pdf, second in again:
        for one, other in zip(first.pages, second.pages, strict=True):
            mine, theirs = one.text.split(), other.text.split()
            strange = [w for w in mine if w not in theirs or mine.count(w) != theirs.count(w)]
            assert not [w for w in strange if any(c.isalnum() for c in w)], pdf.name
            assert [w for w in mine if w not in strange] == [
                w for w in theirs if w not in strange
            ], pdf.name


def test_text_that_somebody_added_takes_the_trust_away(
    again: list[tuple[Record, Path, Record]], tmp_path: Path
) -> None:
    changed = tmp_path / "changed.pdf"
    pdf = next(path for _, path, second in again if second.header.number_symbol == "872/QĐ-UBND")
    with pikepdf.open(pdf) as made:
        page = made.pages[0]
        font = pikepdf.Dictionary(
            Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
        )
        page.obj.Resources.Font["/F1"] = font
        added = b"pay xyzzy " * 5  # judged like any other text, no longer as our own
        page.contents_add(b"BT /F1 9 Tf 72 72 Td (" + added + b") Tj ET")
        made.save(changed)
    kinds = [p.text_layer for p in read_source(Candidate(changed, (changed,)), Settings()).pages]
    assert kinds[0] is not TextLayer.GOOD
    assert kinds[1] is TextLayer.GOOD
