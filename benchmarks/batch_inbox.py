"""Documents for trying out a batch: scans, texts, copies and bad files, all of our own words."""

from __future__ import annotations

import shutil
from pathlib import Path

from PIL import Image, ImageDraw

from benchmarks.page_simulator.fonts import font

SAMPLES = Path(__file__).parent.parent / "samples"
DPI = 150
BAD = {
    "empty.pdf": b"",
    "cut-off.pdf": b"%PDF-1.4\n1 0 obj\n<< /Type /Cat",
    "cut-off.png": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "cut-off.jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF",
    "cut-off.tif": b"II*\x00\xff\xff\xff\x7f",
    "office.pdf": b"PK\x03\x04" + b"\x00" * 60,
    "program.txt": b"\x7fELF" + bytes(range(256)),
    "zeros.pdf": b"\x00" * 4096,
}


def fill(inbox: Path, *, texts: int = 36, scans: int = 5, pages: int = 4, samples: bool) -> int:
    """Put documents into `inbox`: so many `texts`, drawn `scans` of one page and one of `pages`
    pages, copies of every fifth text, bad files, and the scans of the samples if they are wanted.
    How many files it holds then."""
    inbox.mkdir(parents=True, exist_ok=True)
    letters = sorted((SAMPLES / "scans").glob("*/page-1.txt"))
    for n in range(texts):
        text = letters[n % len(letters)].read_text(encoding="utf-8")
        (inbox / f"text-{n:03d}.txt").write_text(f"{text}\nHồ sơ số {n}.\n", encoding="utf-8")
        if n % 5 == 0:
            shutil.copy(inbox / f"text-{n:03d}.txt", inbox / f"copy-{n:03d}.txt")
    for n in range(scans):
        _page(f"Hồ sơ số {n}", letters[n % len(letters)]).save(
            inbox / f"scan-{n:02d}.png", dpi=(DPI, DPI)
        )
    first, *others = (_page(f"Trang {n}", letters[n % len(letters)]) for n in range(pages))
    first.save(inbox / "long.pdf", resolution=DPI, save_all=True, append_images=others)
    for name, data in BAD.items():
        (inbox / f"bad-{name}").write_bytes(data)
    if samples:
        for scan in sorted((SAMPLES / "scans").glob("*/source*")):
            shutil.copy(scan, inbox / f"{scan.parent.name}-{scan.name}")
    return sum(1 for _ in inbox.iterdir())


def _page(heading: str, letter: Path) -> Image.Image:
    """The head of a letter on a white A5 page."""
    lines = [heading, *letter.read_text(encoding="utf-8").splitlines()[:14]]
    page = Image.new("L", (round(5.83 * DPI), round(8.27 * DPI)), 255)
    face = font("Tinos", round(9 / 72 * DPI))
    ImageDraw.Draw(page).multiline_text((DPI // 3, DPI // 3), "\n".join(lines), 0, face)
    return page
