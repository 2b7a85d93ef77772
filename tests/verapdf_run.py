"""Runs veraPDF on PDFs; skips the test where no JDK or Maven is there to run it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "verapdf"
BUILT = HERE.parents[1] / "build" / "verapdf"
_GOAL = "dependency:copy-dependencies"


def failures(*pdfs: Path) -> dict[str, list[str]]:
    """Of each PDF, by name, the rules of PDF/A-2u it breaks."""
    found: dict[str, list[str]] = {}
    name = ""
    command = ["java", "-Xmx512m", "-cp", f"{_library()}/*", str(HERE / "Validate.java")]
    done = subprocess.run([*command, *map(str, pdfs)], capture_output=True, text=True, check=True)
    for line in done.stdout.splitlines():
        if line.startswith("\t"):
            found[name].append(line.strip())
        else:
            path, compliant = line.split("\t")
            name = Path(path).name
            found[name] = [] if compliant == "true" else ["not compliant"]
    return found


def _library() -> Path:
    if not (shutil.which("java") and shutil.which("mvn")):
        pytest.skip("veraPDF needs Java and Maven: apt-get install default-jdk-headless maven")
    if not any(BUILT.glob("validation-model-*.jar")):
        subprocess.run(
            ["mvn", "-q", "-B", "-f", HERE / "pom.xml", _GOAL, f"-DoutputDirectory={BUILT}"],
            check=True,
        )
    return BUILT
