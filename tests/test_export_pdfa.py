"""PDF/A of the samples: valid, the scan untouched, the corrected words findable in their places."""

from __future__ import annotations

import subprocess
import unicodedata
from dataclasses import replace
from pathlib import Path

import pikepdf
import pytest
from PIL import Image, ImageChops

from pipeline import poppler
from pipeline.document import PageKind, PageSource
from pipeline.errors import DocumentError
from pipeline.export.geometry import Placement
from pipeline.export.holding import Holding, find_scan, read_holding
from pipeline.export.pdfa import make_pdfa
from pipeline.export.scan_pages import add_page
from pipeline.record import Page
from pipeline.settings import Settings
from tests import verapdf_run
from tests.conftest import LETTER, save_pdf
from tests.text_pdf import write_text_pdf


@pytest.fixture(scope="module")
def pdfs(processed_samples: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Holding]:
    """PDF/A files of all samples that are scans, and what they were made of."""
    folder = tmp_path_factory.mktemp("pdfa")
    made: dict[Path, Holding] = {}
    for path in sorted(processed_samples.glob("*/record.json")):
        holding = read_holding(path.parent)
        source = find_scan(holding)
        if source.pages[0].kind is PageKind.TEXT:
            continue
        pdf = folder / f"{holding.record.document_id}.pdf"
        pdf.write_bytes(make_pdfa(holding, source, Settings()))
        made[pdf] = holding
    assert len(made) == 7
    return made


def test_each_is_valid_pdf_a_2u(pdfs: dict[Path, Holding]) -> None:
    assert verapdf_run.failures(*pdfs) == {pdf.name: [] for pdf in pdfs}


def test_the_text_is_that_of_the_record_in_its_order(pdfs: dict[Path, Holding]) -> None:
    for pdf, holding in pdfs.items():
        text = subprocess.run(
            ["pdftotext", "-raw", str(pdf), "-"], capture_output=True, text=True, check=True
        ).stdout
        assert text.split() == " ".join(p.text for p in holding.record.pages).split(), pdf.name
        assert unicodedata.is_normalized("NFC", text)


def test_words_stand_where_they_are_printed(pdfs: dict[Path, Holding]) -> None:
    for pdf in pdfs:
        with pikepdf.open(pdf) as made:
            count = len(made.pages)
        for index in range(count):
            image = poppler.render_page(pdf, index, 100, timeout=60, grey=True)
            layer = poppler.layer_pages(pdf, index, index, timeout=60)[0]
            inked = sum(_has_ink(image, word) for word in layer.words)
            assert inked >= 0.97 * len(layer.words), (pdf.name, index)


def _has_ink(image: Image.Image, word: poppler.LayerWord) -> bool:
    box = [v * 100 / 72 for v in (word.left, word.top, word.right, word.bottom)]
    part = image.crop((int(box[0]), int(box[1]), int(box[2]) + 1, int(box[3]) + 1))
    darkest = part.getextrema()[0]
    return isinstance(darkest, int | float) and darkest < 170


def test_pictures_are_taken_over_as_they_are(pdfs: dict[Path, Holding]) -> None:
    for pdf, holding in pdfs.items():
        original = Path(holding.record.source.path)
        if original.suffix != ".pdf":
            continue
        with pikepdf.open(original) as old, pikepdf.open(pdf) as new:
            assert _raw_pictures(old) == _raw_pictures(new)


def _raw_pictures(pdf: pikepdf.Pdf) -> list[bytes]:
    return [
        picture.read_raw_bytes()
        for page in pdf.pages
        for _, picture in sorted(page.get_images().items())
    ]


def test_the_page_stands_upright(pdfs: dict[Path, Holding]) -> None:
    pdf, holding = next((p, h) for p, h in pdfs.items() if "upside-down" in p.name)
    assert [page.rotation for page in holding.record.pages] == [0, 180]
    was = poppler.render_page(Path(holding.record.source.path), 1, 50, timeout=60, grey=True)
    turned = was.transpose(Image.Transpose.ROTATE_180)
    now = poppler.render_page(pdf, 1, 50, timeout=60, grey=True)
    assert turned.size == now.size
    difference = ImageChops.difference(turned, now).histogram()
    assert sum(difference[64:]) < 0.02 * now.width * now.height


