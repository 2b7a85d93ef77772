"""Letters of every form from print to record: what reading a scan costs each field.

    python -m benchmarks.letter_scans [--kinds light weak] [--letters N] [--keep DIR]

The letters of tests/cases/letters that have a whole letterhead and one signature, set in type as
Nghị định 30/2020/NĐ-CP and Hướng dẫn 36-HD/VPTW have it, signed, sealed over the left third of the
signature, scanned (light: as offices scan today; weak: 120 to 150 dpi), read, and compared with the
record of their own text (docs/metrics.md). The texts are short, so names, numbers and lists weigh
here, not running text. `--keep` leaves scans, truth and records in a folder.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import regex
from PIL import Image

from benchmarks.page_simulator import degrade, seals
from benchmarks.page_simulator.letter_layout import SIGNATURE, Family
from benchmarks.page_simulator.pairs import Kind, draw_damage
from benchmarks.page_simulator.typeset import PageStyle, TypesetPage
from pipeline.batch.gold import processed
from pipeline.batch.progress import Quiet
from pipeline.evaluate import Scores, evaluate
from pipeline.process import extract_text
from pipeline.record import Citation, Record
from pipeline.settings import Settings
from samples.containers import write_pdf
from samples.letter import SampleCitation, SampleDirective, SampleLetter

CASES = Path(__file__).parent.parent / "tests" / "cases" / "letters"
KINDS: tuple[Kind, ...] = ("light", "weak")
LETTERS = 24
_LEFT, _MIDDLE = 30, 62  # characters of a line of the left column and below the title
_TYPEFACES = ("Tinos", "Liberation Serif", "TeX Gyre Termes")


def letters() -> list[SampleLetter]:
    """The letters that can be set in type, in the order of the cases."""
    found = []
    for path in sorted(CASES.glob("*.json")):
        if path.stem == "ocr":  # damaged already
            continue
        for case in json.loads(path.read_text(encoding="utf-8")):
            text = "\f".join("\n".join(page) for page in case["pages"])
            if (letter := _sample(extract_text(text))) is not None:
                found.append(letter)
    return found


def _sample(record: Record) -> SampleLetter | None:
    """The letter of a record as one to print; None where it lacks a part or has more than one."""
    header, signature = record.header, record.signature
    need = [header.number_symbol, header.number, header.place, header.date, header.document_type]
    need += [header.issuing_body, header.subject, signature.position, signature.signer]
    several = any("; " in (s or "") for s in (signature.signer, signature.authority))
    printed = (header.number_symbol or "").replace("/", "-").split("-")[0] == header.number
    if not all(need) or several or not printed or record.family == "other" or record.appendices:
        return None
    if record.headings or record.copies or not record.distribution or header.secrecy:
        return None
    family: Family = "party" if record.family == "party" else "state"
    titled = header.document_type != "Công văn"
    subject = _lines(
        header.subject if titled else f"V/v {header.subject}", _MIDDLE if titled else _LEFT
    )
    decided = bool(record.directives) and str(record.directives[0].marker).startswith("Điều")
    return SampleLetter(
        family=family,
        parent=_named(header.parent_body),
        issuer=_named(header.issuing_body),
        number=f"Số{'' if family == 'party' else ':'} {header.number_symbol}",
        number_symbol=str(header.number_symbol),
        place=str(header.place),
        date=datetime.date.fromisoformat(str(header.date)),
        document_type=str(header.document_type),
        subject=subject,
        recipients=record.recipients,
        legal_bases=record.legal_bases,
        resolves="QUYẾT ĐỊNH:" if decided and header.document_type == "Quyết định" else None,
        preamble=record.preamble,
        directives=[
            SampleDirective(marker=d.marker, text=d.text.split("\n")) for d in record.directives
        ],
        closing=record.closing,
        authority=regex.split(r"[ ](?=(?:K/T|T/L|KT\.|TL\.) ?\p{Lu})", signature.authority or ""),
        position=[str(signature.position)],
        signer=str(signature.signer),
        distribution=record.distribution,
        citations=[_cited(c) for c in record.citations],
    )


def _cited(citation: Citation) -> SampleCitation:
    return SampleCitation(
        document_type=citation.document_type or "",
        number_symbol=citation.number_symbol,
        date=datetime.date.fromisoformat(citation.date) if citation.date else None,
        issuer=citation.issuer,
    )


def _named(body: str | None) -> list[str]:
    """A body's name in printed lines: its place begins one, as letterheads have it."""
    whole = regex.split(r"[ ](?=(?:TỈNH|THÀNH PHỐ|HUYỆN|QUẬN)[ ]\p{Lu})", body or "")
    return [line for part in whole if part for line in _lines(part, _LEFT)]


