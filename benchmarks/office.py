"""Letters of a made-up office with names and terms of its own, as scans with their truth.

    python -m benchmarks.office FOLDER [--office NAME] [--letters 60] [--damage weak]

Every letter is other sentences about other people, places, bodies and works of the office
(`office.toml`), set, worn and scanned by the page simulator. FOLDER/<letter>/ then holds
source-1.png … and page-1.txt …, as `congvan evaluate` reads truth.
"""

from __future__ import annotations

import argparse
import datetime
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import regex
from PIL import Image

from benchmarks.page_simulator import degrade, fonts
from benchmarks.page_simulator.pairs import Kind, draw_damage
from benchmarks.page_simulator.typeset import PageStyle
from samples.letter import SampleDirective, SampleLetter

PRINT_DPI = 600
_SLOT = regex.compile(r"\{(\w+)\}")


def read_offices() -> dict[str, Any]:
    """The tables of `office.toml`."""
    return tomllib.loads(Path(__file__).with_name("office.toml").read_text(encoding="utf-8"))


def letter_of(office: str, number: int, chance: Random) -> SampleLetter:
    """The `number`-th letter of an office. Raises KeyError where there is no such office."""
    tables = read_offices()
    own, text = tables["offices"][office], tables["text"]

    def told(pattern: str) -> str:
        filled: str = _SLOT.sub(lambda m: _filled(m[1], own, chance), pattern)
        return filled[0].upper() + filled[1:]

    directives = chance.sample(text["directives"], chance.randint(3, 5))
    subject = told(chance.choice(text["subjects"])).replace("V/V", "V/v")
    return SampleLetter(
        family="state",
        issuer=own["issuer"],
        number=f"Số: {number}/{own['symbol']}",
        number_symbol=f"{number}/{own['symbol']}",
        place=own["place"],
        date=datetime.date(2022, 1, 5) + datetime.timedelta(days=number * 4),
        document_type="Công văn",
        subject=_wrapped(subject, 34),
        recipients=[told("{body}"), told("Trưởng {place}")],
        preamble=[told(chance.choice(text["openings"]))],
        directives=[
            SampleDirective(marker=f"{n}.", text=[told(pattern)])
            for n, pattern in enumerate(directives, 1)
        ],
        closing=[told(chance.choice(text["closings"]))],
        authority=own["authority"],
        position=own["position"],
        signer=chance.choice(own["signers"]),
        distribution=["Như trên", told("{body}"), "Lưu: VT"],
    )


def write_letters(
    folder: Path, office: str, count: int, seed: int, damage: Kind, *, first: int = 1
) -> list[Path]:
    """Write `count` letters, numbered from `first`; returns their folders."""
    made = []
    for number in range(first, first + count):
        chance = Random(f"{office} {seed} {number}")
        rng = np.random.default_rng(chance.getrandbits(64))
        letter = letter_of(office, number, chance)
        made.append(_write(folder / f"{office}-{number:04}", letter, draw_damage(damage, rng), rng))
    return made


def _write(
    folder: Path, letter: SampleLetter, damage: degrade.Damage, rng: np.random.Generator
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    family = str(rng.choice(fonts.installed_families()))
    for number, page in enumerate(letter.pages(PageStyle(family=family, dpi=PRINT_DPI)), 1):
        (folder / f"page-{number}.txt").write_text(page.text, encoding="utf-8")
        scan = degrade.scan(np.asarray(page.image), page.dpi, damage, rng)
        image = Image.fromarray(scan.picture)
        image.save(folder / f"source-{number}.png", dpi=(damage.dpi, damage.dpi))
    return folder


def _filled(slot: str, own: Mapping[str, Any], chance: Random) -> str:
    if slot == "number":
        return str(chance.randint(12, 480))
    if slot == "day":
        return f"{chance.randint(10, 28)}/{chance.randint(3, 12)}/2023"
    lists = {"person": "persons", "place": "places", "body": "bodies", "work": "works"}
    return str(chance.choice(own[lists.get(slot, "things")]))


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line of this module."""
    parser = argparse.ArgumentParser(prog="office", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--office", default="ban-nghoanh")
    parser.add_argument("--letters", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--damage", choices=("heavy", "weak", "light"), default="weak")
    options = parser.parse_args(arguments)
    write_letters(options.folder, options.office, options.letters, options.seed, options.damage)


if __name__ == "__main__":
    main()
