"""What a file is: found in order, named by content, each bad one with its own outcome."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pipeline import loading
from pipeline.document import PageKind, TextLayer
from pipeline.errors import DocumentError
from pipeline.finding import discover, natural_key
from pipeline.intake import Candidate, decode_text, read_source
from pipeline.settings import Settings
from pipeline.textlayer import classify
from tests.conftest import LETTER

SETTINGS = Settings()
CLEAN = (
    "Ủy ban nhân dân tỉnh đề nghị các sở, ban, ngành tổ chức thực hiện nghiêm túc kế hoạch, "
    "báo cáo kết quả trước ngày cuối cùng của tháng để tổng hợp, trình lãnh đạo xem xét."
)


def source_of(path: Path) -> object:
    return read_source(Candidate(path, (path,)), SETTINGS)


def code_of(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        source_of(path)
    assert str(path) in str(caught.value)
    return caught.value.code


def image(path: Path, size: tuple[int, int] = (200, 280), **options: object) -> Path:
    Image.new("L", size, 255).save(path, **options)  # type: ignore[arg-type]
    return path


# --- finding -----------------------------------------------------------------------------------


def test_a_folder_is_walked_in_natural_order(tmp_path: Path) -> None:
    for name in ("page-10.png", "page-2.png", "b/x.PDF", ".hidden.pdf", "notes.docx", "a.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    found = [c.path.name for c in discover([tmp_path], "none") if isinstance(c, Candidate)]
    assert found == ["a.txt", "page-2.png", "page-10.png", "x.PDF"]


def test_page_images_of_a_folder_are_one_document(tmp_path: Path) -> None:
    for n in (10, 2, 1):
        image(tmp_path / f"page-{n}.png")
    (tmp_path / "other.txt").write_text("x")
    group, other = (c for c in discover([tmp_path], "folder") if isinstance(c, Candidate))
    assert group.path == tmp_path
    assert [f.name for f in group.files] == ["page-1.png", "page-2.png", "page-10.png"]
    assert other.path.name == "other.txt"
    source = read_source(group, SETTINGS)
    assert [p.number for p in source.pages] == [1, 2, 3]


def test_a_named_file_is_taken_whatever_its_suffix_and_only_once(tmp_path: Path) -> None:
    path = tmp_path / "letter.xyz"
    path.write_text(CLEAN)
    assert list(discover([path, path], "none")) == [Candidate(path, (path,))]


def test_what_is_missing_or_no_file_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(CLEAN)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "self.pdf").symlink_to(tmp_path / "self.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")
    found = list(discover([tmp_path / "none", tmp_path, Path("/dev/zero")], "none"))
    errors = [f.code for f in found if isinstance(f, DocumentError)]
    assert errors[0] == "file_missing"
    assert sorted(errors[1:]) == ["file_unreadable", "not_a_document", "not_a_document"]
    assert [f.path.name for f in found if isinstance(f, Candidate)] == ["a.txt"]


@given(st.permutations(["page-10", "page-2", "Page-3", "a", "10", "9", "", "trang 1", "trang 11"]))
def test_natural_order_does_not_hang_on_where_names_stood(names: list[str]) -> None:
    ordered = sorted(names, key=natural_key)
    assert ordered[:2] == ["9", "10"]
    assert [n for n in ordered if "-" in n] == ["page-2", "Page-3", "page-10"]


# --- bad files ---------------------------------------------------------------------------------


def test_each_bad_file_has_its_own_outcome(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"")
    office = tmp_path / "letter.pdf"
    office.write_bytes(b"PK\x03\x04" + bytes(200))
    junk = tmp_path / "junk.txt"
    junk.write_bytes(bytes(range(256)) * 20)
    cut_image = tmp_path / "cut.png"
    cut_image.write_bytes(image(tmp_path / "whole.png").read_bytes()[:20])
    assert code_of(empty) == "file_empty"
    assert code_of(office) == "not_a_document"
    assert code_of(junk) == "not_a_document"
    assert code_of(cut_image) == "image_damaged"
    assert code_of(tmp_path / "gone.pdf") == "file_missing"


def test_bad_pdfs(tmp_path: Path) -> None:
    good = tmp_path / "good.pdf"
    Image.new("L", (200, 280), 255).save(good, "PDF")
    locked, none, cut = (tmp_path / f"{n}.pdf" for n in ("locked", "none", "cut"))
    with pikepdf.open(good) as pdf:
        pdf.save(locked, encryption=pikepdf.Encryption(user="secret", owner="secret"))
        del pdf.pages[0]
        pdf.save(none)
    cut.write_bytes(b"%PDF-1.4\n" + bytes(300))
    assert code_of(locked) == "pdf_encrypted"
    assert code_of(none) == "no_pages"
    assert code_of(cut) == "pdf_damaged"


# --- good files --------------------------------------------------------------------------------


def test_the_content_not_the_suffix_says_what_a_file_is(tmp_path: Path) -> None:
    path = tmp_path / "scan.pdf"
    image(path, format="JPEG", dpi=(150, 150))
    before = path.read_bytes()
    source = read_source(Candidate(path, (path,)), SETTINGS)
    assert source.media_type == "image/jpeg"
    assert source.sha256 == hashlib.sha256(before).hexdigest()
    assert source.bytes == len(before)
    assert path.read_bytes() == before


def test_the_resolution_of_an_image_without_a_sound_tag_is_that_of_a4(tmp_path: Path) -> None:
    path = image(tmp_path / "a.png", (1654, 2339))
    source = read_source(Candidate(path, (path,)), SETTINGS)
    assert source.pages[0].dpi == pytest.approx(200, abs=1)


def test_every_frame_of_a_tiff_is_a_page(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    frames = [Image.new("1", (1654, 2339), 1) for _ in range(3)]
    frames[0].save(path, save_all=True, append_images=frames[1:], dpi=(200, 200))
    source = read_source(Candidate(path, (path,)), SETTINGS)
    assert [(p.index, p.kind) for p in source.pages] == [(n, PageKind.IMAGE) for n in range(3)]


def test_a_scanned_pdf_tells_its_resolution_and_has_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    Image.new("L", (1654, 2339), 255).save(path, "PDF", resolution=200)
    page = read_source(Candidate(path, (path,)), SETTINGS).pages[0]
    assert page.dpi == pytest.approx(200, abs=1)
    assert page.size == pytest.approx((595, 842), abs=1)
    assert page.text_layer is TextLayer.NONE


@pytest.mark.parametrize(
    "data",
    [
        CLEAN.encode(),
        b"\xef\xbb\xbf" + CLEAN.encode(),
        CLEAN.encode("utf-16"),
        b"\xfe\xff" + CLEAN.encode("utf-16-be"),
    ],
)
def test_text_in_any_of_its_encodings(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data + "\f trang hai".encode("utf-16" if b"\0" in data else "utf-8")[:0])
    source = read_source(Candidate(path, (path,)), SETTINGS)
    assert source.pages[0].text == CLEAN


def test_form_feeds_part_the_pages_of_a_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("một\n\fhai\n\f")
    assert [p.text for p in read_source(Candidate(path, (path,)), SETTINGS).pages] == [
        "một\n",
        "hai\n",
    ]


@given(st.binary(min_size=1, max_size=300))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    refused = None
    try:
        decode_text(data, Path("a.txt"))
    except DocumentError as e:
        refused = e.code
    assert refused in (None, "not_a_document")


# --- text layers -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "scanned", "layer"),
    [
        ("", True, TextLayer.NONE),
        (CLEAN * 2, True, TextLayer.GOOD),
        (CLEAN, False, TextLayer.GOOD),
        (LETTER, True, TextLayer.GOOD),  # with UBND, VT, TM. and V/v as any letter has
        ("UY BAN NHAN DAN TiNH BINH AN dê nghi câc sô, ban, ngânh tô chirc thirc hien " * 4, True,
         TextLayer.DAMAGED),
        ("Ký bởi: Ủy ban nhân dân tỉnh Thời gian ký: 01/02/2021 10:11:12", True,
         TextLayer.SIGNATURE),
        ("The committee asks all departments to report the results in time " * 4, False,
         TextLayer.DAMAGED),
    ],
)  # fmt: skip
def test_how_far_a_text_layer_is_trusted(text: str, scanned: bool, layer: TextLayer) -> None:
    assert classify(text, scanned=scanned) is layer


def test_an_electronic_signature_is_an_overlay_and_no_text(tmp_path: Path) -> None:
    path = signed_pdf(tmp_path / "signed.pdf")
    source = read_source(Candidate(path, (path,)), SETTINGS)
    page = source.pages[0]
    assert page.text_layer is TextLayer.SIGNATURE
    assert [m.kind for m in page.overlays] == ["electronic_signature"]
    assert "Nguoi ky" in (page.overlays[0].text or "")


NOTE = "1. Gui van ban den cac don vi de pho bien trong toan truong;"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (NOTE, ["note"]),
        ("1906", []),
        ("Da Nang, ngay 26 thang 7 nam 2020", []),
        ("Nguyen Van An", []),
    ],
)
def test_a_comment_typed_over_a_scan_is_no_text_of_it(
    tmp_path: Path, text: str, kinds: list[str]
) -> None:
    path = commented_pdf(tmp_path / "commented.pdf", text)
    page = read_source(Candidate(path, (path,)), SETTINGS).pages[0]
    assert [m.kind for m in page.overlays] == kinds
    assert (text in (page.text or "")) == (not kinds)
    drawn = loading.load(page, SETTINGS).image.convert("L")
    assert (drawn.getextrema() == (255, 255)) == bool(kinds)


def commented_pdf(path: Path, text: str) -> Path:
    """A white scan with a comment typed over it."""
    Image.new("L", (1654, 2339), 255).save(path, "PDF", resolution=200)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        look = pdf.make_stream(f"BT /F1 9 Tf 2 12 Td ({text}) Tj ET".encode())
        comment = _annotation(pdf, look, Subtype=pikepdf.Name.FreeText, Contents=text)
        pdf.pages[0].obj.Annots = pikepdf.Array([comment])
        pdf.save(path)
    return path


def _annotation(pdf: pikepdf.Pdf, look: pikepdf.Stream, **keys: Any) -> pikepdf.Object:
    font = pikepdf.Dictionary(
        Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica
    )
    look.Type, look.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
    look.BBox = [0, 0, 300, 40]
    look.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
    return pdf.make_indirect(
        pikepdf.Dictionary(
            Type=pikepdf.Name.Annot,
            F=132,
            Rect=[250, 790, 550, 830],
            AP=pikepdf.Dictionary(N=look),
            **keys,
        )
    )


def signed_pdf(path: Path) -> Path:
    """A scan with a signature field whose appearance has words of its own."""
    Image.new("L", (1654, 2339), 255).save(path, "PDF", resolution=200)
    with pikepdf.open(path, allow_overwriting_input=True) as pdf:
        look = pdf.make_stream(b"BT /F1 9 Tf 2 12 Td (Nguoi ky: So Noi vu 10:11:12 +07:00) Tj ET")
        field = _annotation(pdf, look, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Sig)
        pdf.pages[0].obj.Annots = pikepdf.Array([field])
        pdf.save(path)
    return path
