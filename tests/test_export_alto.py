"""ALTO and hOCR of the samples: valid, the record's words in its order, raw readings kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from pipeline.export.alto import NAMESPACE, alto_pages
from pipeline.export.hocr import hocr
from pipeline.export.holding import Holding, read_holding
from tests import alto_schema

ALTO = f"{{{NAMESPACE}}}"


@pytest.fixture(scope="module")
def holdings(processed_samples: Path) -> list[Holding]:
    return [read_holding(p.parent) for p in sorted(processed_samples.glob("*/record.json"))]


@pytest.mark.shared
def test_alto_is_valid(holdings: list[Holding], tmp_path: Path) -> None:
    schema = alto_schema.load(tmp_path)
    if schema is None:
        pytest.skip(f"the ALTO schema is not at {alto_schema.SCHEMA}")
    for holding in holdings:
        for number, data in alto_pages(holding).items():
            valid = schema.validate(etree.fromstring(data))
            assert valid, (holding.record.document_id, number, schema.error_log)


def test_alto_has_the_words_of_the_record_in_its_order(holdings: list[Holding]) -> None:
    for holding in holdings:
        pages = alto_pages(holding)
        for page in holding.record.pages:
            if page.number in pages:
                root = etree.fromstring(pages[page.number])
                words = [s.get("CONTENT") for s in root.iter(f"{ALTO}String")]
                assert words == page.text.split()


def test_alto_keeps_what_was_read(holdings: list[Holding]) -> None:
    for holding in holdings:
        for data in alto_pages(holding).values():
            for string in etree.fromstring(data).iter(f"{ALTO}String"):
                others = [a.text for a in string.iter(f"{ALTO}ALTERNATIVE")]
                assert string.get("CONTENT") not in others
    purposes = [
        a.get("PURPOSE")
        for holding in holdings
        for data in alto_pages(holding).values()
        for a in etree.fromstring(data).iter(f"{ALTO}ALTERNATIVE")
    ]
    assert purposes.count("ocr") >= 20
    assert purposes.count("doubt") >= 5


def test_places_lie_on_the_page(holdings: list[Holding]) -> None:
    for holding in holdings:
        for data in alto_pages(holding).values():
            page = next(etree.fromstring(data).iter(f"{ALTO}Page"))
            width, height = float(page.get("WIDTH", 0)), float(page.get("HEIGHT", 0))
            for string in page.iter(f"{ALTO}String"):
                x, y, w, h = (float(string.get(k, -1)) for k in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
                assert w > 0
                assert h > 0
                assert -0.02 * width <= x <= x + w <= 1.02 * width
                assert -0.02 * height <= y <= y + h <= 1.02 * height


def test_a_text_without_pictures_has_no_alto(holdings: list[Holding]) -> None:
    bare = next(h for h in holdings if "party-letter-ocr" in h.record.document_id)
    assert alto_pages(bare) == {}


def test_hocr_is_well_formed_and_has_all_words(holdings: list[Holding]) -> None:
    for holding in holdings:
        root = etree.fromstring(hocr(holding).encode())
        words = [e.text for e in root.iter("{*}span") if e.get("class") == "ocrx_word"]
        pages = [p for p in holding.record.pages if p.width]
        assert words == " ".join(p.text for p in pages).split()
