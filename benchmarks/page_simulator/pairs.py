"""Printed lines beside what the OCR made of them: `python -m benchmarks.page_simulator.pairs`.

Pages are set from documents of clean text, damaged, read by the real Tesseract, and its words
laid to the printed lines by their boxes. Output: a TSV with one printed line a row: split,
document (hash), model, damage, dpi, truth, ocr, and Tesseract's confidence (0 to 1) in each word it
read. Lines of which nothing was read, or which a neighbour's words fell into, are left out and
counted.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from lzma import LZMAError
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import pytesseract
from PIL import Image
from rapidfuzz.distance import Levenshtein
from unidecode import unidecode

from benchmarks.page_simulator import corpus, degrade, fonts
from benchmarks.page_simulator.compose import is_vietnamese, page_blocks, printable
from benchmarks.page_simulator.typeset import PageStyle, PlacedLine, typeset
from pipeline.document import Word
from pipeline.restore.corpus import Split, documents, split_of, text_files
from pipeline.tesseract import words_of

Kind = Literal["heavy", "weak", "light"]
HEADER = "split\tdocument\tmodel\tdamage\tdpi\ttruth\tocr\tconfidence"
TIMEOUT = 120
"""Seconds Tesseract may take for a page."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A printed line and its reading, with the confidence (0 to 1) of each word read."""

    truth: str
    ocr: str
    confidence: tuple[float, ...] = ()


def draw_damage(kind: Kind, rng: np.random.Generator) -> degrade.Damage:
    """A damage at random. heavy: what archives scanned at 150 to 200 dpi, mostly fair copies, some
    photocopied; weak: 120 to 150 dpi, soft and grainy, at the edge of what can be read; light:
    what offices scan today, 200 to 300 dpi, mostly 1 bit."""
    if kind == "light":
        one_bit = rng.random() < 0.7
        return degrade.Damage(
            dpi=int(rng.choice([200, 200, 240, 300])),
            ink=float(rng.normal(0.1, 0.25)),
            generations=int(rng.choice([0, 0, 0, 0, 1])),
            bleed=float(rng.choice([0, 0, 0, 0.08])),
            skew=float(rng.normal(0, 0.4)),
            blur=float(rng.uniform(0.3, 0.7)),
            fade=float(rng.uniform(0, 0.2)),
            noise=float(rng.uniform(1, 8)),
            speckle=float(rng.choice([0, 0.5, 1])),
            threshold=int(rng.integers(145, 190)) if one_bit else None,
            jpeg=None if one_bit else int(rng.integers(30, 75)),
        )
    if kind == "heavy":
        one_bit = rng.random() < 0.5
        return degrade.Damage(
            dpi=int(rng.choice([150, 150, 170, 200])),
            ink=float(rng.normal(0.15, 0.4)),
            generations=int(rng.choice([0, 0, 0, 1, 1, 2])),
            bleed=float(rng.choice([0, 0, 0, 0.06])),
            skew=float(rng.normal(0, 0.4)),
            blur=float(rng.uniform(0.35, 0.9)),
            fade=float(rng.uniform(0, 0.25)),
            noise=float(rng.uniform(0, 9)),
            speckle=float(rng.choice([0, 0.5, 2])),
            threshold=int(rng.integers(140, 190)) if one_bit else None,
            jpeg=None if one_bit else int(rng.integers(45, 85)),
        )
    one_bit = rng.random() < 0.25
    return degrade.Damage(
        dpi=int(rng.choice([120, 130, 140, 150, 150])),
        ink=float(rng.normal(0.05, 0.25)),
        generations=int(rng.choice([0, 0, 0, 0, 1])),
        bleed=float(rng.choice([0, 0, 0, 0.06])),
        skew=float(rng.normal(0, 0.4)),
        blur=float(rng.uniform(0.25, 0.65)),
        fade=float(rng.uniform(0, 0.25)),
        noise=float(rng.uniform(2, 11)),
        speckle=float(rng.choice([0, 0.5, 1.5])),
        threshold=int(rng.integers(150, 195)) if one_bit else None,
        jpeg=None if one_bit else int(rng.integers(40, 80)),
    )