def _lines(text: str | None, width: int) -> list[str]:
    """`text` broken into printed lines of at most `width` characters, about equally long."""
    if not text:
        return []
    count = -(-len(text) // width)
    lines, most = [""], len(text) / count + 6
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def build(letter: SampleLetter, kind: Kind, seed: Sequence[int], folder: Path) -> None:
    """Write a scan of `letter` with its truth into `folder`."""
    rng = np.random.default_rng(seed)
    style = PageStyle(family=str(rng.choice(_TYPEFACES)), dpi=degrade.PRINT_DPI)
    pages = letter.pages(style)
    damage = draw_damage(kind, rng)
    folder.mkdir(parents=True)
    for number, page in enumerate(pages, 1):
        (folder / f"page-{number}.txt").write_text(page.text, encoding="utf-8")
    truth = json.dumps(letter.truth(len(pages)), ensure_ascii=False, indent=1)
    (folder / "letter.json").write_text(truth + "\n", encoding="utf-8")
    images = [_scanned(page, letter, damage, rng) for page in pages]
    write_pdf(folder / "source.pdf", images, damage.dpi, damage.jpeg or 75)


def _scanned(
    page: TypesetPage, letter: SampleLetter, damage: degrade.Damage, rng: np.random.Generator
) -> Image.Image:
    printed = np.asarray(page.image)
    inked = cv2.cvtColor(printed, cv2.COLOR_GRAY2RGB).astype(np.uint8)
    coloured = damage.threshold is None and rng.random() < 0.7
    if SIGNATURE in page.anchors:
        left, top, right, bottom = page.anchors[SIGNATURE]
        middle, down = (left + right) // 2, (top + bottom) // 2
        hand = seals.signature(page.dpi, rng)
        blue, red = (seals.BLUE, seals.RED) if coloured else (seals.BLACK, seals.BLACK)
        inked = seals.centred(inked, hand, blue, (middle + page.dpi // 12, down))
        ring = seals.seal(" ".join(letter.issuer), page.dpi, rng)
        aside = round(rng.uniform(0.55, 0.95) * page.dpi)
        inked = seals.centred(inked, ring, red, (middle - aside, down))
    if not coloured:
        inked = cv2.cvtColor(inked, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    picture = degrade.scan(inked, page.dpi, degrade.lossless(damage), rng).picture
    image = Image.fromarray(picture)
    return image if damage.threshold is None else image.convert("1")


def measure(kind: Kind, count: int, gold: Path) -> Scores:
    """Build, read and score `count` letters spread over all of them, in the folder `gold`."""
    found = letters()
    step = max(1, len(found) // count)
    for n, letter in enumerate(found[::step][:count]):
        build(letter, kind, (5, KINDS.index(kind), n), gold / f"{kind}-{n:03d}")
    with processed(gold, Settings(), 1, Quiet()) as out:
        return evaluate(gold, out)


def figures(count: int = LETTERS) -> dict[str, float]:
    """The figures that have floors; prints the tables."""
    found: dict[str, float] = {}
    for kind in KINDS:
        with TemporaryDirectory(prefix="congvan-bench-") as work:
            scores = measure(kind, count, Path(work))
        print(kind, scores.table(), sep="\n\n", file=sys.stderr)
        found |= _figures(kind, scores)
    return found


def _figures(kind: str, scores: Scores) -> dict[str, float]:
    named = {"header": scores.header, "lists": scores.lists}
    return {f"letter_scans.{kind}.{k}": v for k, v in named.items() if v is not None}


def main() -> int:
    """Command line of this module."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=KINDS)
    parser.add_argument("--letters", type=int, default=LETTERS)
    parser.add_argument("--keep", type=Path, help="a folder for scans and truth")
    options = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    for kind in options.kinds:
        with TemporaryDirectory(prefix="congvan-bench-") as work:
            gold = options.keep or Path(work)
            print(kind, measure(kind, options.letters, gold / kind).table(), sep="\n\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
