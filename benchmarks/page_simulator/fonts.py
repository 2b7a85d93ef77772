"""Typefaces like those of official letters (Times and its kin) that have Vietnamese letters."""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from PIL import ImageFont

FACES: dict[str, tuple[str, str, tuple[str, str, str, str]]] = {
    # family: (Debian package, folder, files: regular, bold, italic, bold italic)
    "Tinos": (
        "fonts-croscore",
        "/usr/share/fonts/truetype/croscore",
        ("Tinos-Regular.ttf", "Tinos-Bold.ttf", "Tinos-Italic.ttf", "Tinos-BoldItalic.ttf"),
    ),
    "Liberation Serif": (
        "fonts-liberation2",
        "/usr/share/fonts/truetype/liberation2",
        (
            "LiberationSerif-Regular.ttf",
            "LiberationSerif-Bold.ttf",
            "LiberationSerif-Italic.ttf",
            "LiberationSerif-BoldItalic.ttf",
        ),
    ),
    "FreeSerif": (
        "fonts-freefont-ttf",
        "/usr/share/fonts/truetype/freefont",
        ("FreeSerif.ttf", "FreeSerifBold.ttf", "FreeSerifItalic.ttf", "FreeSerifBoldItalic.ttf"),
    ),
    "TeX Gyre Termes": (
        "fonts-texgyre",
        "/usr/share/texmf/fonts/opentype/public/tex-gyre",
        (
            "texgyretermes-regular.otf",
            "texgyretermes-bold.otf",
            "texgyretermes-italic.otf",
            "texgyretermes-bolditalic.otf",
        ),
    ),
}
STYLES = ("Regular", "Bold", "Italic", "Bold Italic")


class FontMissingError(RuntimeError):
    """A typeface is not installed; the message names the package that has it."""


@lru_cache(maxsize=64)
def font_path(family: str, bold: bool = False, italic: bool = False) -> Path:
    """The file of a face. Raises FontMissingError where neither its usual folder nor fontconfig
    has it, KeyError for a family not in FACES."""
    package, folder, files = FACES[family]
    style = int(bold) + 2 * int(italic)
    usual = Path(folder, files[style])
    if usual.is_file():
        return usual
    found = _ask_fontconfig(family, STYLES[style])
    if found is None:
        raise FontMissingError(
            f"the typeface {family} is not installed; run: sudo apt-get install {package}"
        )
    return found


def installed_families() -> list[str]:
    """The families of FACES that are on this machine, in that order."""
    return [family for family in FACES if _is_installed(family)]


@lru_cache(maxsize=256)
def font(
    family: str, pixels: int, bold: bool = False, italic: bool = False
) -> ImageFont.FreeTypeFont:
    """A face at a size in pixels of the page. Plain layout: every Vietnamese letter is one
    precomposed glyph, and it gives the same picture with and without Raqm."""
    path = font_path(family, bold, italic)
    return ImageFont.truetype(str(path), pixels, layout_engine=ImageFont.Layout.BASIC)


@lru_cache(maxsize=4096)
def glyph(
    family: str, pixels: int, bold: bool, italic: bool, letter: str
) -> tuple[float, tuple[float, float, float, float]]:
    """Of one letter: how far it moves the pen, and the box of its ink about the pen (left, top,
    right, bottom; the baseline is 0). Pixels."""
    face = font(family, pixels, bold, italic)
    return face.getlength(letter), face.getbbox(letter, anchor="ls")


def _is_installed(family: str) -> bool:
    try:
        font_path(family)
    except FontMissingError:
        return False
    return True


def _ask_fontconfig(family: str, style: str) -> Path | None:
    """fontconfig always answers with something: only an answer of the family asked for counts."""
    if shutil.which("fc-match") is None:
        return None
    answer = subprocess.run(
        ["fc-match", "-f", "%{family}\t%{style}\t%{file}", f"{family}:style={style}"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.split("\t")
    if len(answer) != 3 or family not in answer[0].split(",") or style not in answer[1]:
        return None
    return Path(answer[2])
