"""What is read of print that lies under seals and stamps, on simulated letters: names of signers,
positions, numbers and days.

`python -m benchmarks.under_seals [--pages N] [--kinds …]`; N pages of each kind, about a second
each. In: nothing but the page simulator. Out: shares of words read right below a mark and beside
it, words that are none, and fields of the record. The seals lie where Nghị định 30/2020/NĐ-CP has
them, over the left third of the signature, a little higher or lower on each page.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from benchmarks.operations import OPERATIONS
from benchmarks.page_simulator import compose, degrade, seals
from benchmarks.page_simulator import letter_layout as layout
from benchmarks.page_simulator.typeset import Block, Box, PageStyle, TypesetPage, typeset
from pipeline.intake import Candidate
from pipeline.process import process_document
from pipeline.record import Record
from pipeline.restore.restore import Restorer
from pipeline.settings import Settings
from samples.letter import read_letter

PRINT_DPI = 300
LEAST_COVERED = 0.03  # of a word's box, that mark's ink fills, to call the word covered
SAMPLES = Path(__file__).parent.parent / "samples" / "letters"
OFFICES = ("UBND HUYỆN BẮC SƠN", "SỞ NỘI VỤ", "VĂN PHÒNG TỈNH UỶ", "TRUNG TÂM LƯU TRỮ")
ROUND = (
    "UỶ BAN NHÂN DÂN TỈNH NINH BÌNH",
    "ĐẢNG CỘNG SẢN VIỆT NAM - TỈNH UỶ",
    "BỘ NỘI VỤ NƯỚC CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    "SỞ TƯ PHÁP TỈNH THÁI NGUYÊN",
)
KINDS = ("black seal", "red seal", "stamp", "red name")


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter of one page, and what its fields are."""

    page: TypesetPage
    number: str
    position: str
    signer: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A scan, the words printed on it with their boxes in its pixels, which of them a mark covers,
    and the letter."""

    picture: degrade.Picture
    dpi: int
    words: tuple[tuple[str, Box], ...]
    covered: tuple[bool, ...]
    letter: Letter


@dataclass
class Tally:
    """Counts over the pages of one kind."""

    pages: int = 0
    covered: list[bool] = field(default_factory=list)
    clear: list[bool] = field(default_factory=list)
    extra: int = 0
    fields: dict[str, list[bool]] = field(default_factory=dict)
    unflagged: int = 0

    def figures(self, name: str) -> dict[str, float]:
        """Shares by name."""
        found = {"covered": _share(self.covered), "clear": _share(self.clear)}
        found |= {key: _share(values) for key, values in self.fields.items()}
        found["extra"] = self.extra / max(1, self.pages)
        return {f"seals.{name.replace(' ', '_')}.{key}": value for key, value in found.items()}

    def row(self, name: str) -> str:
        """A line of the table for people."""
        cells = [self.covered, self.clear, *(self.fields[k] for k in ("signer", "position"))]
        cells.append(self.fields["number"])
        shares = "".join(f"{sum(c):>6}/{len(c):<5}" for c in cells)
        return f"{name:12}{self.pages:>6}{shares}{self.extra:>7}{self.unflagged:>11}"


HEADER = (
    f"{'':12}{'pages':>6}"
    + "".join(f"{name:^12}" for name in ("covered", "clear", "signer", "position", "number"))
    + f"{'extra':>7}{'unflagged':>11}"
)


def _share(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 1.0


# --- making pages ------------------------------------------------------------------------------


def trials(kind: str, pages: int, seed: int = 7) -> Iterator[Trial]:
    """Scans of `kind`, the same for the same seed."""
    bodies = [text for path in sorted(SAMPLES.glob("*.toml")) for text in _bodies(path)]
    for n in range(pages):
        rng = np.random.default_rng([seed, KINDS.index(kind), n])
        letter = _letter(bodies, rng)
        printed = np.asarray(letter.page.image)
        inked = cv2.cvtColor(printed, cv2.COLOR_GRAY2RGB).astype(np.uint8)
        mark, inked = _marked(inked, letter.page, kind, rng)
        damage = _damage(kind, rng)
        if damage.threshold is not None or kind == "black seal":
            inked = cv2.cvtColor(inked, cv2.COLOR_RGB2GRAY).astype(np.uint8)
        scan = degrade.scan(inked, PRINT_DPI, damage, rng)
        words = tuple((w.text, scan.box(w.box)) for w in letter.page.words)
        covered = tuple(_coverage(mark, w.box) >= LEAST_COVERED for w in letter.page.words)
        yield Trial(scan.picture, damage.dpi, words, covered, letter)


def _bodies(path: Path) -> list[str]:
    letter = read_letter(path)
    return [*letter.preamble, *(text for d in letter.directives for text in d.text)]


def _letter(bodies: Sequence[str], rng: np.random.Generator) -> Letter:
    """A short letter; names and symbols are drawn from the simulator's tables."""
    texts = [bodies[i] for i in rng.choice(len(bodies), 3, replace=False)]
    made = compose.short_letter(texts, rng)
    family = str(rng.choice(["Tinos", "Liberation Serif", "TeX Gyre Termes"]))
    style = PageStyle(family=family, dpi=PRINT_DPI, page_numbers=False)
    blocks: list[Block] = list(made.blocks)
    return Letter(typeset(blocks, style)[0], made.number, made.position, made.signer)


