"""The PDF/A in the viewer most people have, Chromium's: a word on the page is the word copied."""

from __future__ import annotations

import json
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest

from pipeline.document import Box
from pipeline.export.geometry import Placement
from pipeline.export.holding import find_scan, read_holding
from pipeline.export.pdfa import make_pdfa
from pipeline.settings import Settings

HERE = Path(__file__).parent / "chromium"
BUILT = HERE.parents[1] / "build" / "chromium"
LOWEST = 1.0
"""Share of the page's width down to which the window shows it."""


def copied(pdf: Path, places: list[tuple[float, float]]) -> list[str]:
    """What Chromium copies after a double click on each place."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if not (browser and shutil.which("node") and shutil.which("npm")):
        pytest.skip("the viewer test needs Chromium and Node: apt-get install chromium nodejs npm")
    BUILT.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "select.mjs"):
        shutil.copy(HERE / name, BUILT / name)
    if not (BUILT / "node_modules" / "playwright-core").is_dir():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]
        subprocess.run([*install, "--ignore-scripts"], cwd=BUILT, check=True)
    done = subprocess.run(
        ["node", BUILT / "select.mjs", browser, pdf, json.dumps(places)],
        capture_output=True, text=True, check=True, timeout=180,
    )  # fmt: skip
    texts: list[str] = json.loads(done.stdout)
    return texts


@pytest.mark.parametrize("sample", ["party-letter-1bit", "urgent-letter-skewed"])
def test_a_double_click_selects_the_word_that_is_printed_there(
    sample: str, processed_samples: Path, tmp_path: Path
) -> None:
    holding = read_holding(next(processed_samples.glob(f"{sample}-*")))
    pdf = tmp_path / "letter.pdf"
    pdf.write_bytes(make_pdfa(holding, find_scan(holding), Settings()))
    page = holding.record.pages[0]
    place = Placement(page, 1.0, page.height / page.width)
    words = [w for line in holding.lines[0] for w in line.words]
    seen = [w for w in words if w.box[3] < LOWEST * page.width and _is_telling(w.text)]
    chosen = seen[:: max(1, len(seen) // 10)]
    assert len(chosen) >= 8
    texts = copied(pdf, [_middle(w.box, place) for w in chosen])
    assert [t.strip() for t in texts] == [w.text for w in chosen]
    assert all(unicodedata.is_normalized("NFC", text) for text in texts)


def _middle(box: Box, place: Placement) -> tuple[float, float]:
    """The middle of a box in shares of the page's width, from its upper left corner."""
    x, up = place.point((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return (round(x, 4), round(place.height - up, 4))


def _is_telling(text: str) -> bool:
    return text.isalpha() and not text.isascii() and len(text) >= 3