def test_no_larger_than_the_scan_by_more_than_a_third(pdfs: dict[Path, Holding]) -> None:
    for pdf, holding in pdfs.items():
        assert pdf.stat().st_size <= 1.3 * holding.record.source.bytes, pdf.name


def test_metadata_say_what_the_letter_is(pdfs: dict[Path, Holding]) -> None:
    pdf, holding = next((p, h) for p, h in pdfs.items() if "party-letter-1bit" in p.name)
    header = holding.record.header
    with pikepdf.open(pdf) as made, made.open_metadata() as metadata:
        assert metadata["dc:identifier"] == header.number_symbol
        assert metadata["dc:title"].endswith(str(header.subject))
        assert metadata["dc:language"] == {"vi"}
        assert str(made.Root.Lang) == "vi"


def test_the_same_record_gives_the_same_bytes(pdfs: dict[Path, Holding]) -> None:
    pdf, holding = next(iter(pdfs.items()))
    assert make_pdfa(holding, find_scan(holding), Settings()) == pdf.read_bytes()


def test_bare_text_has_no_pages_to_show(processed_samples: Path) -> None:
    folder = next(processed_samples.glob("party-letter-ocr-*"))
    holding = read_holding(folder)
    with pytest.raises(DocumentError, match="no page images"):
        make_pdfa(holding, find_scan(holding), Settings())


def test_a_changed_original_is_refused(processed_samples: Path, tmp_path: Path) -> None:
    holding = read_holding(next(processed_samples.glob("announcement-*")))
    source = holding.record.source
    (tmp_path / "copy.tif").write_bytes(Path(source.path).read_bytes() + b" ")
    elsewhere = source.model_copy(update={"path": "copy.tif"})
    moved = replace(holding, record=holding.record.model_copy(update={"source": elsewhere}))
    with pytest.raises(DocumentError, match="not the file that was processed"):
        find_scan(moved, tmp_path)


@pytest.mark.parametrize("skew", [0.0, 0.7, -1.3, 4.0, -12.5])
def test_the_middle_of_a_page_stays_and_its_corners_turn(skew: float) -> None:
    place = Placement(Page(number=1, width=1000, height=2000, skew=skew), 500, 1000)
    assert place.point(500, 1000) == pytest.approx((250, 500))
    (x0, y0), (x1, y1) = place.point(400, 1000), place.point(600, 1000)
    assert (y1 - y0) * skew <= 0
    assert x1 - x0 == pytest.approx(100, rel=0.03)


def test_a_page_without_pictures_is_drawn(tmp_path: Path) -> None:
    typeset = write_text_pdf(tmp_path / "typeset.pdf", [(60, 80, "Kính gửi: Uỷ ban nhân dân")])
    with pikepdf.new() as pdf:
        page = add_page(pdf, PageSource(1, typeset, 0, PageKind.PDF), Settings())
        assert [image.ColorSpace for _, image in page.get_images().items()] == ["/DeviceGray"]
        assert [round(float(v)) for v in page.mediabox] == [0, 0, 595, 842]


def test_what_an_annotation_shows_becomes_part_of_the_picture(tmp_path: Path) -> None:
    signed = tmp_path / "signed.pdf"
    with pikepdf.open(save_pdf(tmp_path / "plain.pdf", LETTER)) as pdf:
        stamp = pdf.make_stream(b"1 0 0 rg 0 0 60 30 re f")
        stamp.stream_dict = pikepdf.Dictionary(
            Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form, BBox=[0, 0, 60, 30]
        )
        annotation = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            Subtype=pikepdf.Name.Stamp,
            Rect=[300, 20, 360, 50],
            AP=pikepdf.Dictionary(N=pdf.make_indirect(stamp)),
        )
        pdf.pages[0].obj["/Annots"] = pikepdf.Array([pdf.make_indirect(annotation)])
        pdf.save(signed)
    with pikepdf.new() as pdf:
        page = add_page(pdf, PageSource(1, signed, 0, PageKind.PDF), Settings())
        assert "/Annots" not in page.obj
        pdf.save(tmp_path / "made.pdf")
    red = poppler.render_page(tmp_path / "made.pdf", 0, 72, timeout=60)
    height = red.height
    assert red.getpixel((330, height - 35)) == pytest.approx((255, 0, 0), abs=3)
    assert red.getpixel((330, height - 60)) == (255, 255, 255)