def read_words(picture: degrade.Picture, model: str, dpi: int) -> list[Word]:
    """The words Tesseract sees. Raises RuntimeError past TIMEOUT, pytesseract's errors else."""
    table = pytesseract.image_to_data(
        Image.fromarray(picture), lang=model, config=f"--psm 3 --dpi {dpi}", timeout=TIMEOUT
    )
    return list(words_of(str(table)))


def align(lines: Sequence[PlacedLine], words: Sequence[Word], scan: degrade.Scan) -> list[Pair]:
    """Lay each word read to the printed line whose words it overlaps most; words that lie on no
    line (specks, page numbers) are dropped. One pair a printed line, empty where nothing fell."""
    boxes = [(i, scan.box(word.box)) for i, line in enumerate(lines) for word in line.words]
    read: list[list[Word]] = [[] for _ in lines]
    for word in words:
        shared = np.zeros(len(lines))
        for index, box in boxes:
            shared[index] += _overlap(word.box, box)
        best = int(shared.argmax())
        if shared[best] > 0:
            read[best].append(word)
    pairs = []
    for line, found in zip(lines, read, strict=True):
        found.sort(key=lambda w: w.box[0])
        ocr = " ".join(word.text for word in found)
        pairs.append(Pair(line.text, ocr, tuple(word.confidence for word in found)))
    return pairs


def believable(pair: Pair) -> bool:
    """The reading is of this line: not empty, and not far from it letter for letter without
    marks. Only failures of layout are to be left out, not bad reading."""
    if not pair.ocr:
        return False
    truth, ocr = unidecode(pair.truth).lower(), unidecode(pair.ocr).lower()
    return Levenshtein.normalized_distance(truth, ocr) < 0.6


@dataclass(frozen=True, slots=True)
class SimulatedPage:
    """Half a page of a document (`document`: its text): the damage, the lines as printed, top to
    bottom, and the scan."""

    document: str
    damage: degrade.Damage
    lines: tuple[PlacedLine, ...]
    scan: degrade.Scan


def simulated_page(document: str, kind: Kind, rng: np.random.Generator) -> SimulatedPage | None:
    """Set a half page of the document from a random paragraph on, and scan it; None for a text
    that is not Vietnamese, or does not fit."""
    texts = [text for text in corpus.paragraphs(document) if printable(text)]
    damage = draw_damage(kind, rng)
    if not is_vietnamese(" ".join(texts)):
        return None
    # of three places the wordiest: most of a letter is running text, not forms and headings
    starts = rng.integers(max(1, len(texts) - 5), size=3).tolist()
    start = max(starts, key=lambda s: sum(len(text.split()) for text in texts[s : s + 8]))
    style = replace(
        PageStyle(family=str(rng.choice(fonts.installed_families(), p=_weights()))),
        height=float(rng.uniform(400, 520)),
        dpi=600,
    )
    try:
        page = typeset(page_blocks(_enough(texts[start:]), rng), style)[0]
    except ValueError:  # a foot or letterhead too high for half a page
        return None
    scan = degrade.scan(np.asarray(page.image), page.dpi, damage, rng)
    return SimulatedPage(document, damage, tuple(page.lines), scan)


def simulated_pages(
    collections: Sequence[Sequence[str]],
    kind: Kind,
    rng: np.random.Generator,
    only: Split | None = None,
) -> Iterator[SimulatedPage]:
    """Pages without end; every collection of documents is drawn from equally often."""
    while True:
        texts = collections[int(rng.integers(len(collections)))]
        document = texts[int(rng.integers(len(texts)))]
        if only not in (None, split_of(document)):
            continue
        if (page := simulated_page(document, kind, rng)) is not None:
            yield page


