"""What fuzzing gives its inputs to, and the sound ones they are made from.

Each target takes a chance, makes one damaged input with it and gives that to a stage. It returns
where the stage took the input, raises the stage's CongvanError where it refused, and anything else
is a finding.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name
from PIL import Image, ImageDraw

from benchmarks.damage import NUMBERS, damaged, damaged_text
from benchmarks.page_simulator.fonts import font
from pipeline import layout, loading
from pipeline.batch.outputs import write_documents
from pipeline.document import OcrPage, PageImage, PageKind
from pipeline.errors import DocumentError
from pipeline.export.alto import alto_pages
from pipeline.export.archive import ArchiveSettings
from pipeline.export.archive_xml import archive_xml
from pipeline.export.hocr import hocr
from pipeline.export.holding import read_holding
from pipeline.export.markdown import markdown
from pipeline.intake import Candidate, read_source
from pipeline.layer import layer_words, share_on_print
from pipeline.process import extract_text, process_document
from pipeline.restore.restore import Restorer
from pipeline.search import connect
from pipeline.search.deliver import deliver
from pipeline.settings import Settings
from pipeline.tesseract import words_of

SHARES = {
    "intake": 8,
    "reading": 3,
    "restore": 3,
    "extract": 4,
    "export": 1,
    "query": 1,
}
"""How many of twenty inputs each target gets."""
SAMPLES = Path(__file__).parent.parent / "samples" / "scans"
SMALL = Settings(max_pixels=200_000, page_timeout=15.0)
DPI = 50
Run = Callable[[random.Random], object]


def targets(folder: Path) -> Mapping[str, Run]:
    """The targets by name, working in `folder`."""
    letters = [p.read_text(encoding="utf-8") for p in sorted(SAMPLES.glob("*/page-1.txt"))]
    restorer = Restorer.load()
    run: dict[str, Run] = {
        "intake": _intake(folder, letters),
        "reading": _reading(letters, restorer),
        "restore": _restore(letters, restorer),
        "extract": _extract(letters),
        "export": _export(folder / "out", letters[0], restorer),
        "query": _query(folder),
    }
    assert run.keys() == SHARES.keys()
    return run


# --- files ---------------------------------------------------------------------------------------


def _intake(folder: Path, letters: list[str]) -> Run:
    sound = _files(letters[0])
    names = sorted(sound)

    def run(chance: random.Random) -> None:
        name = chance.choice(names)
        path = folder / f"input{Path(name).suffix}"
        path.write_bytes(damaged(sound[name], sound[chance.choice(names)], chance))
        source = read_source(Candidate(path, (path,)), SMALL)
        if path.suffix == ".pdf" and chance.random() < 0.6:  # drawing takes longest
            return
        for page in source.pages[:2]:
            if page.kind is PageKind.TEXT:
                layout.arrange_text(page)
                continue
            picture = loading.load(page, SMALL)
            if page.kind is PageKind.PDF:
                image = PageImage(
                    page.number, picture.image.convert("L"), round(picture.dpi), 0, 0, ()
                )
                share_on_print(layer_words(page, image, SMALL), image)

    return run


def _files(text: str) -> dict[str, bytes]:
    """Small sound files by name, one of each make."""
    page = Image.new("L", (6 * DPI, 8 * DPI), 255)
    ImageDraw.Draw(page).multiline_text((20, 20), text[:300], 0, font("Tinos", 8))
    colour, mono = page.convert("RGB"), page.convert("1")
    made = {"text.txt": text[:2000].encode(), "wide.txt": text[:800].encode("utf-16")}
    made["old.txt"] = text[:800].encode("cp1258", "ignore")
    for name, image, options in (
        ("grey.png", page, {}),
        ("mono.png", mono, {}),
        ("palette.png", page.convert("P"), {}),
        ("colour.jpg", colour, {"dpi": (DPI, DPI)}),
        ("progressive.jpg", page, {"progressive": True}),
        ("fax.tif", mono, {"compression": "group4", "dpi": (DPI, DPI)}),
        ("lzw.tif", colour, {"compression": "tiff_lzw"}),
        ("pages.tif", page, {"save_all": True, "append_images": [page, mono.convert("L")]}),
        ("scan.pdf", colour, {"resolution": DPI}),
        ("pages.pdf", mono, {"resolution": DPI, "save_all": True, "append_images": [page]}),
    ):
        made[name] = _saved(image, name, options)
    made["layer.pdf"] = _with_layer(made["colour.jpg"], text, page.size)
    return made


def _saved(image: Image.Image, name: str, options: dict[str, Any]) -> bytes:
    data = BytesIO()
    kinds = {".jpg": "JPEG", ".tif": "TIFF", ".png": "PNG", ".pdf": "PDF"}
    image.save(data, kinds[Path(name).suffix], **options)
    return data.getvalue()


def _with_layer(jpeg: bytes, text: str, size: tuple[int, int]) -> bytes:
    """A scan with text that can be copied, a form, a rotated page and a signature, uncompressed so
    that damage meets what it says."""
    width, height = (round(v * 72 / DPI) for v in size)
    pdf = pikepdf.new()
    picture = pdf.make_stream(jpeg, Type=Name.XObject, Subtype=Name.Image, Filter=Name.DCTDecode)
    picture.Width, picture.Height = size
    picture.ColorSpace, picture.BitsPerComponent = Name.DeviceRGB, 8
    shown = text[:400].encode("ascii", "ignore").decode().replace("(", "").replace(")", "")
    lines = "".join(f"({line}) Tj 0 -9 Td " for line in shown.split("\n"))
    content = (
        f"q {width} 0 0 {height} 0 0 cm /Im0 Do Q BT 3 Tr /F0 8 Tf 20 {height - 30} Td {lines}ET"
    )
    typeface = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name("/Times-Roman"))
    form = pdf.make_stream(
        b"0 0 m 9 9 l S", Type=Name.XObject, Subtype=Name.Form, BBox=[0, 0, 9, 9]
    )
    signature = Dictionary(
        Type=Name.Annot, Subtype=Name.Widget, FT=Name.Sig, Rect=[20, 20, 90, 60], T="Signature1",
        AP=Dictionary(N=form),
    )  # fmt: skip
    for turn in (0, 90):
        page = Dictionary(
            Type=Name.Page, MediaBox=Array([0, 0, width, height]), Rotate=turn, UserUnit=1,
            CropBox=Array([0, 0, width, height]), Contents=pdf.make_stream(content.encode()),
            Resources=Dictionary(
                XObject=Dictionary(Im0=picture, Fm0=form), Font=Dictionary(F0=typeface)
            ),
            Annots=Array([pdf.make_indirect(signature)]),
        )  # fmt: skip
        pdf.pages.append(pikepdf.Page(pdf.make_indirect(page)))
    data = BytesIO()
    pdf.save(data, compress_streams=False, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return data.getvalue()


# --- what Tesseract wrote ------------------------------------------------------------------------


def _reading(letters: list[str], restorer: Restorer) -> Run:
    page = Image.new("L", (620, 877), 255)
    image = PageImage(1, page, 75, 0, 0, ())
    tables = [_table(letter) for letter in letters]

    def run(chance: random.Random) -> None:
        rows = [line.split("\t") for line in chance.choice(tables).split("\n")]
        for _ in range(chance.choice((0, 1, 4, 30))):
            chance.choice(rows[1:])[chance.randrange(12)] = chance.choice(NUMBERS).decode()
        table = "\n".join("\t".join(row) for row in rows)
        if chance.random() < 0.5:
            table = damaged_text(table, chance.choice(tables), chance)
        try:
            words = tuple(words_of(table))
        except (ValueError, OverflowError) as error:  # as `read_words` tells it
            raise DocumentError("ocr_failed", path="input", page=1, reason=error) from error
        arranged = layout.arrange(OcrPage(1, 620, 877, 75, "vie", words, ()), image)
        restorer.restore_pages([arranged], "vie")

    return run


def _table(letter: str) -> str:
    """TSV as Tesseract writes it, of the beginning of a letter."""
    rows = ["level page_num block_num par_num line_num word_num left top width height conf text"]
    rows[0] = rows[0].replace(" ", "\t")
    for row, line in enumerate(letter.split("\n")[:25], 1):
        left = 40
        for n, word in enumerate(line.split(), 1):
            cells = (5, 1, 1, 1, row, n, left, 30 * row, 8 * len(word), 16, 91.5, word)
            rows.append("\t".join(map(str, cells)))
            left += 8 * len(word) + 6
    return "\n".join(rows)


# --- texts ---------------------------------------------------------------------------------------


def _text(letters: list[str], chance: random.Random, most: int) -> str:
    letter = chance.choice(letters)
    at = 0 if chance.random() < 0.6 else chance.randrange(len(letter))
    return damaged_text(letter[at : at + most], chance.choice(letters), chance)


def _restore(letters: list[str], restorer: Restorer) -> Run:
    def run(chance: random.Random) -> None:
        text = _text(letters, chance, 600)
        page = restorer.restore_text(text, chance.choice(("auto", "eng", "vie")))
        if len(page.lines) != len(text.split("\n")):
            raise AssertionError("lines were lost or added")

    return run


def _extract(letters: list[str]) -> Run:
    def run(chance: random.Random) -> None:
        record = extract_text(_text(letters, chance, 4000))
        json.loads(record.to_json())

    return run


# --- what the program wrote itself, and what people ask -------------------------------------------


def _export(out: Path, letter: str, restorer: Restorer) -> Run:
    out.mkdir()
    path = out.with_suffix(".txt")
    path.write_text(letter, encoding="utf-8")
    (outcome,) = process_document(Candidate(path, (path,)), Settings(split="never"), restorer)
    name = outcome.record.document_id
    write_documents(out, {name: outcome.files})
    sound = {f.name: f.read_bytes() for f in (out / name).iterdir() if f.suffix == ".json"}
    broken = out.with_name("broken")
    broken.mkdir()

    def run(chance: random.Random) -> None:
        for file, data in sound.items():
            if chance.random() < 0.7:
                data = damaged(data, sound["record.json"], chance)
            (broken / file).write_bytes(data)
        holding = read_holding(broken)
        alto_pages(holding)
        hocr(holding)
        markdown(holding.record)
        archive_xml(holding.record, 1, ArchiveSettings())

    return run


QUERIES = (
    "chuyển đổi số", "1046-CV/TU", '"ngày hội đọc sách" -trường', "date:2019-01..2019-12",
    'body:"thành uỷ" type:CV', "ngày:2022 kind:directive", "cites:50-KL/TW actor:sở", "xã an bình",
)  # fmt: skip


def _query(folder: Path) -> Run:
    index = str(folder / "letters.sqlite")
    with connect(index) as letters:
        deliver(folder / "out", letters)

    def run(chance: random.Random) -> None:
        query = damaged_text(chance.choice(QUERIES), chance.choice(QUERIES), chance)
        with connect(index) as letters:
            letters.search(query, limit=5).text()

    return run
