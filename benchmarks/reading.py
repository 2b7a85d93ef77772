"""Reading measured: time beside OCRmyPDF and plain Tesseract, pages turned and skewed, memory.

`python -m benchmarks.reading [--memory]`; all on one core, in one run, on the same files: the
PDFs of the reference letters where they are present, else those of the samples.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pikepdf
from PIL import Image

from benchmarks.page_simulator import degrade
from benchmarks.page_simulator.typeset import PageStyle
from pipeline import imaging
from pipeline.document import PageKind, PageSource
from pipeline.settings import Settings
from samples.containers import write_pdf
from samples.letter import read_letter

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT.parent / "shared" / "gold" / "dev"
SAMPLES = ROOT / "samples"
OCRMYPDF = ROOT / ".venv-bench" / "bin" / "ocrmypdf"  # `make bench` installs it
PLAIN_DPI = 300
TURNS = (0, 90, 180, 270)
SKEWS = (-10.0, -7.0, -4.0, -2.0, -0.7, 0.4, 1.5, 3.0, 6.0, 9.0)
TRIALS = 120
MANY_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds of processor time a page; `ocrmypdf` is None where that is not installed. `stages`
    are seconds a page by step, as the records tell them."""

    files: int
    pages: int
    ours: float
    plain: float
    ocrmypdf: float | None
    stages: dict[str, float]


@dataclass(frozen=True, slots=True)
class Turned:
    """Pages turned and skewed on purpose: how many, how many set upright, degrees left then."""

    pages: int
    upright: int
    worst: float
    mean: float


def measure() -> dict[str, float]:
    """All figures by name; those of OCRmyPDF only where it is installed."""
    times, turned = _times(), _turned()
    figures = {
        "reading.seconds_a_page": times.ours,
        "reading.ratio_to_plain_tesseract": times.ours / times.plain,
        "reading.upright": turned.upright / turned.pages,
        "reading.worst_degrees_left": turned.worst,
    }
    if times.ocrmypdf:
        figures["reading.ratio_to_ocrmypdf"] = times.ours / times.ocrmypdf
    return figures


def table() -> str:
    """The figures for people."""
    times, turned = _times(), _turned()
    rows = [("congvan process", times.ours), ("pdftoppm | tesseract", times.plain)]
    if times.ocrmypdf:
        rows.append(("ocrmypdf -j1 --sidecar", times.ocrmypdf))
    lines = [f"reading: {times.files} PDFs, {times.pages} pages, processor time"]
    lines.append(f"{'':26}{'s a page':>10}{'congvan / it':>14}")
    lines += [f"{name:26}{seconds:10.2f}{times.ours / seconds:14.2f}" for name, seconds in rows]
    if not times.ocrmypdf:
        lines.append("ocrmypdf: not measured, it is not installed (make .venv-bench/made)")
    stages = sorted(times.stages.items(), key=lambda item: -item[1])
    lines.append("by stage: " + ", ".join(f"{k} {v:.3f}" for k, v in stages if v >= 0.0005))
    lines.append(
        f"turned and skewed up to 10°: {turned.upright} of {turned.pages} upright; "
        f"left {turned.mean:.2f}° on average, {turned.worst:.2f}° at worst"
    )
    return "\n".join(lines)


# --- time --------------------------------------------------------------------------------------


@cache
def _times() -> Times:
    files = _pdfs()
    pages = sum(_page_count(file) for file in files)
    with TemporaryDirectory(prefix="congvan-bench-") as work:
        folder = Path(work)
        ours, stages = _ours(files, folder)
        return Times(
            len(files),
            pages,
            ours / pages,
            sum(_plain(file, folder) for file in files) / pages,
            _ocrmypdf(files, folder, pages),
            {step: seconds / pages for step, seconds in stages.items()},
        )


def _pdfs() -> list[Path]:
    folder = REFERENCE if REFERENCE.is_dir() else SAMPLES / "scans"
    return sorted(folder.glob("*/source*.pdf"))


def _page_count(file: Path) -> int:
    with pikepdf.open(file) as pdf:
        return len(pdf.pages)


def _run(command: Sequence[str | Path]) -> float:
    """Seconds of processor time that a program and all it starts take, on one thread: what it takes
    from start to end on an idle machine, whatever else runs on this one."""
    start = _processor_time()
    subprocess.run(
        [*map(str, command)],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_THREAD_LIMIT": "1"},
    )
    return _processor_time() - start