def rows(
    collections: Sequence[Sequence[str]],
    model: str,
    kind: Kind,
    rng: np.random.Generator,
    only: Split | None = None,
) -> Iterator[tuple[str, int]]:
    """Rows of the TSV, page by page without end, each page as (its rows, lines left out)."""
    for page in simulated_pages(collections, kind, rng, only):
        words = read_words(page.scan.picture, model, page.damage.dpi)
        pairs = align(page.lines, words, page.scan)
        kept = [pair for pair in pairs if believable(pair)]
        if not kept:
            continue
        start = (split_of(page.document), corpus.document_hash(page.document), model, kind)
        head = "\t".join((*start, str(page.damage.dpi)))
        yield "".join(_row(head, pair) for pair in kept), len(pairs) - len(kept)


def _row(head: str, pair: Pair) -> str:
    confidence = " ".join(f"{c:.3f}" for c in pair.confidence)
    return f"{head}\t{pair.truth}\t{pair.ocr}\t{confidence}\n"


def documents_of(path: Path) -> list[str]:
    """All documents of a file or folder of text. Raises OSError where it cannot be read or holds
    none, lzma.LZMAError where a .xz file is none."""
    found = [document for file in text_files(path) for document in documents(file)]
    if not found:
        raise OSError(f"{path}: no text in it")
    return found


def _weights() -> list[float]:
    """Letters are set in Times New Roman; each of these is a Times in its own way,
    Termes the nearest: what `eng` makes of it is most like what old text layers hold."""
    wanted = {"Tinos": 0.2, "Liberation Serif": 0.1, "FreeSerif": 0.25, "TeX Gyre Termes": 0.45}
    parts = [wanted[family] for family in fonts.installed_families()]
    if not parts:
        fonts.font_path("Tinos")  # says which package to install
    return [part / sum(parts) for part in parts]


def _enough(texts: Sequence[str], words: int = 420) -> list[str]:
    """The first paragraphs, up to that many words."""
    out: list[str] = []
    for text in texts:
        if words <= 0:
            break
        out.append(" ".join(text.split()[:words]))
        words -= len(text.split())
    return out


def _overlap(a: degrade.Box, b: degrade.Box) -> int:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return width * height if width > 0 and height > 0 else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Write pairs; return an exit code."""
    parser = argparse.ArgumentParser(prog="pairs", description=__doc__)
    parser.add_argument(
        "--text",
        type=Path,
        nargs="+",
        required=True,
        help="clean text: .txt, .xz or a folder; each has an equal share of the pages",
    )
    parser.add_argument("--out", type=Path, required=True, help="TSV to write")
    parser.add_argument("--model", choices=("eng", "vie", "Vietnamese"), required=True)
    parser.add_argument("--damage", choices=("heavy", "weak", "light"), required=True)
    parser.add_argument("--split", choices=get_args(Split), help="only documents of this split")
    parser.add_argument("--pages", type=int, default=60, help="half pages to read")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    os.environ["OMP_THREAD_LIMIT"] = "1"
    try:
        collections = [documents_of(path) for path in options.text]
        rng = np.random.default_rng(options.seed)
        left_out = 0
        with options.out.open("w", encoding="utf-8") as out:
            out.write(HEADER + "\n")
            made = rows(collections, options.model, options.damage, rng, options.split)
            for number, (text, dropped) in enumerate(islice(made, options.pages), 1):
                out.write(text)
                out.flush()
                left_out += dropped
                if number % 20 == 0 or number == options.pages:
                    print(f"{number}/{options.pages} half pages", file=sys.stderr)
    except (
        OSError,
        LZMAError,
        fonts.FontMissingError,
        pytesseract.TesseractNotFoundError,
    ) as error:
        print(f"pairs: {error}", file=sys.stderr)
        return 3
    print(f"{left_out} lines left out", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
