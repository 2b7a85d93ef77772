"""axe-core, which finds faults of accessibility, from npm in the pinned version."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "axe_core"
BUILT = HERE.parents[1] / "build" / "axe-core"


def axe_script() -> str:
    """The script to run in a page; skips where npm is not installed."""
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("axe-core needs npm: sudo apt-get install npm")
    BUILT.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "package.json", BUILT / "package.json")
    installed = BUILT / "node_modules" / "axe-core" / "axe.min.js"
    if not installed.is_file():
        install = ["install", "--silent", "--no-audit", "--no-fund", "--no-package-lock"]
        subprocess.run([npm, *install, "--ignore-scripts"], cwd=BUILT, check=True)
    return installed.read_text(encoding="utf-8")
