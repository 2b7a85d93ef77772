"""Builds `scans/` from `letters/` and `scans.toml`: `python -m samples.render [NAME…] [--check]`.

Every scan lies in its own folder with its truth: `source.*`, `page-N.txt`, `letter.json`, of the
shape `congvan evaluate` reads. The same sources give the same pixels.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
from PIL import Image

from benchmarks.page_simulator import degrade, seals
from benchmarks.page_simulator.letter_layout import NUMBER, SIGNATURE, STAMP
from benchmarks.page_simulator.typeset import Box, PageStyle, TypesetPage
from samples.containers import write_image, write_pdf, write_tiff
from samples.damaged_text import ocr_text
from samples.letter import SampleLetter, read_letter

HERE = Path(__file__).parent
PRINT_DPI = 600


@dataclass(frozen=True, slots=True)
class ScanPlan:
    """How a letter is to be scanned; the fields are told in scans.toml."""

    letter: str
    file: str
    seal: str
    ink: str
    font: str
    seed: int
    damage: degrade.Damage
    arrival: str = ""
    upside_down: list[int] = field(default_factory=list)
    photo: bool = False


def read_plans(path: Path = HERE / "scans.toml") -> dict[str, ScanPlan]:
    """All scans by name. Raises OSError, tomllib.TOMLDecodeError, TypeError for a wrong field."""
    tables = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: ScanPlan(**{**table, "damage": degrade.Damage(**table["damage"])})
        for name, table in tables.items()
    }


def build(plan: ScanPlan, folder: Path) -> None:
    """Write the scan and its truth into `folder`."""
    letter = read_letter(HERE / "letters" / f"{plan.letter}.toml")
    pages = letter.pages(PageStyle(family=plan.font, dpi=PRINT_DPI))
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages, 1):
        (folder / f"page-{number}.txt").write_text(page.text, encoding="utf-8")
    truth = json.dumps(letter.truth(len(pages)), ensure_ascii=False, indent=1)
    (folder / "letter.json").write_text(truth + "\n", encoding="utf-8")
    _write(plan, scans(plan, letter, pages), folder / plan.file)


def scans(plan: ScanPlan, letter: SampleLetter, pages: Sequence[TypesetPage]) -> list[Image.Image]:
    """The pages as scanned: mode 1, L or RGB."""
    rng = np.random.default_rng(plan.seed)
    return [_scan(plan, letter, page, number, rng) for number, page in enumerate(pages, 1)]


def _scan(
    plan: ScanPlan, letter: SampleLetter, page: TypesetPage, number: int, rng: np.random.Generator
) -> Image.Image:
    dpi = degrade.PRINT_DPI
    grey = degrade.resize(np.asarray(page.image), dpi / page.dpi)
    inked = cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB).astype(np.uint8)
    anchors = {name: _scaled(box, dpi / page.dpi) for name, box in page.anchors.items()}
    inked = _stamped(inked, plan, letter, anchors, dpi, rng)
    if plan.ink == "black":
        inked = cv2.cvtColor(inked, cv2.COLOR_RGB2GRAY).astype(np.uint8)
    if plan.photo:
        inked = photographed(inked, rng)
    # JPEG comes last, from the writer of the file: twice would not be what a scanner does
    picture = degrade.scan(inked, dpi, degrade.lossless(plan.damage), rng).picture
    if number in plan.upside_down:
        picture = np.ascontiguousarray(picture[::-1, ::-1])
    image = Image.fromarray(picture)
    return image if plan.damage.threshold is None else image.convert("1")


def _stamped(
    page: degrade.Picture,
    plan: ScanPlan,
    letter: SampleLetter,
    anchors: dict[str, Box],
    dpi: int,
    rng: np.random.Generator,
) -> degrade.Picture:
    """Signature, seal over its left third, stamps under the number."""
    red = seals.RED if plan.ink == "red" else seals.BLACK
    blue = seals.BLUE if plan.ink == "red" else seals.BLACK
    if SIGNATURE in anchors:
        left, top, right, bottom = anchors[SIGNATURE]
        middle = ((left + right) // 2, (top + bottom) // 2)
        hand = seals.signature(dpi, rng)
        page = seals.centred(page, hand, blue, (middle[0] + dpi // 12, middle[1]))
        ring = seals.seal(plan.seal, dpi, rng)
        aside, down = round(rng.uniform(0.55, 0.95) * dpi), round(rng.uniform(-0.08, 0.12) * dpi)
        page = seals.centred(page, ring, red, (middle[0] - aside, middle[1] + down))
    if letter.urgency and STAMP in anchors:
        left, top, right, bottom = anchors[STAMP]
        mark = seals.stamp(letter.urgency, dpi, rng)
        page = seals.centred(page, mark, red, ((left + right) // 2, (top + bottom) // 2))
    if plan.arrival and NUMBER in anchors:
        left, _, _, bottom = anchors[NUMBER]
        mark = seals.arrival_stamp(plan.arrival, dpi, rng)
        page = seals.centred(page, mark, blue, (left - dpi // 10, bottom + mark.shape[0] * 3 // 5))
    return page


def photographed(page: degrade.Picture, rng: np.random.Generator) -> degrade.Picture:
    """A page held under a lamp and taken by hand: a little perspective, uneven light."""
    height, width = page.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    moved = corners + rng.uniform(-0.009, 0.009, (4, 2)).astype(np.float32) * width
    bent = cv2.warpPerspective(
        page,
        cv2.getPerspectiveTransform(corners, moved.astype(np.float32)),
        (width, height),
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=(246, 243, 236),
    )
    paper = bent.astype(np.float32) * np.array([0.985, 0.97, 0.93], dtype=np.float32)
    return degrade.uneven_light(np.rint(paper).astype(np.uint8), 0.3, rng)


def _write(plan: ScanPlan, images: list[Image.Image], path: Path) -> None:
    dpi, quality = plan.damage.dpi, plan.damage.jpeg or 75
    if path.suffix == ".pdf":
        write_pdf(path, images, dpi, quality)
    elif path.suffix == ".tif":
        write_tiff(path, images, dpi)
    elif path.suffix == ".txt":
        path.write_text(ocr_text(images, dpi), encoding="utf-8")
    else:
        (image,) = images
        write_image(path, image, dpi, quality)


def _scaled(box: Box, factor: float) -> Box:
    left, top, right, bottom = (round(side * factor) for side in box)
    return left, top, right, bottom


def differing(name: str, plan: ScanPlan) -> list[str]:
    """Files of a scan's folder that a new build makes otherwise, or does not make."""
    committed = HERE / "scans" / name
    with TemporaryDirectory() as folder:
        fresh = Path(folder)
        build(plan, fresh)
        names = {p.name for p in fresh.iterdir()} | {p.name for p in committed.glob("*")}
        return sorted(n for n in names if _bytes(fresh / n) != _bytes(committed / n))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def main(arguments: Sequence[str] | None = None) -> int:
    """Build the scans named, or all; with --check, tell which would come out otherwise."""
    plans = read_plans()
    parser = argparse.ArgumentParser(prog="python -m samples.render", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(plans))
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    options = parser.parse_args(arguments)
    unknown = set(options.names) - set(plans)
    if unknown:
        parser.error(f"no such scan: {', '.join(sorted(unknown))}")
    changed = False
    for name in options.names or plans:
        if options.check:
            differences = differing(name, plans[name])
            changed |= bool(differences)
            print(f"{name}: {', '.join(differences) or 'the same'}")
        else:
            build(plans[name], HERE / "scans" / name)
            print(f"{name}: built")
    return int(changed)


if __name__ == "__main__":
    sys.exit(main())
