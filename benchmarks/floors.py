"""The quality gate: figures must not fall below the floors in `floors.json`.

A floor names a figure, the bound and which side is better. A figure worse than its floor fails
the benchmark; floors are raised with `--raise` and never lowered by a program.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

FLOORS = Path(__file__).with_name("floors.json")


@dataclass(frozen=True, slots=True)
class Floor:
    """The worst value a figure may have; `better` says which way is better."""

    figure: str
    bound: float
    better: Literal["lower", "higher"]

    def holds(self, value: float) -> bool:
        """True where `value` is no worse than the bound."""
        return value <= self.bound if self.better == "lower" else value >= self.bound


def load(path: Path = FLOORS) -> dict[str, Floor]:
    """The floors of the file, by figure."""
    data = json.loads(path.read_text(encoding="utf-8"))
    return {name: Floor(name, f["bound"], f["better"]) for name, f in data.items()}


def violations(figures: Mapping[str, float], floors: Mapping[str, Floor]) -> list[str]:
    """A sentence for each measured figure that is worse than its floor."""
    return [
        f"{name}: {figures[name]:.4f} is worse than its floor {floor.bound:.4f}"
        for name, floor in floors.items()
        if name in figures and not floor.holds(figures[name])
    ]


def raised(figures: Mapping[str, float], floors: Mapping[str, Floor]) -> dict[str, Floor]:
    """The floors, each moved to the measured figure where that is better; none is lowered."""
    return {
        name: Floor(name, _rounded(figures[name], floor.better), floor.better)
        if name in figures and floor.holds(figures[name])
        else floor
        for name, floor in floors.items()
    }


def _rounded(value: float, better: str) -> float:
    """To four places, to the side that the value itself holds."""
    return (math.ceil if better == "lower" else math.floor)(value * 1e4) / 1e4


def save(floors: Mapping[str, Floor], path: Path = FLOORS) -> None:
    """Write the floors, sorted by figure."""
    data = {n: {"bound": f.bound, "better": f.better} for n, f in sorted(floors.items())}
    path.write_text(json.dumps(data, indent=2) + "\n", encoding="utf-8")