def _marked(
    page: degrade.Picture, printed: TypesetPage, kind: str, rng: np.random.Generator
) -> tuple[seals.Ink, degrade.Picture]:
    """The page with signature and seal, or with an arrival stamp; and where the mark's ink lies."""
    bare = np.full_like(page, 255)
    if kind == "stamp":
        left, top, right, bottom = printed.anchors[layout.NUMBER]
        ink = seals.arrival_stamp(str(rng.choice(OFFICES)), PRINT_DPI, rng)
        at = (
            (left + right) // 2 + round(rng.uniform(-0.7, 0.4) * PRINT_DPI),
            (top + bottom) // 2 + round(rng.uniform(0.0, 0.6) * PRINT_DPI),
        )
        colour = (seals.BLUE, seals.BLACK, seals.RED)[int(rng.integers(3))]
        return _ink_of(seals.centred(bare, ink, colour, at)), seals.centred(page, ink, colour, at)
    if kind == "red name":
        return _in_red(page, printed, rng)
    left, top, right, bottom = printed.anchors[layout.SIGNATURE]
    middle = ((left + right) // 2, (top + bottom) // 2)
    black = kind == "black seal"
    hand = seals.signature(PRINT_DPI, rng)
    pen = seals.BLACK if black else seals.BLUE
    page = seals.centred(page, hand, pen, (middle[0] + PRINT_DPI // 12, middle[1]))
    thick = float(rng.uniform(0.8, 2.0))
    ring = seals.seal(str(rng.choice(ROUND)), PRINT_DPI, rng, thick=thick)
    at = (
        middle[0] - round(rng.uniform(0.45, 0.95) * PRINT_DPI),
        middle[1] + round(rng.uniform(-0.45, 0.45) * PRINT_DPI),
    )
    colour = seals.BLACK if black else seals.REDS[int(rng.integers(len(seals.REDS)))]
    return _ink_of(seals.centred(bare, ring, colour, at)), seals.centred(page, ring, colour, at)


def _in_red(
    page: degrade.Picture, printed: TypesetPage, rng: np.random.Generator
) -> tuple[seals.Ink, degrade.Picture]:
    """The page with the signer's name stamped in red a little askew, and where that ink lies."""
    low = max(word.box[3] for word in printed.words)
    middle = (printed.anchors[layout.SIGNATURE][0] + printed.anchors[layout.SIGNATURE][2]) / 2
    below = printed.anchors[layout.SIGNATURE][1]
    boxes = [w.box for w in printed.words if w.box[1] > below and w.box[2] > middle - PRINT_DPI]
    left, top = min(b[0] for b in boxes) - 9, min(b[1] for b in boxes) - 9
    right, bottom = max(b[2] for b in boxes) + 9, min(low, max(b[3] for b in boxes)) + 9
    ink = Image.fromarray(255 - page[top:bottom, left:right].min(axis=2))
    tilted = ink.rotate(float(rng.normal(0, 0.8)), Image.Resampling.BICUBIC)
    page = page.copy()
    page[top:bottom, left:right] = 255
    colour = seals.REDS[int(rng.integers(len(seals.REDS)))]
    pressed = (np.asarray(tilted) / 255).astype(np.float32)
    bare = seals.press(np.full_like(page, 255), pressed, colour, (left, top))
    return _ink_of(bare), seals.press(page, pressed, colour, (left, top))


def _ink_of(mark: degrade.Picture) -> seals.Ink:
    return np.asarray(mark.min(axis=2) < 200, np.float32)


def _coverage(mark: seals.Ink, box: Box) -> float:
    left, top, right, bottom = box
    return float(mark[top:bottom, left:right].mean())


def _damage(kind: str, rng: np.random.Generator) -> degrade.Damage:
    """Black seals are seals copied or scanned to 1 bit; red ones lie on colour scans in JPEG."""
    dpi = int(rng.choice([150, 200, 200, 300]))
    blur = float(rng.uniform(0.4, 0.8))
    if kind.startswith("red") or (kind == "stamp" and rng.random() < 0.6):
        quality, fade = int(rng.integers(35, 80)), float(rng.uniform(0, 0.12))
        return degrade.Damage(dpi=dpi, blur=blur, fade=fade, noise=3.0, jpeg=quality)
    dpi = max(200, dpi)
    bits = int(rng.integers(140, 175)) if rng.random() < 0.7 else None
    copies = int(rng.random() < 0.4)
    return degrade.Damage(dpi, 0.2, copies, blur=blur, noise=4.0, speckle=0.3, threshold=bits)


# --- reading them ------------------------------------------------------------------------------


def measure(kind: str, pages: int, restorer: Restorer, folder: Path, keep: bool = False) -> Tally:
    """Process `pages` scans of `kind`; with `keep` scans and debug pictures stay in `folder`."""
    tally = Tally()
    for n, trial in enumerate(trials(kind, pages)):
        path = folder / f"{kind.replace(' ', '-')}-{n:03d}.png"
        image = Image.fromarray(trial.picture)
        image.save(path, dpi=(trial.dpi, trial.dpi), compress_level=1)
        (outcome,) = process_document(
            Candidate(path, (path,)), Settings(), restorer, with_pictures=keep
        )
        picture = outcome.files.get("debug/page-1.png")
        if callable(picture):
            path.with_name(f"{path.stem}-debug.png").write_bytes(picture())
        _count(tally, trial, outcome.record, str(outcome.files["layout.json"]), keep)
        if not keep:
            path.unlink()
    return tally


def figures(pages: int = 30) -> dict[str, float]:
    """The shares of all kinds by name, those that have floors among them; prints the table."""
    restorer = Restorer.load()
    print(HEADER, file=sys.stderr)
    found: dict[str, float] = {}
    with TemporaryDirectory(prefix="congvan-bench-") as work:
        for kind in KINDS:
            tally = measure(kind, pages, restorer, Path(work))
            print(tally.row(kind), file=sys.stderr)
            found |= tally.figures(kind)
    return found


def _count(tally: Tally, trial: Trial, record: Record, layout_json: str, tell: bool) -> None:
    scale = record.pages[0].dpi / trial.dpi
    read = [
        (text, ((box[0] + box[2]) / 2 / scale, (box[1] + box[3]) / 2 / scale))
        for line in json.loads(layout_json)["pages"][0]["lines"]
        for text, box, _ in line["words"]
    ]
    places = [box for _, box in trial.words]
    tally.pages += 1
    for (text, box), covered in zip(trial.words, trial.covered, strict=True):
        good = any(t == text and _inside(at, box) for t, at in read)
        (tally.covered if covered else tally.clear).append(good)
    tally.extra += sum(not any(_inside(at, box, 8) for box in places) for _, at in read)
    wanted = {
        "signer": (record.signature.signer, trial.letter.signer),
        "position": (record.signature.position, trial.letter.position),
        "number": (record.header.number_symbol, trial.letter.number),
    }
    flagged = {flag.where.partition("[")[0] for flag in record.flags}
    for name, (found, truth) in wanted.items():
        tally.fields.setdefault(name, []).append(found == truth)
        where = ("header." if name == "number" else "signature.") + name
        told = any(f.startswith(where) for f in flagged)
        tally.unflagged += found is not None and found != truth and not told
        if tell and found != truth:
            print(f"{tally.pages - 1:3} {name}: {truth!r} read {found!r}{' (flag)' * told}")


def _inside(at: tuple[float, float], box: Box, slack: int = 2) -> bool:
    left, top, right, bottom = box
    return left - slack <= at[0] <= right + slack and top - slack <= at[1] <= bottom + slack


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.under_seals", description=__doc__)
    parser.add_argument("--pages", type=int, default=30, help="of each kind")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=list(KINDS))
    parser.add_argument("--keep", type=Path, help="folder for scans and pictures of what was seen")
    parser.add_argument("--without", choices=[*OPERATIONS], default="none", help="leave one out")
    options = parser.parse_args()
    os.environ["OMP_THREAD_LIMIT"] = "1"
    restorer = Restorer.load()
    print(HEADER)
    with TemporaryDirectory(prefix="congvan-bench-") as work, ExitStack() as off:
        for change in OPERATIONS[options.without]():
            off.enter_context(change)
        folder = options.keep or Path(work)
        folder.mkdir(parents=True, exist_ok=True)
        for kind in options.kinds:
            tally = measure(kind, options.pages, restorer, folder, options.keep is not None)
            print(tally.row(kind), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