def _processor_time() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ours(files: Sequence[Path], folder: Path) -> tuple[float, Counter[str]]:
    out = folder / "congvan"
    congvan = Path(sys.executable).parent / "congvan"
    seconds = _run([congvan, "process", *files, "--out", out, "--jobs", "1", "--quiet"])
    stages: Counter[str] = Counter()
    for record in out.glob("*/record.json"):
        for step in json.loads(record.read_text(encoding="utf-8"))["processing"]:
            stages[step["step"]] += step["seconds"]
    return seconds, stages


def _plain(file: Path, folder: Path) -> float:
    """What `pdftoppm | tesseract` takes, page by page."""
    stem = folder / "page"
    seconds = _run(["pdftoppm", "-r", str(PLAIN_DPI), "-gray", file, stem])
    for page in sorted(folder.glob("page-*.pgm")):
        options = ["-l", "vie", "--dpi", str(PLAIN_DPI), "--psm", "3"]
        seconds += _run(["tesseract", page, "stdout", *options])
        page.unlink()
    return seconds


def _ocrmypdf(files: Sequence[Path], folder: Path, pages: int) -> float | None:
    program = OCRMYPDF if OCRMYPDF.is_file() else shutil.which("ocrmypdf")
    if not program:
        return None
    # Without PDF/A and optimising, which we do not do either. Signed letters have to be forced.
    options = ["-j1", "-l", "vie", "--force-ocr", "--invalidate-digital-signatures"]
    options += ["--output-type", "pdf", "--optimize", "0", "--sidecar", str(folder / "text.txt")]
    return sum(_run([program, *options, file, folder / "out.pdf"]) for file in files) / pages


# --- upright and straight ----------------------------------------------------------------------


@cache
def _turned() -> Turned:
    left: list[float] = []
    upright = 0
    with TemporaryDirectory(prefix="congvan-bench-") as work:
        path = Path(work, "page.png")
        for page, turn, skew in _trials():
            page.save(path)
            source = PageSource(1, path, 0, PageKind.IMAGE, 200.0)
            made = imaging.prepare(source, Settings())
            good = made.rotation == turn
            upright += good
            left += [abs(made.skew + skew)] if good else []
    return Turned(TRIALS, upright, max(left), sum(left) / len(left))


def _trials() -> Iterator[tuple[Image.Image, int, float]]:
    """Pages of the sample letters, scanned askew and laid in turned: the picture, the clockwise
    turn that sets it upright, the skew."""
    rng = np.random.default_rng(20)
    letters = sorted((SAMPLES / "letters").glob("*.toml"))
    style = PageStyle(dpi=300)
    pages = [np.asarray(p.image) for path in letters for p in read_letter(path).pages(style)]
    plain = degrade.Damage(dpi=200, blur=0.5, noise=4.0, speckle=0.3)
    for n in range(TRIALS):
        skew, turn = SKEWS[n % len(SKEWS)], TURNS[n // len(SKEWS) % len(TURNS)]
        damage = replace(plain, skew=skew, threshold=160 if n % 3 == 0 else None)
        picture = degrade.scan(pages[n % len(pages)], 300, damage, rng).picture
        yield Image.fromarray(np.rot90(picture, turn // 90).copy()), turn, skew


# --- memory ------------------------------------------------------------------------------------


def peak_memory(pages: int = MANY_PAGES) -> tuple[float, float]:
    """Megabytes that the largest process holds while a PDF of so many pages is processed, and the
    seconds it takes. Every fiftieth page is a page of a letter, the others bear a line."""
    letter = next(iter(sorted((SAMPLES / "letters").glob("*.toml"))))
    full = Image.fromarray(
        degrade.resize(np.asarray(read_letter(letter).pages(PageStyle(dpi=300))[0].image), 2 / 3)
    )
    short = full.copy()
    short.paste(255, (0, full.height // 4, full.width, full.height))
    with TemporaryDirectory(prefix="congvan-bench-") as work:
        path = Path(work, "long.pdf")
        write_pdf(path, [full if n % 50 == 0 else short for n in range(pages)], 200, 60)
        seconds, _ = _ours([path], Path(work))
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024, seconds


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reading", description=__doc__)
    parser.add_argument("--memory", action="store_true", help="a PDF of 1,000 pages instead")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    if options.memory:
        megabytes, seconds = peak_memory()
        print(f"{MANY_PAGES} pages: {megabytes:.0f} MB at most, {seconds:.0f} s")
        return 0
    print(json.dumps(measure(), indent=2) if options.json else table())
    return 0


if __name__ == "__main__":
    sys.exit(main())
