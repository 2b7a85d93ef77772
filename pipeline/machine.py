"""What the program needs of the machine, and whether it is there: what `congvan doctor` shows.

In: nothing but the settings. Out: a `Check` for each thing needed; nothing is changed.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

import regex

from pipeline import poppler, tesseract
from pipeline.errors import CongvanError
from pipeline.messages import message
from pipeline.models import load_restorer
from pipeline.settings import VERSION, Settings

APT = "sudo apt-get install"
MODEL_PACKAGES = {
    "vie": "tesseract-ocr-vie",
    "eng": "tesseract-ocr-eng",
    "osd": "tesseract-ocr-osd",
    "Vietnamese": "tesseract-ocr-script-viet",
}
OPTIONAL_MODELS = ("Vietnamese",)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing the machine should have. `found` is its version or place; `install` the command
    that gets it; a thing that is not `needed` is only recommended."""

    name: str
    ok: bool
    found: str = ""
    install: str = ""
    needed: bool = True

    def data(self) -> dict[str, object]:
        """The check as plain data for JSON."""
        return asdict(self)

    def line(self) -> str:
        """The check for people: `ok` or `missing`, the name, what was found or what to do."""
        state = "ok" if self.ok else "missing" if self.needed else "advised"
        told = self.found if self.ok else self.install
        return f"{message(f'check_{state}'):<9} {self.name:<28} {told}".rstrip()


def checks(settings: Settings) -> Iterator[Check]:
    """Look for programs, Tesseract models, Python packages, word lists and models."""
    yield Check("congvan", True, f"{VERSION}, Python {platform.python_version()}, {sys.prefix}")
    yield _program("tesseract", tesseract.version(), "tesseract-ocr tesseract-ocr-vie")
    yield from _models(settings)
    yield _program("poppler", poppler.version(), "poppler-utils")
    yield from _packages()
    yield _restoration(settings.dictionaries)


def _program(name: str, found: str | None, packages: str) -> Check:
    return Check(name, found is not None, found or "", f"{APT} {packages}")


def _models(settings: Settings) -> Iterator[Check]:
    installed = tesseract.installed_models()
    needed = {*settings.ocr_model.split("+"), "osd"}
    of_use = {*OPTIONAL_MODELS, settings.number_model} - {""}
    for model in sorted(needed | of_use):
        package = MODEL_PACKAGES.get(model, f"tesseract-ocr-{model}")
        yield Check(
            f"tesseract model {model}",
            model in installed,
            install=f"{APT} {package}",
            needed=model in needed,
        )


def _packages() -> Iterator[Check]:
    """The Python packages of the project itself, without its extras."""
    for requirement in requires("congvan") or ():
        name = regex.match(r"[\w.-]+", requirement)
        if not name or "extra ==" in requirement:
            continue
        try:
            yield Check(f"python package {name[0]}", True, version(name[0]))
        except PackageNotFoundError:
            install = f"{sys.executable} -m pip install '{requirement}'"
            yield Check(f"python package {name[0]}", False, install=install)


def _restoration(dictionaries: tuple[Path, ...]) -> Check:
    name = "word lists and models"
    try:
        load_restorer(dictionaries)
    except CongvanError as error:
        return Check(name, False, install=str(error))
    return Check(name, True)
