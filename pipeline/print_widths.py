"""How wide letters print: Times New Roman, the face official letters are set in.

Source of the rule: Nghị định 30/2020/NĐ-CP, Phụ lục I, I.3; Hướng dẫn 36-HD/VPTW.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from unidecode import unidecode


@cache
def _widths() -> dict[str, tuple[float, float]]:
    """Width in em of each letter, upright and slanted."""
    text = (files("dictionaries") / "letter_widths.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return {r[0]: (int(r[1]) / 1000, int(r[2]) / 1000) for r in rows}


SPACE = 0.25
"""Width of a space in em."""


def width_of(text: str, *, slanted: bool) -> float:
    """The printed width of the letters of `text` in em; spaces are left out."""
    table = _widths()
    return sum(
        table.get(c, table.get(unidecode(c)[:1], (0.5, 0.5)))[slanted] for c in text if c != " "
    )
